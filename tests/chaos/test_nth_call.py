"""Every call of a pass fails, once or for good: a typed error or an honest unknown, and the next pass is good.

``CHAOS=full`` tries each call in each way; without it a sample of them stands for the rest.
"""

from __future__ import annotations

import os
import random
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace

import pytest
from psycopg.conninfo import conninfo_to_dict
from support.database import create, drop, url_of
from support.deadline import eventually
from support.invariants import broken, content, told
from support.nth_call import WAYS, Fault, failing, interceptable
from support.shop import RECORDED, Shop

from reconciler.drift.coverage import Verdict
from reconciler.drift.report import Depth, Report
from reconciler.errors import BusyError, ReconcilerError
from reconciler.inventory.inventory import Inventory
from reconciler.settings import load_settings
from reconciler.wiring.application import Application, open_application
from reconciler.workflows.progress import Silent

FULL = os.environ.get("CHAOS") == "full"
EVERY = 10_000
"""More calls than any pass makes."""

Facts = dict[tuple[str, str], str]
"""What is open: address and kind, and what is said of it."""


@dataclass
class Bench:
    """A shop with a past: a pass in sync, a pass that found two drifts, and since then one more of each kind."""

    shop: Shop
    server: str
    application: Application
    past: str
    reference: Facts
    before: Facts
    told: list[tuple[str, str]]
    numbers: Iterator[int]

    def database(self) -> tuple[str, str]:
        """A copy of the past: its name and URL."""
        name = f"chaos_{os.getpid()}_{next(self.numbers)}"
        create(self.server, name, template=self.past)
        return name, url_of(self.server, name)


def _facts(report: Report) -> Facts:
    (workspace,) = report.workspaces
    return {
        (known.finding.address or known.finding.label, known.finding.kind.value): ", ".join(
            sorted(f"{change.text}={change.observed}" for change in known.finding.changes)
        )
        for known in workspace.findings
    }


def _scan(application: Application) -> Report:
    return application.scan(["shop"], Depth.EXACT, Silent())


def _next(application: Application) -> Report:
    """The next pass: it may have to wait until the server has seen that the last one's connection is gone."""
    made: list[Report] = []

    def scanned() -> bool:
        with suppress(BusyError):
            made.append(_scan(application))
        return bool(made)

    eventually(scanned)
    return made[0]


def _on(application: Application, url: str) -> Application:
    return replace(application, inventory=Inventory.open(url))


@pytest.fixture
def bench(open_shop: Callable[..., Shop], database_server: str, database_url: str) -> Iterator[Bench]:
    shop = open_shop(database=database_url)
    sns, logs = shop.aws("sns"), shop.aws("logs")
    topic = sns.list_topics()["Topics"][0]["TopicArn"]

    def name_topic(name: str) -> None:
        sns.set_topic_attributes(TopicArn=topic, AttributeName="DisplayName", AttributeValue=name)

    past = f"past_{os.getpid()}"
    with ExitStack() as ending:
        ending.enter_context(interceptable())
        settings = load_settings(shop.installation.config)
        environ = shop.installation.environment()
        application = ending.enter_context(open_application(settings, environ))
        assert _scan(application).workspaces[0].verdict is Verdict.IN_SYNC
        name_topic("by hand")
        logs.put_retention_policy(logGroupName="/shop/mail", retentionInDays=7)
        before = _facts(_scan(application))
        assert len(before) == 2
        name_topic("")
        logs.put_retention_policy(logGroupName="/shop/mail", retentionInDays=14)
        shop.aws("dynamodb").delete_table(TableName="shop-orders")
        shop.aws("ssm").put_parameter(Name="/shop/page-size", Value="7", Type="String", Overwrite=True)
        application.inventory.close()
        create(database_server, past, template=str(conninfo_to_dict(database_url)["dbname"]))
        ending.callback(drop, database_server, past)
        bench = Bench(shop, database_server, application, past, {}, before, [], iter(range(EVERY)))
        name, url = bench.database()
        bench.reference = _facts(_scan(_on(application, url)))
        assert len(bench.reference) == 3
        assert broken(url) == {}
        bench.told = told(url)
        drop(database_server, name)
        yield bench


