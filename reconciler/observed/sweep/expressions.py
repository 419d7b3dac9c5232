"""The catalogue's expressions: JMESPath, with the few functions that identities of AWS resources need.

Language: https://jmespath.org/specification.html
"""

from __future__ import annotations

import re
from typing import Any, Final, TypeAlias

# botocore brings jmespath and ships no types for it.
from jmespath import Options, compile, functions  # type: ignore[import-untyped]  # noqa: A004 - the library's own name

from reconciler.drift.listing import url_path

Expression: TypeAlias = Any
"""A compiled expression."""

_OCTAL: Final = re.compile(r"\\(\d{3})")


class _Functions(functions.Functions):  # type: ignore[misc]  # the base has no types
    """Names of methods and their registration are jmespath's."""

    @functions.signature({"types": ["string", "null"]}, {"types": ["string"]})  # type: ignore[untyped-decorator]
    def _func_after(self, text: str | None, mark: str) -> str | None:
        """What follows the last ``mark``; the whole text where there is none."""
        return None if text is None else text.rpartition(mark)[2]

    @functions.signature({"types": ["string", "null"]}, {"types": ["string"]})  # type: ignore[untyped-decorator]
    def _func_within(self, text: str | None, prefix: str) -> str | None:
        """What follows a prefix; null where the text does not begin with it."""
        return text.removeprefix(prefix) if text is not None and text.startswith(prefix) else None

    @functions.signature({"types": ["string"]})  # type: ignore[untyped-decorator]
    def _func_path(self, text: str) -> str | None:
        """The path of a URL, without the slash in front."""
        return url_path(text)

    @functions.signature({"types": ["string"]})  # type: ignore[untyped-decorator]
    def _func_domain(self, text: str) -> str:
        r"""A DNS name as Terraform writes it: no dot at the end, ``\052`` and the like as characters."""
        return _OCTAL.sub(lambda found: chr(int(found[1], 8)), text.removesuffix(".")).lower()


_OPTIONS: Final = Options(custom_functions=_Functions())


def parse(text: str) -> Expression:
    """Compile an expression.

    Raises:
        ValueError: it is not valid.
    """
    return compile(text)


def value(expression: Expression, item: object) -> Any:
    """What the expression finds, None where it finds nothing."""
    return expression.search(item, options=_OPTIONS)


def text(expression: Expression | None, item: object) -> str | None:
    """What the expression finds, if that is a text that is not empty."""
    found = None if expression is None else value(expression, item)
    return found if isinstance(found, str) and found else None
