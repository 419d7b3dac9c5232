"""A bug of ours, at several places and with a secret in its message: one line, a file without values, no secret."""

from __future__ import annotations

import psycopg
import pytest
from support.canaries import Search, canary
from support.shop import Shop

SECRET = canary("somebody-elses")
PLANTED = """
import importlib
module = importlib.import_module("{module}")
owner = getattr(module, "{owner}") if "{owner}" else module
def burst(*arguments, **named):
    secret = {secret!r}
    try:
        raise KeyError(secret)
    except KeyError as error:
        raise RuntimeError(f"it holds {{secret}} and {{arguments}}") from error
setattr(owner, "{function}", burst)
"""


@pytest.mark.parametrize(
    "place",
    [
        "reconciler.settings.load::_resolved",
        "reconciler.desired.template::read_template",
        "reconciler.recorded.statefile::read_state",
        "reconciler.observed.provider.reading:Batch:run",
        "reconciler.drift.classify::classify",
        "reconciler.inventory.passes:Pass:finish",
    ],
)
def test_a_bug_shows_no_secret(shop: Shop, place: str) -> None:
    installation = shop.installation
    module, owner, function = place.split(":")
    planted = installation.folder / "planted"
    planted.mkdir()
    text = PLANTED.format(module=module, owner=owner, function=function, secret=SECRET)
    (planted / "sitecustomize.py").write_text(text)
    done = installation.run("--log-level", "debug", "scan", env={"PYTHONPATH": str(planted), "HOME": str(planted)})
    assert done.code == 1
    assert "this is a bug in reconciler" in done.err
    search = Search({"secret": SECRET})
    assert search.found((done.out + done.err).encode()) == set()
    details = [path for folder in (installation.state_dir, planted) for path in folder.rglob("crash-*.txt")]
    assert len(details) == 1
    assert "RuntimeError" in details[0].read_text()
    assert [
        path for path in installation.state_dir.rglob("*") if path.is_file() and search.found(path.read_bytes())
    ] == []
    with psycopg.connect(installation.database or "") as database:
        rows = database.execute("SELECT to_jsonb(p)::text FROM passes p").fetchall()
    assert search.found(repr(rows).encode()) == set()
    installation.assert_nothing_runs()
