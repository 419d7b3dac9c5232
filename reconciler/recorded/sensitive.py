"""The paths of secret values in a state: ``sensitive_attributes`` of an instance.

Terraform writes them since 0.15 for what the *template* marks as sensitive; what the provider marks stands in its
schema. Format: https://github.com/hashicorp/terraform/blob/main/internal/states/statefile/version4.go
"""

from __future__ import annotations

from typing import Any

import msgspec

from reconciler.drift.values import Path


class IndexJson(msgspec.Struct, frozen=True, gc=False):
    """A value with its type: ``{"value": 0, "type": "number"}``."""

    value: Any
    type: Any


class StepJson(msgspec.Struct, frozen=True, gc=False):
    """``{"type": "get_attr", "value": "x"}`` or ``{"type": "index", "value": {…}}``."""

    type: str
    value: str | IndexJson


def read_path(steps: list[StepJson]) -> Path | None:
    """A path, or None where it is malformed: that is not to be skipped, since what it hides would be shown.

    A step by an element of a set, which a path of ours cannot name, ends the path: then the whole set is secret.
    """
    path: list[str | int] = []
    for step in steps:
        value = step.value
        if step.type == "get_attr" and isinstance(value, str):
            path.append(value)
        elif step.type == "index" and isinstance(value, IndexJson):
            match value.type, value.value:
                case "string", str(key):
                    path.append(key)
                case "number", int(key) if not isinstance(key, bool):
                    path.append(key)
                case list(), _:
                    break
                case _:
                    return None
        else:
            return None
    return tuple(path) if path and isinstance(path[0], str) else None
