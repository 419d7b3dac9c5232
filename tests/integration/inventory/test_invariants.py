"""The invariants that chaos is held against can fail: each finds what breaks it."""

from __future__ import annotations

import psycopg
import pytest
from support.invariants import INVARIANTS, WHOLE, broken
from support.inventory_records import everything, run

from reconciler.inventory.inventory import Inventory

_CHECKS = """
DO $$ DECLARE c record; BEGIN
    FOR c IN SELECT conrelid::regclass AS t, conname FROM pg_constraint WHERE contype = 'c' AND conrelid <> 0
             AND conrelid::regclass::text IN ('findings', 'passes', 'pass_workspaces')
    LOOP EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', c.t, c.conname); END LOOP;
END $$;
"""

BREAKS = {
    "at most one unresolved finding of a kind for a label": """
        DROP INDEX idx_findings_unresolved;
        INSERT INTO findings (workspace_id, label, kind, severity, resource_type, first_seen, last_seen, first_pass,
            last_pass)
        SELECT workspace_id, label, kind, severity, resource_type, first_seen, last_seen, first_pass, last_pass
        FROM findings
    """,
    "every finding was opened by exactly one event, and every such event opened a finding": (
        "DELETE FROM aws_infrastructure_events WHERE event_type = 'drift_detected'"
    ),
    "every resolved finding has its event, and nothing else has one": (
        "UPDATE findings SET status = 'resolved', resolved_at = last_seen"
    ),
    "a finding's times and passes are in order": "UPDATE findings SET last_seen = first_seen - interval '1 s'",
    "a finding and an event name a pass that finished": "UPDATE findings SET last_pass = 'none'",
    "a plan is begun once, and has an outcome if it was": """
        INSERT INTO plans (workspace_id, environment, direction, status, digest, risk, proposer, created_at, expires_at,
            sealed, stamp)
        SELECT id, 'production', 'revert', 'applied', '', 'low', 'ann', now(), now(), '', '' FROM workspaces
    """,
    "coverage adds up": "UPDATE pass_workspaces SET recorded = recorded + 1",
    "green means that all was checked, nothing is open and nothing was wrong": (
        "UPDATE pass_workspaces SET verdict = 'in_sync', problems = '[1]'"
    ),
    "a finished pass has all its workspaces, another one has none": (
        "UPDATE pass_workspaces SET finished_at = NULL, verdict = NULL"
    ),
    "a pass ends once, after it began": "UPDATE passes SET finished_at = started_at - interval '1 s'",
    "of a workspace's passes only the last one may be running": """
        INSERT INTO passes (id, depth, status, started_at, host, process_id)
        SELECT 'older', depth, 'running', started_at - interval '1 day', host, 1 FROM passes;
        INSERT INTO pass_workspaces (pass_id, workspace_id) SELECT 'older', workspace_id FROM pass_workspaces
    """,
    "what was checked has its row, tied to its label": "UPDATE pass_workspaces SET recorded = 99, checked = 99",
    "a row of the inventory belongs to an environment and its account": "UPDATE aws_resources SET account_id = '9'",
    "a tied row and its workspace are of one environment": "UPDATE workspaces SET environment_id = NULL",
    "nobody tells a create of the same label twice without a delete between": """
        INSERT INTO aws_infrastructure_events (event_type, status, description, event_source, workspace_id, metadata)
        SELECT 'create', 'success', '', 'scheduled', id, '{"label": "a"}' FROM workspaces, generate_series(1, 2)
    """,
    "a version of a template that a pass names is kept": "DELETE FROM iac_templates",
    WHOLE: "UPDATE aws_infrastructure_events SET description = description || '.'",
}


def test_each_invariant_has_what_breaks_it() -> None:
    assert BREAKS.keys() == {*INVARIANTS, WHOLE}


@pytest.mark.parametrize("name", BREAKS)
def test_an_invariant_finds_what_breaks_it(real: Inventory, database_url: str, name: str) -> None:
    run(real, "one", 0, everything())
    with psycopg.connect(database_url, autocommit=True) as connection:
        # Past the database's own guards, which are tested elsewhere.
        connection.execute("SET session_replication_role = replica")
        connection.execute(_CHECKS)
        connection.execute(BREAKS[name].encode())
    assert name in broken(database_url)
