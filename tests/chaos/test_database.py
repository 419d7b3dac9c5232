"""The database that is not there, or goes away in the middle of a pass."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from support.deadline import eventually
from support.shop import Shop
from support.weather import Rule, weather

from reconciler.inventory.embedded import EmbeddedServer


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedServer]:
    """A server of the test's own, which it may kill."""
    with EmbeddedServer(tmp_path / "server") as server:
        yield server


def _postmaster(folder: Path) -> int:
    return int((folder / "server" / "data" / "postmaster.pid").read_text().split()[0])


def test_a_database_that_is_down_costs_one_line(open_shop: Callable[..., Shop], tmp_path: Path) -> None:
    shop = open_shop(database=f"postgresql:///reconciler?host={tmp_path / 'nowhere'}&user=somebody")
    for command in (["scan"], ["report"], ["events", "list"], ["db", "status"], ["db", "migrate"], ["drift", "list"]):
        done = shop.installation.run(*command)
        assert (done.code, done.out) == (1, ""), command
        error, hint = done.told()
        assert "database" in error.lower()
        assert hint
    shop.installation.assert_nothing_runs()


def test_a_database_without_the_schema_says_what_to_run(shop: Shop, empty_database_url: str) -> None:
    shop.installation.database = empty_database_url
    shop.installation.configure()
    for command in (["scan"], ["report"], ["drift", "list"], ["events", "list"]):
        done = shop.installation.run(*command)
        assert (done.code, done.out) == (1, ""), command
        _, hint = done.told()
        assert "db migrate" in hint
    done = shop.installation.run("db", "migrate")
    assert (done.code, done.err) == (0, "")
    assert re.fullmatch(r"(applied \w+\n)+", done.out)
    assert shop.installation.run("db", "migrate").out == "the schema is up to date\n"
    assert shop.installation.scan().code == 0


def test_a_database_that_is_killed_during_a_pass_costs_that_pass_alone(
    open_shop: Callable[..., Shop], server: EmbeddedServer, tmp_path: Path
) -> None:
    url = server.url
    shop = open_shop(database=url)
    assert shop.installation.run("db", "migrate").code == 0
    with weather(shop.emulator.url) as sky:
        shop.installation.endpoint = sky.url
        shop.installation.configure()
        assert shop.installation.scan().code == 0
        before = _rows(url)
        shop.aws("ssm").put_parameter(Name="/shop/page-size", Value="7", Type="String", Overwrite=True)
        sky.seen.clear()
        sky.rules = [Rule("dynamodb", "hang")]
        with shop.installation.start("scan", "--format", "json") as running:
            eventually(lambda: sky.count("dynamodb") > 0, 30)
            # As on a power cut of the server: its backends die with it.
            subprocess.run(["kill", "-QUIT", str(_postmaster(tmp_path))], check=True)
            sky.rules = []
            sky.over.set()
            done = running.wait(60)
        assert (done.code, done.out) == (1, "")
        error, hint = done.told()
        assert "database" in error.lower()
        assert hint
    server.stop()
    with EmbeddedServer(tmp_path / "server") as again:
        shop.installation.database = again.url
        shop.installation.endpoint = shop.emulator.url
        shop.installation.configure()
        assert _rows(again.url) == before, "nothing of the pass was written"
        done = shop.installation.scan()
        assert (done.code, done.err) == (2, "")
        assert [each["address"] for each in done.workspaces["shop"]["findings"]] == ["aws_ssm_parameter.page_size"]
        with psycopg.connect(again.url) as connection:
            found = connection.execute("SELECT status FROM passes ORDER BY started_at").fetchall()
        assert [status for (status,) in found] == ["finished", "cut_off", "finished"]


def _rows(url: str) -> dict[str, int]:
    tables = ("aws_resources", "aws_infrastructure_events", "findings", "iac_templates")
    with psycopg.connect(url) as connection:
        return {
            table: len(connection.execute(sql.SQL("SELECT id FROM {}").format(sql.Identifier(table))).fetchall())
            for table in tables
        }
