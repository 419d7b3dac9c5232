from __future__ import annotations

from datetime import UTC, datetime, timedelta

from reconciler.drift.coverage import Verdict
from reconciler.service.health import Health, WorkspaceHealth
from reconciler.service.passes import Outcome

NOON = datetime(2026, 3, 1, 12, 1, 7, tzinfo=UTC)


def outcome(name: str, verdict: Verdict | None, *, later: float = 0, error: str | None = None) -> Outcome:
    end = NOON + timedelta(seconds=later)
    return Outcome(name, end - timedelta(seconds=1.4), end, 1.44, verdict, error=error)


def known(name: str, verdict: Verdict, *, later: float = 0) -> WorkspaceHealth:
    return WorkspaceHealth(name, verdict, outcome(name, verdict, later=later))


def test_the_status_line() -> None:
    health = Health(
        (
            known("development", Verdict.IN_SYNC, later=-60),
            known("production", Verdict.DRIFTED),
            known("staging", Verdict.IN_SYNC, later=-9),
        )
    )
    assert health.status == "3 workspaces, 1 drifted, last pass production 12:01:07Z in 1.4 s"


def test_the_status_line_of_nothing() -> None:
    assert Health().status == "0 workspaces"
    assert Health((WorkspaceHealth("a"),)).status == "1 workspace, 1 not scanned yet"


def test_in_sync_is_only_said_of_all() -> None:
    assert "all in sync" in Health((known("a", Verdict.IN_SYNC),)).status
    assert "all in sync" not in Health((known("a", Verdict.IN_SYNC), known("b", Verdict.UNKNOWN))).status
    assert "all in sync" not in Health((known("a", Verdict.IN_SYNC), WorkspaceHealth("b"))).status


def test_a_failing_workspace_is_not_called_in_sync_by_its_last_verdict() -> None:
    failed = WorkspaceHealth("a", Verdict.IN_SYNC, outcome("a", None, error="no database"), failures=2)
    assert Health((failed,)).status == "1 workspace, 1 failing, last pass a 12:01:07Z failed: no database"


def test_what_is_wrong_with_the_daemon_is_said() -> None:
    health = Health((known("a", Verdict.IN_SYNC),), stalled=("a",), refused="reconciler.toml:3: no such key")
    assert "hung: a" in health.status
    assert health.status.endswith("the new one was refused: reconciler.toml:3: no such key")
