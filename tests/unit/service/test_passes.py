from __future__ import annotations

import queue
import threading

from support.fake_application import report

from reconciler.drift.coverage import Verdict
from reconciler.drift.report import Problem, Report
from reconciler.errors import BusyError, CutOffError
from reconciler.service.passes import Beat, Outcome, Passes
from reconciler.workflows.progress import Progress


class Desk:
    """Passes that wait at a gate, and the outcomes they hand in."""

    def __init__(self, parallel: int = 1) -> None:
        self.outcomes: queue.SimpleQueue[Outcome] = queue.SimpleQueue()
        self.gate = threading.Event()
        self.result: Report | Exception | None = None
        self.passes = Passes(self._scan, self.outcomes.put, parallel)

    def _scan(self, workspace: str, progress: Progress) -> Report:
        progress.phase(workspace, "read")
        assert self.gate.wait(10)
        if isinstance(self.result, Exception):
            raise self.result
        return self.result or report(workspace)

    def one(self, result: Report | Exception) -> Outcome:
        self.result = result
        self.gate.set()
        assert self.passes.request("a")
        outcome = self.outcomes.get(timeout=10)
        self.passes.settle(outcome)
        return outcome


def test_a_second_request_is_refused_while_one_runs_or_waits() -> None:
    desk = Desk()
    assert [desk.passes.request(name) for name in "aabb"] == [True, False, True, False]
    assert [entry.workspace for entry in desk.passes.running] == ["a"]
    desk.gate.set()
    desk.passes.settle(desk.outcomes.get(timeout=10))
    assert [entry.workspace for entry in desk.passes.running] == ["b"]
    desk.passes.settle(desk.outcomes.get(timeout=10))
    assert desk.passes.running == ()


def test_nothing_starts_after_stop() -> None:
    desk = Desk()
    desk.passes.request("a")
    desk.passes.request("b")
    desk.passes.stop()
    assert not desk.passes.request("c")
    desk.gate.set()
    desk.passes.settle(desk.outcomes.get(timeout=10))
    assert desk.passes.running == ()


def test_a_forgotten_workspace_does_not_start() -> None:
    desk = Desk()
    for name in "abc":
        desk.passes.request(name)
    desk.passes.forget("b")
    desk.passes.forget("nobody")
    desk.gate.set()
    desk.passes.settle(desk.outcomes.get(timeout=10))
    assert [entry.workspace for entry in desk.passes.running] == ["c"]
    desk.passes.settle(desk.outcomes.get(timeout=10))


def test_stalled_names_the_pass_that_has_not_advanced() -> None:
    desk = Desk()
    desk.passes.request("a")
    (entry,) = desk.passes.running
    assert desk.passes.stalled(10, entry.beat.last + 9) == ()
    assert desk.passes.stalled(10, entry.beat.last + 11) == (entry,)
    desk.gate.set()
    desk.passes.settle(desk.outcomes.get(timeout=10))


def test_a_beat_moves_with_each_phase_and_step() -> None:
    now = [0.0]
    beat = Beat(lambda: now[0])
    now[0] = 5
    beat.phase("a", "read", 3)
    assert (beat.last, beat.current) == (5, "read")
    now[0] = 7
    beat.advance(2)
    assert beat.last == 7


def test_outcomes() -> None:
    good = Desk().one(report("a", Verdict.DRIFTED))
    assert (good.verdict, good.error, good.api_calls, good.recorded) == (Verdict.DRIFTED, None, 7, 3)
    busy = Desk().one(BusyError(hint="wait"))
    assert (busy.verdict, busy.error, busy.hint) == (None, "Another pass of this workspace is running.", "wait")
    assert Desk().one(CutOffError()).cut_off
    fault = Desk().one(report("a", fault=Problem("main.tf:3: broken", None, "main.tf", 3)))
    assert (fault.verdict, fault.error) == (None, "main.tf:3: broken")


def test_the_text_of_a_foreign_exception_is_not_repeated() -> None:
    outcome = Desk().one(ValueError("postgresql://user:hunter2@host/db"))
    assert outcome.error == "internal error (ValueError)"
