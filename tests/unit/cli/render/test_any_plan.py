"""Whatever Terraform, a template or a person has written: every view of a plan is whole and does no harm."""

from __future__ import annotations

import json
from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st
from support.any_plans import moments, proposals, rules
from support.pages import HARMFUL, check_whole
from support.reports import SECRET, any_values

from reconciler.cli.render.html_plan import render_plan
from reconciler.cli.render.json_text import dump
from reconciler.cli.render.plan_page import plan_page, plans_table
from reconciler.gate.policy import Rules
from reconciler.gate.proposal import Proposal


@given(proposals, rules, moments, st.integers(40, 120))
@any_values
def test_every_view_of_any_plan(proposal: Proposal, asked: Rules | None, now: datetime, width: int) -> None:
    pages = [*plan_page(proposal, asked, now, width), *plan_page(proposal, asked, now, width, full=True)]
    for line in (*pages, *plans_table([proposal], width)):
        assert line.cell_len <= width
        assert line.plain == line.plain.rstrip()
        assert "\n" not in line.plain
        assert HARMFUL.search(line.plain) is None
    source = render_plan(proposal, asked, now)
    check_whole(source)
    assert ('id="beyond"' in source) is bool(proposal.beyond)
    told = dump(proposal.to_json())
    assert json.loads(told.encode())["id"] == proposal.id
    assert SECRET not in source + told + "".join(line.plain.strip() for line in pages)
