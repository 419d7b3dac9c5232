"""Killed, restarted, doubled at random moments of a pass: nothing is lost or told twice, the next pass is good.

``CHAOS=full`` makes as many rounds as docs/reliability.md tells; without it a few stand for the rest. A round is made
again with its seed, which stands in every message: ``CHAOS_SEED=…``.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
from support.command import Done, Running
from support.deadline import eventually
from support.invariants import broken
from support.shop import RECORDED, Shop

from reconciler.drift.report import Depth
from reconciler.inventory.embedded import EmbeddedServer
from reconciler.settings import load_settings
from reconciler.wiring import Application, open_application
from reconciler.workflows.progress import Silent

FULL = os.environ.get("CHAOS") == "full"
SEED = int(os.environ.get("CHAOS_SEED", random.SystemRandom().randrange(2**32)))
NAMES = ("", "by hand", "by another hand")
"""What the alarms' topic is called from round to round; the template calls it nothing."""
TOPIC = "aws_sns_topic.alarms"


def _rounds(few: int, many: int) -> range:
    return range(many if FULL else few)


@dataclass
class World:
    """A shop in which one thing moves, what its passes have to tell of it, and how long a pass takes.

    The passes that are disturbed are the command's; the next one is made in this process, whose provider is warm.
    """

    shop: Shop
    application: Application
    seconds: float = 0.0
    name: str = ""
    chance: random.Random = field(default_factory=lambda: random.Random(SEED))  # noqa: S311 - a seed that is printed
    told: list[tuple[str, str]] = field(default_factory=list)
    own: set[int] = field(default_factory=set)
    moments: int = 0

    def begin(self) -> None:
        """The first passes, which also tell how long one takes."""
        self.good()
        self.right(self.timed(self.shop.installation.scan))
        self.told = self._events()
        self.own = set(self.shop.installation.processes())

    def timed(self, scan: Callable[[], Done]) -> Done:
        """A pass of the command, whose time is the measure for the moments of the next ones."""
        began = time.monotonic()
        done = scan()
        self.seconds = time.monotonic() - began
        return done

    def move(self) -> list[str]:
        """Call the topic something, and say what has to be told of it."""
        before, self.name = self.name, self.chance.choice(NAMES)
        sns = self.shop.aws("sns")
        topic = sns.list_topics()["Topics"][0]["TopicArn"]
        sns.set_topic_attributes(TopicArn=topic, AttributeName="DisplayName", AttributeValue=self.name)
        if before == self.name:
            return []
        return ["drift_changed" if before and self.name else "drift_detected" if self.name else "drift_resolved"]

    def good(self) -> None:
        """A pass that is whole and right."""
        (workspace,) = self.application.scan(["shop"], Depth.EXACT, Silent()).workspaces
        coverage = workspace.coverage
        assert (coverage.recorded, coverage.checked, coverage.unknown) == (RECORDED, RECORDED, ()), f"seed {SEED}"
        self._right({each.finding.address: [c.observed for c in each.finding.changes] for each in workspace.findings})

    def right(self, done: Done) -> None:
        """What a pass of the command that ended well has to say."""
        where = f"seed {SEED}: {done.err or done.out[:2000]}"
        assert (done.code, done.err) == (2 if self.name else 0, ""), where
        report = done.workspaces["shop"]
        assert report["coverage"] == {"recorded": RECORDED, "checked": RECORDED, "unknown": []}, where
        self._right(
            {each["address"]: [change["observed"] for change in each["changes"]] for each in report["findings"]}
        )

    def _right(self, found: dict[str | None, list[object]]) -> None:
        assert found == ({TOPIC: [self.name]} if self.name else {}), f"seed {SEED}"

    def ended(self) -> None:
        """Nothing of the disturbed pass is left."""

        def left() -> list[str]:
            return [command for pid, command in self.shop.installation.processes().items() if pid not in self.own]

        try:
            eventually(lambda: not left(), 10)
        except AssertionError as error:
            raise AssertionError(f"seed {SEED}: still running: {left()}") from error

    def settled(self, expected: list[str], what: str) -> None:
        """After a good pass: exactly what had to be told was told since the last time, and the database is whole."""
        told = self._events()
        new = [type_ for type_, label in told[len(self.told) :] if label == TOPIC and type_.startswith("drift_")]
        assert told[: len(self.told)] == self.told, f"seed {SEED}, {what}: events are gone"
        assert new == expected, f"seed {SEED}, {what}"
        assert broken(self.url) == {}, f"seed {SEED}, {what}"
        self.told = told

    def moment(self) -> float:
        """Some moment of a pass, in seconds; the first one early, so that it is met in the shortest run too."""
        self.moments += 1
        return self.seconds / 4 if self.moments == 1 else self.chance.uniform(0.0, self.seconds)

    @property
    def url(self) -> str:
        """The database."""
        return self.shop.installation.database or ""

    def _events(self) -> list[tuple[str, str]]:
        query = "SELECT event_type, metadata->>'label' FROM aws_infrastructure_events ORDER BY sequence"
        with psycopg.connect(self.url) as connection:
            return connection.execute(query).fetchall()  # type: ignore[return-value]


@contextmanager
def _world(shop: Shop) -> Iterator[World]:
    settings, environ = load_settings(shop.installation.config), shop.installation.environment()
    with open_application(settings, environ) as application:
        world = World(shop, application)
        world.begin()
        yield world