def _one(bench: Bench, fault: Fault, run: Callable[[str], Report]) -> bool:
    """One pass with a fault, and the next one without. Whether the fault was met at all."""
    name, url = bench.database()
    untouched = content(url)
    case = f"{fault.kind} {fault.way} at {fault.at}{' for good' if fault.for_good else ''}"
    failure: ReconcilerError | None = None
    report: Report | None = None
    try:
        with failing(fault):
            try:
                report = run(url)
            except ReconcilerError as error:
                failure = error
        case = f"{case}: {fault.what[:1]} -> {failure or (report and report.workspaces[0].verdict)}"
        assert broken(url) == {}, case
        if failure is not None:
            assert "\n" not in str(failure), case
            written = content(url) != untouched
            # Where the answer to a commit was lost, or what came after it failed, all of the pass may be there.
            assert not written or told(url) == bench.told, case
        else:
            assert report is not None
            _assert_honest(bench, report, case)
        if fault.fired:
            again = _next(_on(bench.application, url))
            assert _facts(again) == bench.reference, case
            assert again.workspaces[0].coverage.checked == RECORDED, case
            assert told(url) == bench.told, case
            assert broken(url) == {}, case
    finally:
        drop(bench.server, name)
    return fault.fired


def _assert_honest(bench: Bench, report: Report, case: str) -> None:
    (workspace,) = report.workspaces
    coverage, open_ = workspace.coverage, _facts(report)
    assert workspace.verdict is not Verdict.IN_SYNC, case
    if workspace.fault is not None:
        assert open_ == bench.before, case
        assert workspace.fault.message, case
        return
    assert coverage.recorded == RECORDED == coverage.checked + len(coverage.unknown), case
    unknown = {entry.label for entry in coverage.unknown}
    for key, said in open_.items():
        assert bench.reference.get(key) == said or (key[0] in unknown and bench.before.get(key) == said), case
    for key in bench.reference:
        assert key in open_ or key[0] in unknown, case


def _cases(kind: str, sample: int, bench: Bench, run: Callable[[str], Report]) -> Iterator[Fault]:
    """All calls in all ways until none is met any more; or a sample of a pass's calls, each in some way."""
    ways = WAYS[kind]
    if FULL:
        for way in ways:
            for for_good in (False, True):
                for at in range(1, EVERY):
                    fault = Fault(kind, way, at, for_good)
                    yield fault
                    if not fault.fired:
                        break
        return
    counting = Fault(kind, ways[0], EVERY)
    yield counting
    chance = random.Random(kind)  # noqa: S311 - the same sample in every run
    for at in sorted(chance.sample(range(1, counting.seen + 1), min(sample, counting.seen))):
        yield Fault(kind, chance.choice(ways), at, chance.random() < 0.5)


@pytest.fixture
def warm(bench: Bench) -> Callable[[str], Report]:
    """A pass of an application whose provider runs."""
    return lambda url: _scan(_on(bench.application, url))


@pytest.fixture
def cold(bench: Bench) -> Callable[[str], Report]:
    """A pass of an application that is opened for it: files are read, the provider is started."""

    def run(url: str) -> Report:
        with open_application(bench.application.settings, bench.shop.installation.environment()) as application:
            return _scan(_on(application, url))

    return run


@pytest.mark.parametrize(
    ("kind", "start", "sample"),
    [
        ("database", "warm", 20),
        ("provider", "warm", 8),
        ("aws", "cold", 4),
        ("file", "cold", 12),
        ("process", "cold", 2),
    ],
)
def test_the_nth_call_fails(
    kind: str, start: str, sample: int, bench: Bench, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reconciler.inventory.passes._PAUSES", (0.0,) * 5)
    run = request.getfixturevalue(start)
    tried, wrong = 0, []
    for fault in _cases(kind, sample, bench, run):
        try:
            tried += _one(bench, fault, run)
        except Exception as error:  # noqa: BLE001 - one that is not ours is what is looked for; all are told at the end
            place = traceback.extract_tb(error.__traceback__)[-1]
            print(fault, repr(error)[:3000])  # noqa: T201
            wrong.append(f"{fault.way} at {fault.at}, {fault.what[:1]}: {error!r} ({place.filename}:{place.lineno})")
    print(f"{kind}: {tried} faults")  # noqa: T201 - shown with -s, and where the test fails
    assert not wrong, "\n".join(wrong)
    assert tried
