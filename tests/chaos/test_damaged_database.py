"""A database that refuses, or in which somebody else has written: a typed error, or a pass as good as any.

The first lines of each file of ``fixtures/bad/database`` say what a scan and a report then tell: ``ok``, or words of
the error; nothing, where it may be either.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from support.database import create, drop, url_of
from support.invariants import content
from support.shop import RECORDED, Shop

from reconciler.drift.report import Depth
from reconciler.errors import DatabaseError
from reconciler.inventory.inventory import Inventory
from reconciler.settings import load_settings
from reconciler.wiring.application import Application, open_application
from reconciler.workflows.progress import Silent

BAD = Path(__file__).parents[1] / "fixtures" / "bad" / "database"
CANARY = "canary-51742"


@dataclass
class Past:
    """An application, and copies of a database in which it has found something."""

    application: Application
    server: str
    name: str
    numbers: Iterator[int]

    def scan(self) -> None:
        """A pass; what it records as the fault of its workspace is raised as well."""
        fault = self.application.scan(["shop"], Depth.STATIC, Silent()).workspaces[0].fault
        if fault is not None:
            raise DatabaseError(fault.message, hint=fault.hint)

    def report(self) -> object:
        return self.application.report(["shop"])

    def rest(self) -> object:
        return self.application.findings(), self.application.events(), self.application.templates()


@pytest.fixture
def past(open_shop: Callable[..., Shop], database_server: str, database_url: str) -> Iterator[Past]:
    shop = open_shop(database=database_url)
    shop.aws("logs").put_retention_policy(logGroupName="/shop/mail", retentionInDays=7)
    with open_application(load_settings(shop.installation.config), shop.installation.environment()) as application:
        report = application.scan(["shop"], Depth.EXACT, Silent())
        assert len(report.workspaces[0].findings) == 1
        assert report.workspaces[0].coverage.checked == RECORDED
        application.inventory.close()
        name = str(conninfo_to_dict(database_url)["dbname"])
        yield Past(application, database_server, name, itertools.count(1))


def _told(work: Callable[[], object], expected: str, case: str) -> bool:
    """Whether it ended well; else by a typed error of one line, with the expected words and nothing of the rows."""
    error: DatabaseError | None = None
    try:
        work()
    except DatabaseError as fault:
        error = fault
    if error is None:
        assert expected in ("ok", ""), f"{case}: nothing was told"
        return True
    assert expected != "ok", f"{case}: {error}"
    assert expected in str(error), f"{case}: {error}"
    assert "\n" not in str(error), case
    assert CANARY not in f"{error} {error.hint}", case
    return False


def test_damage(past: Past, monkeypatch: pytest.MonkeyPatch) -> None:
    """All in one: the past takes longer to make than all of them to try."""
    monkeypatch.setattr("reconciler.inventory.passes._PAUSES", (0.0,) * 5)
    files = sorted(BAD.glob("*.sql"), key=lambda file: (not file.stem.startswith("sqlstate_"), file.stem))
    assert len(files) > 50
    wrong = []
    name = ""
    for file in files:
        # What only refuses leaves the database as it is, for the next one that does.
        if not (name and file.stem.startswith("sqlstate_")):
            if name:
                drop(past.server, name)
            name = f"damaged_{os.getpid()}_{next(past.numbers)}"
            create(past.server, name, template=past.name)
        url = url_of(past.server, name)
        try:
            _one(replace(past, application=replace(past.application, inventory=Inventory.open(url))), url, file)
        except Exception as error:  # noqa: BLE001 - one that is not ours is what is looked for; all are told at the end
            wrong.append(f"{file.stem}: {error!r}"[:500])
    drop(past.server, name)
    assert not wrong, "\n".join(wrong)


def _one(damaged: Past, url: str, file: Path) -> None:
    text = file.read_text()
    scan, report = (line.partition(": ")[2] for line in text.splitlines()[:2])
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(text.encode())
    try:
        _told(damaged.report, report, f"{file.stem}, report")
        _told(damaged.rest, "", f"{file.stem}, lists")
        before = content(url) if not report.startswith("lacks") else None
        if not _told(damaged.scan, scan, f"{file.stem}, scan") and before is not None:
            assert content(url) == before, f"{file.stem}: something was written"
    finally:
        damaged.application.inventory.close()
