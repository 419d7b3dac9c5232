from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.reports import any_values, in_sync, known_findings, sample

from reconciler.cli.render.table import finding_page, render_table
from reconciler.cli.render.text import shorten, shorten_pair, visible
from reconciler.drift.coverage import Coverage, UnknownResource, Verdict
from reconciler.drift.report import KnownFinding, Report, WorkspaceReport
from reconciler.drift.snapshot import Reason


def text_of(report: Report, width: int = 80) -> str:
    return "\n".join(line.plain for line in render_table(report, width))


def test_the_verdict_comes_first_and_the_next_step_last() -> None:
    lines = text_of(sample()).splitlines()
    assert lines[0] == "DRIFTED  19 findings: 2 critical, 6 high, 8 medium, 3 low (1 acknowledged); 1"
    assert lines[2] == "exact pass of 2026-11-23 08:15:02 UTC, 4.22 s, 347 reads"
    assert lines[-1] == "next: reconciler drift show 3c6ef372"


@pytest.mark.parametrize(
    "passage",
    [
        "production  DRIFTED  59 of 62 checked, 3 unknown\n  iac_templates/production, state serial 118\n",
        # a policy, line by line
        '    policy\n      -         "s3:GetObject"\n      +         "s3:GetObject",\n',
        # a set that the template does not set
        '    ingress  (not in template)\n      + {"cidr_blocks": ["0.0.0.0/0"], "description": "", "from_port": 22,\n',
        "  HIGH      changed    module.data.aws_db_instance.orders\n    1715609f  iac_templates/modules/data/orders.tf",
        "    why high: deletion protection is off\n    deletion_protection: true → false\n",
        "    backup_retention_period: 14 → 1\n    password: (sensitive) has changed\n",
        "  HIGH      deleted    module.observability.aws_cloudwatch_log_group.audit\n",
        '    tags["cost.center"]: not set → "4711"  (not in template)\n',
        "    could be declared as aws_instance.debug_box\n",
        "    acknowledged by minji: load test until Friday, then back\n",
        "  unknown: 3 resources could not be checked\n    denied (2): access denied\n",
        "  not read  iac_templates/modules/app/x.tf:7:3: a closing brace is missing\n",
        "  ignored: 1 change by lifecycle.ignore_changes of the template\n",
        "  suppressed: 2 by aws_autoscaling_group.*:desired: the autoscaler has it (owner\n",
        "  expired rule aws_instance.blue: it held until 2026-10-01 (owner minji)\n",
        "development  UNKNOWN  0 of 0 checked\n",
        "  not scanned: reconciler.toml:31:1: the template folder of workspace\n",
    ],
)
def test_what_a_person_wants_to_read(passage: str) -> None:
    assert passage in text_of(sample())


def test_in_sync_is_short() -> None:
    assert text_of(in_sync()).splitlines()[0] == "IN SYNC  nothing differs; 62 of 62 resources checked"
    assert len(text_of(in_sync()).splitlines()) == 5


def test_unknown_is_never_green() -> None:
    coverage = Coverage(2, 1, (UnknownResource("a.b", Reason.DENIED),))
    report = Report(None, (WorkspaceReport("w", "e", Verdict.UNKNOWN, "t", coverage=coverage),))
    lines = render_table(report)
    assert lines[0].plain == "UNKNOWN  1 of 2 resources checked"
    assert "green" not in {str(span.style) for line in lines for span in line.spans}
    assert lines[-1].plain == "next: reconciler doctor"


def test_what_is_unknown_for_one_reason_is_told_once() -> None:
    names = [f"aws_sqs_queue.q[{number}]" for number in range(20)]
    unknown = [UnknownResource(name, Reason.UNSUPPORTED, "not read at depth static") for name in names]
    coverage = Coverage(21, 0, (*unknown, UnknownResource("aws_vpc.x", Reason.UNSUPPORTED, "no such type")))
    lines = text_of(Report(None, (WorkspaceReport("w", "e", Verdict.UNKNOWN, "t", coverage=coverage),)))
    assert (
        "    unsupported (21): cannot be looked at this way\n"
        "      aws_sqs_queue.q[0], aws_sqs_queue.q[10], aws_sqs_queue.q[11], … 17 more:\n"
        "        not read at depth static\n"
        "      aws_vpc.x: no such type\n"
    ) in lines


def test_long_texts_that_differ_in_the_middle_show_where() -> None:
    before, after = "a" * 500 + "X" + "b" * 500, "a" * 500 + "Y" + "b" * 500
    assert shorten_pair(before, after, 60) == ("…aaaaaaaaXbbbbbbbb…", "…aaaaaaaaYbbbbbbbb…")


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("changed", "an apply    puts back deletion_protection"),
        ("deleted", "an apply    makes it anew"),
        ("unmanaged", "an apply    leaves it as it is"),
    ],
)
def test_a_finding_tells_what_an_apply_does(kind: str, says: str) -> None:
    known = next(
        known
        for workspace in sample().workspaces
        for known in workspace.findings
        if known.finding.kind == kind and (kind != "changed" or known.finding.changes[0].text == "deletion_protection")
    )
    page = "\n".join(line.plain for line in finding_page("production", known, 200))
    assert says in page


@given(known_findings)
@any_values
def test_any_finding_fits(known: KnownFinding) -> None:
    assert all(line.cell_len <= 80 for line in finding_page("w", known, 80))


@given(st.text(), st.integers(3, 40))
def test_shortened_text_fits_and_keeps_both_ends(text: str, width: int) -> None:
    plain = visible(text)
    short = shorten(plain, width)
    assert short == plain or "…" in short
