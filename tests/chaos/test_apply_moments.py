"""An apply killed with SIGKILL, at each named point and at random moments: what was approved is done once at most.

An *effect* is a call that writes and has reached the emulator, as the witness on the wire saw it. Of a plan there is
one for each of its resources at most; none before the plan is committed as ``applying``; none of its unapproved twin,
which is tried in each round, and none of anything else. What is said of the plan afterwards has to be true of the
emulator.

``CHAOS=full`` tries every point and 200 moments; without it a few stand for the rest. The rounds are made again with
their seed, which stands in every message: ``CHAOS_SEED=…``.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from support import dying
from support.command import COMMAND, Running
from support.deadline import eventually
from support.fixable import WRITTEN, Fixable
from support.invariants import broken
from support.shop import RECORDED

FULL = os.environ.get("CHAOS") == "full"
SEED = int(os.environ.get("CHAOS_SEED", random.SystemRandom().randrange(2**32)))
VICTIMS = ("process", "terraform", "provider", "all")
WIRE = tuple(f"write {number} {where}" for number in range(1, len(WRITTEN) + 1) for where in ("on its way", "done"))
BY_ITSELF = tuple((point, "process") for point in dying.POINTS)
ON_THE_WIRE = tuple((point, victim) for point in WIRE for victim in VICTIMS)
POINTS = (*BY_ITSELF, *ON_THE_WIRE)
"""Where to die, and who dies."""

SLOWEST = 0.25
"""Seconds that a write takes on its way there at the most, and as many on its way back."""


@dataclass
class Rounds:
    """What every round does, whatever is killed in it. ``told`` counts what came of the plan."""

    fixable: Fixable
    seconds: float = 0.0
    terraform: float = 0.0
    chance: random.Random = field(default_factory=lambda: random.Random(SEED))  # noqa: S311 - a seed that is printed
    told: Counter[str] = field(default_factory=Counter)
    where: str = ""
    last: str = ""

    @contextmanager
    def round(
        self, what: str, program: tuple[str | Path, ...] = (COMMAND,), meet: Callable[[str], None] = lambda point: None
    ) -> Iterator[Running]:
        """An apply to disturb, after the twin was refused and before everything is looked at."""
        self.where = f"seed {SEED}, {what}"
        fixable = self.fixable
        with fixable.round():
            fixable.witness.pause, fixable.witness.meet = lambda: self.chance.uniform(0.0, SLOWEST), meet
            twin = fixable.installation.call("apply", fixable.twin, "--format", "json", env=fixable.ann)
            assert (twin.code, twin.json["refused"]["rule"]) == (4, "approvals"), self.where
            arguments = ("apply", fixable.plan, "--format", "json")
            with fixable.installation.start(*arguments, env=fixable.ann, program=program) as running:
                yield running
                running.wait(120)
            fixable.ended()
            self._recovered()
            self._goes_on()

    def kill(self, victim: str, running: Running) -> bool:
        """Whether there was something to kill."""
        if victim == "process":
            victims = [running.child.pid] if running.child.poll() is None else []
        elif victim == "all":
            victims = list(self.fixable.installation.processes()) if running.child.poll() is None else []
        else:
            victims = self.fixable.family()[victim]
        for pid in victims:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if victim == "all":  # and what one of them started meanwhile
            while others := self.fixable.installation.processes():
                for pid in others:
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
        if victim != "process":
            self.fixable.witness.lose()
        return bool(victims)

    def _recovered(self) -> None:
        """What ``recover`` says, and that it is so."""
        fixable = self.fixable
        begun = fixable.status()
        if begun == "applying":
            self._refused()
        before = list(fixable.witness.effects)
        done = fixable.installation.run("recover", "--format", "json")
        assert fixable.witness.effects == before, f"{self.where}: settling is reading, and nothing else"
        status, outcome = fixable.row()
        said = {each["id"]: each["status"] for each in done.json["plans"]}
        assert said == ({fixable.plan: status} if begun == "applying" else {}), f"{self.where}: {done.err}"
        assert (done.code, done.err) == (1 if "unknown" in said.values() else 0, ""), self.where
        assert not (begun == "applying" and fixable.left_behind()), self.where
        self.last = f"{begun} > {status}: {outcome['summary'] if outcome else 'never begun'}"
        self.told[self.last[:70]] += 1
        self._is_true(status, outcome)

    def _is_true(self, status: str, outcome: dict[str, Any] | None) -> None:
        effects, drifted, open_ = self.fixable.effects(), self.fixable.drifted(), self.open
        assert set(effects.values()) <= {1}, f"{self.where}: written twice: {effects}"
        assert set(effects) == WRITTEN - drifted, f"{self.where}: {effects}, {drifted}"
        assert {each.status for each in self.fixable.witness.effects} <= {"applying"}, self.where
        if status == "approved":
            assert not effects, self.where
            return
        assert outcome is not None, self.where
        assert status in ("applied", "failed"), f"{self.where}: {self.last}"
        assert not (status == "applied" and open_), f"{self.where}: {open_}"
        assert {each.partition(": ")[0] for each in outcome["left"]} == open_, f"{self.where}: {outcome}, {open_}"
        assert not (effects and "before anything was done" in outcome["summary"]), self.where

    def _goes_on(self) -> None:
        """The next pass is whole and right, the ledger and the database are whole, and nothing is applied twice."""
        call, open_ = self.fixable.installation.call, self.open
        scan = call("scan", "--format", "json")
        assert (scan.code, scan.err) == (2 if open_ else 0, ""), f"{self.where}: {scan}"
        report = scan.workspaces["shop"]
        assert report["coverage"] == {"recorded": RECORDED, "checked": RECORDED, "unknown": []}, self.where
        assert {each["address"] for each in report["findings"]} == open_, self.where
        if self.fixable.status() == "approved":  # it never began: now it does
            done = call("apply", self.fixable.plan, "--format", "json", env=self.fixable.ann)
            assert (done.code, done.json["status"], self.open) == (0, "applied", set()), f"{self.where}: {done}"
            assert self.fixable.effects() == Counter(WRITTEN), self.where
        self._refused()
        verified = call("events", "verify")
        assert verified.code == 0, f"{self.where}: {verified}"
        assert broken(self.fixable.installation.database or "") == {}, self.where

    def _refused(self) -> None:
        """A plan that was begun is not applied again."""
        before = len(self.fixable.witness.effects)
        again = self.fixable.installation.call("apply", self.fixable.plan, "--format", "json", env=self.fixable.ann)
        assert (again.code, again.json["refused"]["rule"]) == (4, "status"), f"{self.where}: {again}"
        assert len(self.fixable.witness.effects) == before, self.where

    @property
    def open(self) -> set[str]:
        """What has to be found: it is not as the template wants it, or the state does not say yet that it is."""
        return self.fixable.drifted() | self.fixable.behind()


@pytest.fixture
def rounds(fixable: Fixable) -> Rounds:
    return Rounds(fixable)


def _dying(point: str) -> tuple[str | Path, ...]:
    return (sys.executable, "-P", Path(dying.__file__), point)


def _ended_within(running: Running, seconds: float) -> bool:
    try:
        running.child.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def test_named_points(rounds: Rounds) -> None:
    points = POINTS if FULL else (rounds.chance.choice(BY_ITSELF), rounds.chance.choice(ON_THE_WIRE))
    for point, victim in points:
        began = time.monotonic()
        if point in WIRE:
            _killed_on_the_wire(rounds, point, victim)
        else:
            with rounds.round(f"killed at {point!r}", _dying(point)) as running:
                done = running.wait(120)
            reached = done.err.splitlines()
            assert (done.code, point in reached, dying.follows(reached)) == (-signal.SIGKILL, True, True), reached
        print(f"{point:20} {victim:10} {rounds.last} ({time.monotonic() - began:.1f} s)", flush=True)  # noqa: T201


def _killed_on_the_wire(rounds: Rounds, point: str, victim: str) -> None:
    killed = []

    def meet(at: str) -> None:
        if at == point and not killed:
            killed.append(rounds.kill(victim, commands[0]))

    commands: list[Running] = []
    with rounds.round(f"{victim} killed at {point!r}", meet=meet) as running:
        commands.append(running)
    assert killed == [True], rounds.where


def test_while_terraform_outlives_us_nothing_is_settled(rounds: Rounds) -> None:
    """It stands still before it has locked the state: nothing but the program itself knows that it is there."""
    with rounds.round("killed while terraform stands still", _dying(dying.STOPPED)) as running:
        running.wait(120)
        [terraform] = rounds.fixable.family()["terraform"]
        try:
            early = rounds.fixable.installation.run("recover")
        finally:
            os.kill(terraform, signal.SIGCONT)
        assert (early.code, early.out, rounds.fixable.status()) == (1, "", "applying"), early
        assert early.err.startswith("left alone: "), early
    assert rounds.last.startswith("applying > applied: ")


def test_random_moments(rounds: Rounds) -> None:
    _measure(rounds)
    met: Counter[str] = Counter()
    for number in range(200 if FULL else 2):
        victim, share = VICTIMS[(SEED + number) % len(VICTIMS)], rounds.chance.random()
        began = time.monotonic()
        with rounds.round(f"round {number}: {victim} killed after {share:.3f} of its time") as running:
            if victim in ("process", "all"):
                ended = _ended_within(running, share * rounds.seconds)
            else:
                eventually(
                    lambda running=running: running.child.poll() is not None or rounds.fixable.family()["terraform"], 60
                )
                ended = _ended_within(running, share * rounds.terraform)
            if not ended:
                met[victim] += rounds.kill(victim, running)
        print(  # noqa: T201 - shown with -s
            f"{number + 1} rounds, {dict(met)}, {victim} {share:.3f}: {rounds.last} ({time.monotonic() - began:.1f} s)",
            flush=True,
        )
    print(  # noqa: T201 - likewise
        f"seed {SEED}, {rounds.seconds:.1f} s, terraform {rounds.terraform:.1f} s\n"
        + "\n".join(f"{count:4} {said}" for said, count in rounds.told.most_common())
    )
    assert met.total() > 0


def _measure(rounds: Rounds) -> None:
    """How long an apply takes that nothing disturbs, and Terraform in it; and that it passes all points in order."""
    with rounds.round("undisturbed", _dying("")) as running:
        began = time.monotonic()
        eventually(lambda: rounds.fixable.family()["terraform"], 60)
        started = time.monotonic()
        eventually(lambda: not rounds.fixable.family()["terraform"], 60)
        rounds.terraform = time.monotonic() - started
        done = running.wait(60)
        rounds.seconds = time.monotonic() - began
    reached = done.err.splitlines()
    assert (done.code, set(reached), dying.follows(reached)) == (0, set(dying.POINTS), True), reached
