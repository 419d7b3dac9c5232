"""JSON: the report's contract as it is, for programs."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from reconciler.drift.report import Report

# Signs that a terminal obeys or that reorder a line; json.dumps escapes only those below the space.
_UNSAFE = re.compile(r"[\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def render_json(report: Report) -> str:
    """The report, format version 1.0."""
    return dump(report.to_json())


def dump(value: Any) -> str:
    """Any JSON value, indented, readable by every parser: no NaN, no lone surrogate."""
    text = json.dumps(_finite(value), indent=2, ensure_ascii=False, allow_nan=False, default=str)
    # Half of a surrogate pair is no character; written as JSON's escape it survives in any encoding.
    return _UNSAFE.sub(lambda match: f"\\u{ord(match.group()):04x}", text) + "\n"


def _finite(value: Any) -> Any:
    match value:
        case float() if not math.isfinite(value):
            return str(value)
        case dict():
            return {str(name): _finite(item) for name, item in value.items()}
        case list() | tuple():
            return [_finite(item) for item in value]
        case _:
            return value
