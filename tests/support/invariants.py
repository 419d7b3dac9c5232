"""What must hold in the database whatever has happened, each as a query for the rows that break it."""

from __future__ import annotations

from typing import Final, LiteralString

import psycopg

from reconciler.inventory.ledger import Ledger

INVARIANTS: Final[dict[str, LiteralString]] = {
    "at most one unresolved finding of a kind for a label": """
        SELECT workspace_id, label, kind, count(*) FROM findings WHERE status <> 'resolved'
        GROUP BY 1, 2, 3 HAVING count(*) > 1
    """,
    "every finding was opened by exactly one event, and every such event opened a finding": """
        SELECT coalesce(f.workspace_id, e.workspace_id), coalesce(f.label, e.label), coalesce(f.kind, e.kind),
               coalesce(f.pass, e.pass), f.n, e.n
        FROM (SELECT workspace_id, label, kind, first_pass AS pass, count(*) AS n FROM findings
              GROUP BY 1, 2, 3, 4) f
             FULL JOIN (SELECT workspace_id, metadata->>'label' AS label, details->>'kind' AS kind,
                               metadata->>'pass' AS pass, count(*) AS n
                        FROM aws_infrastructure_events WHERE event_type = 'drift_detected' GROUP BY 1, 2, 3, 4) e
             USING (workspace_id, label, kind, pass)
        WHERE f.n IS DISTINCT FROM 1 OR e.n IS DISTINCT FROM 1
    """,
    "every resolved finding has its event, and nothing else has one": """
        SELECT coalesce(f.workspace_id, e.workspace_id), coalesce(f.label, e.label), coalesce(f.kind, e.kind), f.n, e.n
        FROM (SELECT workspace_id, label, kind, count(*) AS n FROM findings WHERE status = 'resolved'
              GROUP BY 1, 2, 3) f
             FULL JOIN (SELECT workspace_id, metadata->>'label' AS label, details->>'kind' AS kind, count(*) AS n
                        FROM aws_infrastructure_events
                        WHERE event_type = 'drift_resolved'
                           OR (event_type = 'drift_changed' AND description LIKE '%is covered by an ignore rule%')
                        GROUP BY 1, 2, 3) e
             USING (workspace_id, label, kind)
        WHERE f.n IS DISTINCT FROM e.n
    """,
    "a finding's times and passes are in order": """
        SELECT id FROM findings
        WHERE last_seen < first_seen OR resolved_at < last_seen OR (status = 'resolved') <> (resolved_at IS NOT NULL)
    """,
    "a finding and an event name a pass that finished": """
        SELECT 'finding', f.id::text, f.first_pass FROM findings f LEFT JOIN passes p ON p.id = f.first_pass
        WHERE p.status IS DISTINCT FROM 'finished'
        UNION ALL
        SELECT 'finding', f.id::text, f.last_pass FROM findings f LEFT JOIN passes p ON p.id = f.last_pass
        WHERE p.status IS DISTINCT FROM 'finished'
        UNION ALL
        SELECT 'event', e.id::text, e.metadata->>'pass' FROM aws_infrastructure_events e
             LEFT JOIN passes p ON p.id = e.metadata->>'pass'
        WHERE p.status IS DISTINCT FROM 'finished' AND NOT coalesce(e.details ? 'plan', false)
    """,
    "a plan is begun once, and has an outcome if it was": """
        SELECT p.id, p.status, e.started, e.finished
        FROM plans p CROSS JOIN LATERAL (
            SELECT count(*) FILTER (WHERE event_type = 'apply_started') AS started,
                   count(*) FILTER (WHERE event_type = 'apply_finished') AS finished
            FROM aws_infrastructure_events WHERE details->>'plan' = p.id::text) e
        WHERE e.started <> CASE WHEN p.status IN ('applying', 'applied', 'failed', 'unknown') THEN 1 ELSE 0 END
           OR (e.finished > 0) <> (p.status IN ('applied', 'failed', 'unknown'))
    """,
    "coverage adds up": """
        SELECT pw.pass_id, pw.workspace_id, pw.recorded, pw.checked, pw.unknown, count(u.*)
        FROM pass_workspaces pw
             LEFT JOIN unknown_resources u ON (u.pass_id, u.workspace_id) = (pw.pass_id, pw.workspace_id)
        WHERE pw.finished_at IS NOT NULL
        GROUP BY 1, 2, 3, 4, 5
        HAVING pw.recorded <> pw.checked + pw.unknown OR pw.unknown <> count(u.*)
    """,
    "green means that all was checked, nothing is open and nothing was wrong": """
        SELECT pw.pass_id FROM pass_workspaces pw
        WHERE pw.verdict = 'in_sync' AND (pw.checked <> pw.recorded OR pw.fault IS NOT NULL
              OR jsonb_array_length(pw.problems) > 0
              OR EXISTS (SELECT FROM findings f WHERE f.workspace_id = pw.workspace_id AND f.last_pass = pw.pass_id
                         AND f.status <> 'resolved'))
    """,
    "a finished pass has all its workspaces, another one has none": """
        SELECT p.id, p.status, count(pw.*), count(pw.finished_at)
        FROM passes p LEFT JOIN pass_workspaces pw ON pw.pass_id = p.id
        GROUP BY 1, 2
        HAVING count(pw.*) = 0 OR count(pw.finished_at) <> CASE WHEN p.status = 'finished' THEN count(pw.*) ELSE 0 END
    """,
    "a pass ends once, after it began": """
        SELECT id FROM passes
        WHERE (status = 'running') <> (finished_at IS NULL) OR finished_at < started_at
           OR (status IN ('cut_off', 'failed')) <> (error IS NOT NULL)
    """,
    "of a workspace's passes only the last one may be running": """
        SELECT p.id FROM passes p JOIN pass_workspaces pw ON pw.pass_id = p.id
        WHERE p.status = 'running' AND EXISTS (
            SELECT FROM passes q JOIN pass_workspaces qw ON qw.pass_id = q.id
            WHERE qw.workspace_id = pw.workspace_id AND q.status = 'finished' AND q.started_at > p.started_at)
    """,
    "what was checked has its row, tied to its label": """
        SELECT pw.pass_id, pw.recorded, count(t.*)
        FROM workspaces w
             CROSS JOIN LATERAL (SELECT * FROM pass_workspaces l WHERE l.workspace_id = w.id
                                 AND l.finished_at IS NOT NULL ORDER BY l.finished_at DESC LIMIT 1) pw
             JOIN passes p ON p.id = pw.pass_id AND p.depth = 'exact'
             LEFT JOIN workspace_resources t ON t.workspace_id = w.id
        WHERE pw.fault IS NULL
        GROUP BY 1, 2, pw.checked HAVING count(t.*) < pw.checked OR count(t.*) > pw.recorded
    """,
    "a row of the inventory belongs to an environment and its account": """
        SELECT r.id FROM aws_resources r LEFT JOIN aws_environments e ON e.id = r.environment_id
        WHERE e.id IS NULL OR e.account_id <> r.account_id
    """,
    "a tied row and its workspace are of one environment": """
        SELECT t.label FROM workspace_resources t JOIN aws_resources r ON r.id = t.resource_id
             JOIN workspaces w ON w.id = t.workspace_id
        WHERE r.environment_id IS DISTINCT FROM w.environment_id
    """,
    "nobody tells a create of the same label twice without a delete between": """
        SELECT workspace_id, label FROM (
            SELECT workspace_id, metadata->>'label' AS label, event_type,
                   lag(event_type) OVER (PARTITION BY workspace_id, metadata->>'label' ORDER BY sequence) AS before
            FROM aws_infrastructure_events WHERE event_type IN ('create', 'delete')) e
        WHERE event_type = before
    """,
    "a version of a template that a pass names is kept": """
        SELECT pw.pass_id FROM pass_workspaces pw JOIN workspaces w ON w.id = pw.workspace_id
             LEFT JOIN iac_templates t ON (t.name, t.version) = (w.name, pw.template_version)
        WHERE pw.template_version IS NOT NULL AND (t.id IS NULL OR t.template_content = '')
    """,
}

