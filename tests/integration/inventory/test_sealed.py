"""What else is stored sealed: kept once, whoever comes first, and sealed anew row by row."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from support.inventory_records import run, workspace_record
from support.plans import proposal
from support.vault import keys_of, new_key

from reconciler.drift.record import TemplateVersion
from reconciler.errors import DatabaseError, VaultError
from reconciler.gate.proposal import Status
from reconciler.inventory.inventory import Inventory
from reconciler.inventory.plans import Plans
from reconciler.inventory.sealed import TemplateContents, VaultSecrets
from reconciler.vault.seal import Place
from reconciler.wiring.keys import Keys


def test_of_many_who_come_first_at_once_all_get_ones_text(database_url: str) -> None:
    together = threading.Barrier(8)

    def come(number: int) -> str:
        together.wait()
        return VaultSecrets(database_url).keep("root", f"sealed:v1:a:{number}")

    with ThreadPoolExecutor(8) as pool:
        texts = set(pool.map(come, range(8)))
    assert len(texts) == 1
    assert VaultSecrets(database_url).keep("root", "sealed:v1:b:x") in texts


@pytest.fixture
def both(database_url: str, tmp_path: Path) -> tuple[Keys, Keys]:
    """The keys of one installation before and after a new master key came, the database theirs."""
    keep = VaultSecrets(database_url).keep
    old, new = new_key(tmp_path / "old"), new_key(tmp_path / "new")
    before = replace(keys_of(tmp_path, key_file=old), keep=keep)
    _ = before.root
    return before, replace(keys_of(tmp_path, key_file=new, older_key_files=(old,)), keep=keep)


def test_the_root_key_is_sealed_anew_and_stays_the_same(
    database_url: str, both: tuple[Keys, Keys], tmp_path: Path
) -> None:
    before, after = both
    secrets = VaultSecrets(database_url)
    current = after.sealer.current
    assert secrets.due(current) == ["root"]
    secrets.renew("root", after.seal_again)
    assert secrets.due(current) == []
    alone = replace(keys_of(tmp_path, key_file=tmp_path / "new"), keep=secrets.keep)
    assert alone.root == before.root


def test_a_templates_content_is_sealed_anew(database_url: str, both: tuple[Keys, Keys]) -> None:
    before, after = both
    inventory = Inventory.open(database_url)
    sealed = before.sealer.seal(b'{"main.tf":"x"}', Place("iac_templates", "production sha256:one", "template_content"))
    template = TemplateVersion("production", "sha256:one", sealed)
    run(inventory, "one", 0, workspace_record(template=template))
    contents = TemplateContents(database_url)
    (due,) = contents.due(after.sealer.current)
    contents.renew(due, after.seal_again)
    assert contents.due(after.sealer.current) == []
    kept = inventory.template_content("sha256:one", "production")
    assert kept != sealed
    assert after.open("production", "sha256:one", kept).content == {"main.tf": b"x"}
    inventory.close()


def test_a_plan_is_sealed_anew_and_can_still_be_moved(database_url: str, both: tuple[Keys, Keys]) -> None:
    """The stamp covers the sealed file: who seals it anew stamps it anew, and nobody else can."""
    before, after = both
    plans = Plans(database_url, after.stamp)
    made = proposal(id=str(uuid4()))
    plans.add(made, before.seal_plan(made.id, b"plan"))
    plans.renew(made.id, after.seal_again)
    assert plans.due(after.sealer.current) == []
    with plans.hold(made.id) as held:
        assert after.open_plan(made.id, held.sealed) == b"plan"
        assert held.move(Status.REJECTED, "bob") is None
    assert plans.plan(made.id).status is Status.REJECTED


def test_a_plan_that_another_hand_wrote_is_not_sealed_anew(database_url: str, both: tuple[Keys, Keys]) -> None:
    before, after = both
    plans = Plans(database_url, after.stamp)
    made = proposal(id=str(uuid4()))
    plans.add(made, before.seal_plan(made.id, b"plan"))
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE plans SET status = 'approved'")
    with pytest.raises(DatabaseError, match="not as this program wrote it"):
        plans.renew(made.id, after.seal_again)
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE plans SET status = 'proposed'")
        connection.execute("UPDATE vault_secrets SET sealed = left(sealed, -4) || 'AAA='")
    with pytest.raises(VaultError, match="does not open"):
        VaultSecrets(database_url).renew("root", after.seal_again)
