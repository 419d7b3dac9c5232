"""Where a value stands: its path and what the schema says of the attribute around it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from reconciler.drift.schema import Attribute, CtyType
from reconciler.drift.values import Path


@dataclass(frozen=True, slots=True)
class Place:
    """A path in a resource of a type. ``attribute`` is the innermost attribute of the schema on the way there.

    ``type`` is the value's own type, which may be an element's. ``in_map`` tells that the last step is a map's key:
    there a missing key and an empty value are two things.
    """

    resource_type: str
    path: Path
    attribute: Attribute
    type: CtyType
    in_map: bool = False

    @property
    def answered(self) -> bool:
        """Whether only the provider can set it: nobody ever asked for this value."""
        return self.attribute.answered

    def named(self, pattern: re.Pattern[str]) -> bool:
        """Whether the innermost name on the path fits the pattern."""
        name = next((step for step in reversed(self.path) if isinstance(step, str)), "")
        return pattern.fullmatch(name) is not None