WHOLE: Final = "the ledger is whole, and covers every event"

_CONTENT: Final[tuple[LiteralString, ...]] = (
    *("ledger", "aws_resources", "aws_environments", "aws_infrastructure_events", "findings", "iac_templates"),
    *("workspace_resources", "resource_dependencies", "unknown_resources"),
)


def broken(url: str) -> dict[str, list[tuple[object, ...]]]:
    """The invariants that do not hold, each with rows that break it."""
    found = {}
    with psycopg.connect(url, autocommit=True) as connection:
        for name, query in INVARIANTS.items():
            if rows := connection.execute(query).fetchmany(5):
                found[name] = rows
    if (damage := Ledger(url).verify()) is not None:
        found[WHOLE] = [(str(damage),)]
    return found


def content(url: str) -> dict[str, list[str]]:
    """Everything that a pass writes when it finishes, row by row, as text."""
    with psycopg.connect(url, autocommit=True) as connection:
        return {
            table: [row[0] for row in connection.execute(f"SELECT t::text FROM {table} t ORDER BY 1")]  # noqa: S608
            for table in _CONTENT
        }


def told(url: str) -> list[tuple[str, str]]:
    """All events as type and label, sorted: what was told, and how often."""
    query = "SELECT event_type, coalesce(metadata->>'label', '') FROM aws_infrastructure_events ORDER BY 1, 2"
    with psycopg.connect(url, autocommit=True) as connection:
        return [(row[0], row[1]) for row in connection.execute(query)]
