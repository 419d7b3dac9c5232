"""What a comparison finds: one finding per resource, of one kind, with its changes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reconciler.drift.values import Path, Value, format_path


class Kind(StrEnum):
    """How the four sides differ. The words are part of the report's contract."""

    CHANGED = "changed"
    DELETED = "deleted"
    UNMANAGED = "unmanaged"
    UNAPPLIED = "unapplied"
    ORPHANED = "orphaned"


class Severity(StrEnum):
    """How much it matters, least first."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for low to 3 for critical."""
        return list(Severity).index(self)


@dataclass(frozen=True, slots=True)
class Change:
    """One attribute's change. A set's change stands on the set's own path, with what came and what went.

    ``recorded`` is the value it is held against: the state's where the template sets the attribute, the
    baseline's where it does not. ``added`` and ``removed`` are None except for sets. A ``planned`` change
    is one that an apply would make: ``observed`` is then what would come of it, UNKNOWN where that is not known yet.
    """

    path: Path
    recorded: Value
    observed: Value
    configured: bool
    sensitive: bool = False
    added: tuple[Value, ...] | None = None
    removed: tuple[Value, ...] | None = None
    planned: bool = False

    @property
    def text(self) -> str:
        """The path as people write it."""
        return format_path(self.path)


@dataclass(frozen=True, slots=True)
class Finding:
    """One resource that is not as it should be.

    ``label`` tells it from every other finding of its workspace: the address with a deposed key, or for an
    unmanaged resource its type and id. ``reference`` holds, for each top-level attribute with a change, the whole
    value it was held against, so that the next pass still knows it.
    """

    kind: Kind
    severity: Severity
    label: str
    resource_type: str
    address: str | None = None
    suggested_address: str | None = None
    resource_id: str | None = None
    arn: str | None = None
    account_id: str | None = None
    region: str | None = None
    changes: tuple[Change, ...] = ()
    reasons: tuple[str, ...] = ()
    reference: tuple[tuple[str, Value], ...] = ()
    position: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class IgnoredChange:
    """A change that ``lifecycle.ignore_changes`` tells us to leave alone: listed, not hidden."""

    label: str
    change: Change


@dataclass(frozen=True, slots=True)
class SuppressedFinding:
    """A finding, or those of its changes, that an ignore rule of the configuration took out of the report."""

    finding: Finding
    rule: str
