"""The table of what can be swept: how each type is listed and its entries are read. The data is catalogue.toml."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from reconciler.observed.sweep.expressions import Expression, parse


@dataclass(frozen=True, slots=True)
class Call:
    """A list call: the operation, its arguments, and where the entries stand in a page.

    ``present`` finds something in every whole page, even an empty one: without it the answer is no list. A service
    that leaves an empty list out has ``may_omit``. ``more`` and ``cursor`` page by hand where boto3 has no paginator.
    """

    operation: str
    items: Expression
    present: Expression
    arguments: Mapping[str, Any]
    may_omit: bool = False
    more: str | None = None
    cursor: tuple[str, Expression] | None = None


@dataclass(frozen=True, slots=True)
class Parent:
    """Where a list exists per parent: the call that lists those, the argument that takes each, and its value."""

    call: Call
    argument: str
    value: Expression


@dataclass(frozen=True, slots=True)
class Entry:
    """One Terraform type.

    ``arn`` is a format of ``{partition} {region} {account} {id} {name}``, or ``arn_path`` finds it in the entry.
    ``gone`` finds entries that a list still shows after their end. ``noise`` maps a reason to the expression that
    finds what AWS itself made. ``made_by`` is a type and where its id stands.
    """

    resource_type: str
    service: str
    call: Call
    id: Expression
    is_global: bool = False
    cloudformation: str | None = None
    parent: Parent | None = None
    arn: str | None = None
    arn_path: Expression | None = None
    name: Expression | None = None
    tags: Expression | None = None
    aliases: tuple[Expression, ...] = ()
    gone: Expression | None = None
    noise: tuple[tuple[str, Expression], ...] = ()
    made_by: tuple[tuple[str, Expression], ...] = ()


@cache
def catalogue() -> Mapping[str, Entry]:
    """All entries by Terraform type.

    Raises:
        ValueError: the data shipped with the program is not valid; a test sees to it that it is.
    """
    raw = tomllib.loads(resources.files(__package__).joinpath("catalogue.toml").read_text("utf-8"))
    return {resource_type: _entry(resource_type, row) for resource_type, row in raw.items()}


def _entry(resource_type: str, row: dict[str, Any]) -> Entry:
    row = dict(row)
    arn = row.pop("arn", None)
    templated = arn is not None and "{" in arn
    parent = row.pop("parent", None)
    entry = Entry(
        resource_type,
        row.pop("service"),
        _call(row),
        parse(row.pop("id")),
        is_global=row.pop("global", False),
        cloudformation=row.pop("cloudformation", None),
        parent=_parent(dict(parent)) if parent else None,
        arn=arn if templated else None,
        arn_path=None if templated else _optional(arn),
        name=_optional(row.pop("name", None)),
        tags=_optional(row.pop("tags", None)),
        aliases=tuple(parse(alias) for alias in row.pop("aliases", ())),
        gone=_optional(row.pop("gone", None)),
        noise=tuple((reason, parse(when)) for reason, when in row.pop("noise", {}).items()),
        made_by=tuple((maker, parse(where)) for maker, where in row.pop("made_by", {}).items()),
    )
    if row:
        raise ValueError(f"{resource_type}: unknown keys in the catalogue: {', '.join(sorted(row))}")
    return entry


def _call(row: dict[str, Any]) -> Call:
    items = row.pop("items")
    cursor = row.pop("cursor", None)
    return Call(
        row.pop("list"),
        parse(items),
        # Usually the leading name of the path: "Reservations" of "Reservations[].Instances[]".
        parse(row.pop("present", re.split(r"[\[.]", items)[0])),
        row.pop("arguments", {}),
        row.pop("may_omit", False),
        row.pop("more", None),
        (cursor["argument"], parse(cursor["from"])) if cursor else None,
    )


def _parent(row: dict[str, Any]) -> Parent:
    argument, where = row.pop("argument"), parse(row.pop("value", "@"))
    return Parent(_call(row), argument, where)


def _optional(expression: str | None) -> Expression | None:
    return None if expression is None else parse(expression)
