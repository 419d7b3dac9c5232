"""A resource that is to be adopted, as HCL: an ``import`` block and a ``resource`` block.

https://developer.hashicorp.com/terraform/language/import
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from reconciler.desired.write.body import body
from reconciler.desired.write.literal import Document, Raw, aligned, literal
from reconciler.drift.address import Address
from reconciler.drift.schema import Attribute, Block
from reconciler.drift.values import Object, Value

_UNREAD = "# An import reads none of these: left alone, the provider would only fill in its default."
_ASKED = "# Secret, or not told by the service: an apply leaves it as it is, whatever the variable says."


@dataclass(frozen=True, slots=True)
class Adopted:
    """What is written of one resource. ``references`` gives an expression for a value that another resource has.

    ``documents`` are the arguments to write with ``jsonencode``; ``asked`` those that become a variable;
    ``ignored`` those that an apply shall leave alone. ``provider`` is the alias that it needs, if any.
    """

    address: Address
    import_id: str
    values: Object = field(repr=False)
    documents: Sequence[str] = ()
    ignored: Sequence[str] = ()
    asked: Sequence[str] = ()
    provider: str | None = None
    references: Mapping[str, str] = field(default_factory=dict)


def adopted(resource: Adopted, block: Block) -> str:
    """The HCL of it, in the form of ``terraform fmt``."""
    address = resource.address
    values = {name: _referred(_argument(name, value, resource), resource) for name, value in resource.values.items()}
    values |= {name: Raw(f"var.{variable(address, name)}") for name in resource.asked}
    lines = [
        "import {",
        f"  to = {address}",
        f"  id = {literal(resource.import_id)}",
        "}",
        "",
        f'resource "{address.type}" "{address.name}" {{',
    ]
    if resource.provider:
        lines += [f"  provider = {resource.provider}", ""]
    lines += body(values, block)
    if resource.ignored:
        lines += [""] if lines[-1].strip() and not lines[-1].endswith("{") else []
        lines += _lifecycle(resource)
    lines.append("}")
    for name in resource.asked:
        lines += ["", f'variable "{variable(address, name)}" {{', *_variable(block.attributes[name]), "}"]
    return "\n".join(lines) + "\n"


def variable(address: Address, name: str) -> str:
    """The input variable that stands for a secret argument."""
    return f"{address.name}_{name}"


def _variable(attribute: Attribute) -> list[str]:
    pairs = [("type", "string" if attribute.type == "string" else "any")]
    return aligned([*pairs, ("sensitive", "true")] if attribute.sensitive else pairs, "  ")


def _lifecycle(resource: Adopted) -> Iterable[str]:
    lines = ["  lifecycle {"]
    unread = [name for name in resource.ignored if name not in resource.asked]
    if unread:
        lines.append(f"    {_UNREAD}")
    if resource.asked:
        lines.append(f"    {_ASKED}")
    lines.append(f"    ignore_changes = [{', '.join(resource.ignored)}]")
    return [*lines, "  }"]


def _argument(name: str, value: Value, resource: Adopted) -> Value:
    return Document(json.loads(value)) if name in resource.documents else value


def _referred(value: Value, resource: Adopted) -> Value:
    match value:
        case str() if value in resource.references:
            return Raw(resource.references[value])
        case Document(inner):
            return Document(_referred(inner, resource))
        case Mapping():
            return {name: _referred(each, resource) for name, each in value.items()}
        case list():
            return [_referred(each, resource) for each in value]
        case _:
            return value
