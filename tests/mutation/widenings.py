"""Rules made to hide more than they should, one at a time: what no small change of the syntax tree comes upon.

Each is a piece of a module's source and what stands there instead. Every one of them must be noticed by the row of the
closest real change that the rule lets through (docs/accuracy.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mutation.operators import Mutant

WIDENINGS: Final[dict[str, list[tuple[str, str]]]] = {
    "normalise/zero": [
        ("before is None and is_zero(after)", "is_zero(before) and is_zero(after)"),
        ("is_zero(after)", "(is_zero(after) or after == [{}])"),
        ("if place.in_map:", "if False:"),
    ],
    "normalise/clock": [
        ("not place.answered or ", ""),
        ("not place.answered or ", "not place.attribute.computed or "),
        ("first is None or second is None", "first is None and second is None"),
        (r"[T ](\d{2}:\d{2}:\d{2})", r"(?:[T ](\d{2}:\d{2}:\d{2}))?"),
        ("return not place.named(_BIRTH) or ", "return True or "),
        ("_instant(first) == _instant(second)", "first.group(1) == second.group(1)"),
        ("_instant(first) == _instant(second)", "first.group(1, 2) == second.group(1, 2)"),
    ],
    "normalise/progress": [
        ("not place.answered or not place.named(_STATUS) or", "not place.named(_STATUS) or"),
        ("not place.answered or not place.named(_STATUS) or", "not place.answered or"),
        ("any(stages) and all(", "all("),
        ("any(stages) and all(", "any(stages) and any("),
        ("return any(stages) and all(stage or good for stage, good in zip(stages, fine, strict=True))",
         "return any(stages)"),
        ("active|available", "active|available|stopped"),
        ("active|available", "active|available|inactive"),
        ("active|available", "active|available|disabled"),
        ("active|available", "active|available|impaired"),
        ("active|available", ".*active|available"),
        ("(pending|queued", "(.*ing|queued"),
        ("(pending|queued", "(pending.*|queued"),
        ("(pending|queued", "(failed|queued"),
        ("(estimated|approximate)_.*", "(estimated|approximate)_.*|.*_count"),
        ("gauge and before is not None and after is not None", "gauge"),
        ("gauge = place.answered and", "gauge ="),
    ],
    "normalise/documents": [
        ("return place.in_map or place.named(_DATA)", "return place.in_map"),
        ("return place.in_map or place.named(_DATA)", "return place.named(_DATA)"),
        ("if len(document) != len(pairs):", "if False:"),
        ("canonical(document)", "canonical(sorted(map(str, document)) if isinstance(document, list) else document)"),
        ("return value if isinstance(value, str) else json.dumps(value, sort_keys=True)",
         "return (value if isinstance(value, str) else json.dumps(value)).lower()"),
        ('if value not in ("", None):', 'if key != "Sid":'),
        ('elif value not in ("", None):', 'elif key != "Sid":'),
        ('elif value not in ("", None):', 'elif key != "Effect":'),
        ('form[key] = _many(value, str.lower if key.endswith("Action") else None)',
         "form[key] = _many(value, str.lower)"),
        ("if key in _LISTS:", 'key = key.removeprefix("Not")\n        if key in _LISTS:'),
        ('elif key in ("Principal", "NotPrincipal"):\n            form[key] = _principal(value)',
         'elif key in ("Principal", "NotPrincipal"):\n            form["Principal"] = _principal(value)'),
        ("if not isinstance(value, dict):\n        return value\n    return {kind",
         'if not isinstance(value, dict):\n        value = {"AWS": value}\n    return {kind'),
        ("match.group(2) if match else name", 'name.split(":")[4] if name.startswith("arn:") else name'),
        ("match.group(2) if match else name", '"" if match else name'),
        ("if tests != {}", "if tests != {} and operator != 'StringEquals'"),
        ("{name: _many(values) for name, values in tests.items()}", "sorted(tests)"),
        ('rest.setdefault("Version", "2008-10-17")', 'rest["Version"] = "2008-10-17"'),
        ('sorted(canonical(_statement(s)).decode("utf-8", "surrogatepass") for s in statements)',
         'sorted({canonical(_statement(s)).decode("utf-8", "surrogatepass") for s in statements})'),
        ("return canonical([rest, sorted(", "return canonical([sorted("),
    ],
    "normalise/order": [
        ("Counter(before) == Counter(after)", "set(before) == set(after)"),
        ("not place.answered or ", ""),
        ("str | int | float", "str | int | float | dict"),
        ("return plain and Counter(before) == Counter(after)",
         "return Counter(map(str, before)) == Counter(map(str, after))"),
    ],
    "explain/mirrors": [
        ("if _set_elsewhere(held, str(key), estate):", "if root == 'tags_all' or _set_elsewhere(held, '', estate):"),
        ('key in setter.names("key")', "setter.label"),
        ('names = held.names("id", "arn")',
         'names = {n for s in estate.by_type.values() for h in s for n in h.names("resource_id", "resource_arn")}'),
        ('else not _differs(held, "tags_all", str(key))', "else True"),
    ],
    "explain/owners": [
        ("setter is not held", "setter"),
        ("return None if owned else difference", "return None"),
        ("for setter, _ in estate.linked(type_, link, names, then=then)",
         "for setter in estate.by_type.get(type_, [])"),
        ('_NAMES: Final = ("id",', '_NAMES: Final = ("id", "owner_id", "tags", "description",'),
    ],
    "explain/entries": [
        ("not in here}\n    removed", "not in before_too}\n    removed"),
        ("if setter is not held:", "if True:"),
        ("_names_one(entry, estate.arrived)]", "True]"),
        ("_names_one(entry, estate.departed)]", "True]"),
        ("if difference.attribute.answered else difference", "if difference else difference"),
        ("    return canonical(entry)",
         "    return canonical({**entry, 'description': 0} if isinstance(entry, Mapping) else entry)"),
        ("if not added and not removed:\n        return None\n    if len(added) == len(came)",
         "if not added:\n        return None\n    if len(added) == len(came)"),
        ("not (_readable(difference.before) and _readable(difference.after))", "not _readable(difference.before)"),
    ],
    "explain/rules": [
        ('{"from_port": _port(first), "to_port": _port(last)}', '{"from_port": _port(first)}'),
        ('{"from_port": _port(first), "to_port": _port(last)}', '{"to_port": _port(last)}'),
        ('{"protocol": name, **ports', "{**ports"),
        ('return {**entry, "description": description} if description else entry', "return entry"),
        ('if rule.get("type") != direction:', "if False:"),
        ('if bool(rule.get("egress")) is egress:', "if True:"),
        ("yield from entries or [element]", "yield from entries"),
        ("group if account in owners else source", "group"),
        ("if k not in _ROUTE_ONLY", "if k in _DESTINATIONS"),
        ("unused = _PORTS if protocol", "unused = _PORTS if protocol != 'x' or protocol"),
        ('"rule_no": rule.get("rule_number"), ', ""),
        ("def _block(source: Value) -> Value:", "def _block(source: Value) -> Value:\n    return ''"),
    ],
    "explain/counts": [
        ("return None if after - before == moved else", "return None if moved or after - before == moved else"),
        ("return None if after - before == moved else", "return None if abs(after - before) <= abs(moved) + 1 else"),
        ("if then or held.unread or side is held.observed:", "if True:"),
        ('found.add((kind, str(side.get("name"))))', 'found.add(("managed", str(side.get("name"))))'),
    ],
    "explain/collections": [
        ("guarded: bool = False", "guarded: bool = True"),
        ("return {name: entry.get(name) for name in names}", "return {name: entry.get(name) for name in names[:1]}"),
    ],
}  # fmt: skip


def widened(module: str, source: str, path: str) -> Iterator[Mutant]:
    """The widenings of a module. All of them must fit its source."""
    for old, new in WIDENINGS.get(module, ()):
        before, found, after = source.partition(old)
        if not found:
            raise ValueError(f"{module} has no {old!r} any more")
        code = compile(before + new + after, path, "exec", dont_inherit=True)
        yield Mutant(before.count("\n") + 1, 0, None, f"widened: {old} -> {new}", code)