@pytest.fixture
def world(shop: Shop) -> Iterator[World]:
    """The shop on the session's database server."""
    with _world(shop) as world:
        yield world


def _ended_within(running: Running, seconds: float, world: World | None = None) -> bool:
    """Whether it has ended by then. The world's measure follows: a machine is not as busy in every round."""
    try:
        running.child.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    if world is not None:
        world.seconds = (world.seconds + seconds) / 2
    return True


def test_kill_9_of_the_process_and_of_the_provider_at_any_moment(world: World) -> None:
    met = {"process": 0, "provider": 0}
    for number in _rounds(5, 200):
        before, expected = world.name, world.move()
        victim, moment = ("process", "provider")[number % 2], world.moment()
        what = f"round {number}, {victim} killed after {moment:.3f} s"
        with world.shop.installation.start("scan", "--format", "json") as running:
            if victim == "provider":  # it lives for a part of the pass only
                eventually(lambda: running.child.poll() is not None or set(running.providers()) - world.own, 60)
                moment /= 4
            if not _ended_within(running, moment, world if victim == "process" else None):
                if victim == "process":
                    running.signal(signal.SIGKILL)
                    met["process"] += 1
                for provider in set(running.providers()) - world.own if victim == "provider" else ():
                    os.kill(provider, signal.SIGKILL)
                    met["provider"] += 1
            done = running.wait(60)
        if victim == "provider" and done.workspaces["shop"]["coverage"]["checked"] == 0:
            assert done.code == (2 if before else 3), f"seed {SEED}, {what}"  # it was killed in its start: that is said
            unknown = done.workspaces["shop"]["coverage"]["unknown"]
            assert {entry["reason"] for entry in unknown} == {"provider_error"}, f"seed {SEED}, {what}"
        elif victim == "provider" or done.code != -signal.SIGKILL:
            world.right(done)
        world.ended()
        assert broken(world.url) == {}, f"seed {SEED}, {what}"
        world.good()
        world.settled(expected, what)
        print(f"{number + 1} rounds, killed: {met}, seed {SEED}", flush=True)  # noqa: T201 - shown with -s
    assert met["process"] > 0
    assert met["provider"] > 0 or not FULL


def test_two_scans_at_once(world: World) -> None:
    refused = 0
    for number in _rounds(4, 100):
        expected, apart = world.move(), world.chance.choice((0.0, 0.0, world.moment()))
        what = f"round {number}, {apart:.3f} s apart"
        ended = []
        with world.shop.installation.start("scan", "--format", "json") as first:
            _ended_within(first, apart)
            ended.append(world.timed(world.shop.installation.scan))
            ended.append(first.wait(60))
        busy = [done for done in ended if done.code == 1]
        for done in busy:
            error, hint = done.told()
            assert "is running since" in error or "has just begun" in error, f"seed {SEED}, {what}: {error}"
            assert hint
        refused += len(busy)
        assert len(busy) < 2, f"seed {SEED}, {what}"
        for done in ended:
            if done not in busy:
                world.right(done)
        world.settled(expected, what)
        print(f"{number + 1} rounds, refused: {refused}, seed {SEED}", flush=True)  # noqa: T201 - likewise
    assert refused > 0 or not FULL


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedServer]:
    """A server of the test's own, which it may kill."""
    with EmbeddedServer(tmp_path / "server") as server:
        yield server


def test_the_database_restarts_at_any_moment(
    open_shop: Callable[..., Shop], server: EmbeddedServer, tmp_path: Path
) -> None:
    shop = open_shop(database=server.url)
    assert shop.installation.run("db", "migrate").code == 0
    with _world(shop) as world:
        _restarted(world, server, tmp_path / "server")


def _restarted(world: World, server: EmbeddedServer, folder: Path) -> None:
    cut = 0
    for number in _rounds(2, 20):
        expected, how, moment = world.move(), ("QUIT", "INT", "backends")[number % 3], world.moment()
        what = f"round {number}, {how} after {moment:.3f} s"
        with world.shop.installation.start("scan", "--format", "json") as running:
            if not _ended_within(running, moment, world):
                cut += 1
                if how == "backends":  # as the out-of-memory killer does: the server ends them all and recovers
                    for backend in _backends(folder):
                        os.kill(backend, signal.SIGKILL)
                else:  # an immediate and a fast stop, and a start
                    os.kill(_postmaster(folder), getattr(signal, f"SIG{how}"))
                    server.stop()
                    server.start()
            done = running.wait(90)
        if done.code == 1:
            error, hint = done.told()
            assert "database" in error.lower(), f"seed {SEED}, {what}: {error}"
            assert hint, f"seed {SEED}, {what}"
        else:
            world.right(done)
        server.stop()
        server.start()
        assert broken(world.url) == {}, f"seed {SEED}, {what}"
        world.good()
        world.settled(expected, what)
        print(f"{number + 1} rounds, restarted: {cut}, seed {SEED}", flush=True)  # noqa: T201 - likewise
    assert cut > 0


def _postmaster(folder: Path) -> int:
    return int((folder / "data" / "postmaster.pid").read_text().split()[0])


def _backends(folder: Path) -> list[int]:
    postmaster = str(_postmaster(folder))
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
            command = (stat.parent / "cmdline").read_bytes()
        except OSError:
            continue  # it ended while we looked
        if fields[1] == postmaster and b"reconciler reconciler [local]" in command:
            found.append(int(stat.parent.name))
    return found
