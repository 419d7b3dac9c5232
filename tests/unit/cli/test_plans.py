"""``plan`` and ``plans show``: for people, for programs, and as a page. The gate behind them is a fake."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from support.any_plans import ID, every_kind
from support.application import FakeApplication
from support.pages import check_inert
from support.plans import approval

from reconciler.gate.people import Person, Role
from reconciler.gate.policy import Rules
from reconciler.gate.proposal import Outcome, Proposal, Status
from reconciler.gate.refusal import Refusal
from reconciler.inventory.memory_plans import MemoryPlans

from .conftest import Invoke

FORBIDDEN = Refusal("role", "vic is viewer: to propose takes operator")


@dataclass
class FakeGate:
    """Proposes one plan and keeps it. It knows its people too: whoever comes is ``caller``."""

    plans: MemoryPlans = field(default_factory=MemoryPlans)
    caller: Person | Refusal = field(default_factory=lambda: Person("ann", Role.ADMIN))
    rule: str | None = None
    more: dict[str, Any] = field(default_factory=dict)

    def allowed(self, *_: Any) -> Person | Refusal:
        return self.caller

    def propose(self, *_: Any, **__: Any) -> Proposal:
        self.plans.add(every_kind(**self.more), "sealed")
        return self.plans.plan(ID)

    def automatic(self, _: Proposal) -> str | None:
        return self.rule

    def rules(self, environment: str) -> Rules:
        assert environment == "production"
        return Rules()


@pytest.fixture
def gate(application: FakeApplication, monkeypatch: pytest.MonkeyPatch) -> FakeGate:
    made = FakeGate()
    monkeypatch.setattr(application, "gate", made, raising=False)
    monkeypatch.setattr(application, "staff", made, raising=False)
    return made


def test_a_page_and_nothing_else_is_on_stdout(invoke: Invoke, gate: FakeGate) -> None:
    made = invoke("plan", "production", "--format", "html")
    shown = invoke("plans", "show", "8c41", "--format", "html")
    for done in (made, shown):
        assert (done.code, done.err) == (0, "")
        assert done.out.startswith("<!doctype html>\n")
        assert done.out.rstrip().endswith("</html>")
        check_inert(done.out)
    assert "Beyond the findings" in shown.out


def test_a_refusal_is_no_page(invoke: Invoke, gate: FakeGate) -> None:
    gate.caller = FORBIDDEN
    done = invoke("plan", "production", "--format", "html")
    assert (done.code, done.out) == (4, "")
    assert done.err == "refused: role: vic is viewer: to propose takes operator\n"
    done = invoke("plan", "production", "--format", "json")
    assert (done.code, json.loads(done.out)) == (4, {"refused": {"rule": "role", "reason": FORBIDDEN.reason}})


def test_programs_get_what_they_were_promised(invoke: Invoke, gate: FakeGate) -> None:
    plan = every_kind(approvals=(approval(signature="s"),), outcome=Outcome("done", ("a",)), status=Status.APPLIED)
    gate.plans.add(plan, "sealed")
    told = json.loads(invoke("plans", "show", "8c41", "--format", "json").out)
    promised = "id status workspace digest proposer expires_at risk approvals changes outcome"
    assert set(promised.split()) <= told.keys()
    assert (told["id"], told["status"], told["workspace"], told["proposer"]) == (ID, "applied", "shop", "ann")
    assert told["digest"] == plan.digest
    assert told["expires_at"] == "2026-03-02T11:00:00+00:00"
    assert told["risk"] == {"level": "critical", "reasons": list(plan.risk.reasons)}
    assert told["approvals"] == [{"user": "bob", "at": "2026-03-01T11:55:00+00:00", "signed": True}]
    assert told["outcome"] == {"summary": "done", "left": ["a"], "acts": []}
    for change, given in zip(told["changes"], plan.changes, strict=True):
        assert (change["address"], tuple(change["actions"])) == (given.address, given.actions)
        assert change["closes"] == (list(given.closes) or None)
    assert "digest-" not in json.dumps(told)


def test_what_is_proposed_is_told_in_the_same_form(invoke: Invoke, gate: FakeGate) -> None:
    made = json.loads(invoke("plan", "production", "--format", "json").out)
    assert made == json.loads(invoke("plans", "show", ID, "--format", "json").out)
    assert made["approvals"] == []
    assert made["outcome"] is None


@pytest.mark.parametrize("form", ["table", "html"])
def test_a_plan_that_a_rule_approves_waits_for_nobody(invoke: Invoke, gate: FakeGate, form: str) -> None:
    gate.rule, gate.more = "tags only", {"expires_at": datetime.now(UTC) + timedelta(hours=1)}
    shown = [invoke("plan", "production", "--format", form).out, invoke("plans", "show", "8c41", "--format", form).out]
    for each in shown:
        text = " ".join(each.split())
        assert "none is needed, the rule tags only approves it" in text
        assert "reconciler apply 8c41d7a2" in text
        assert "reconciler approve" not in text


def test_on_a_terminal_all_of_it_is_shown(invoke: Invoke, gate: FakeGate) -> None:
    made, shown = invoke("plan", "production").out, invoke("plans", "show", "8c41").out
    assert "more" in made
    assert "known after apply: a03" in shown
    for text in (made, shown):
        assert max(map(len, text.splitlines())) <= 80


def test_a_plan_that_went_stale_is_shown_with_exit_code_0(invoke: Invoke, gate: FakeGate) -> None:
    gate.plans.add(replace(every_kind(), status=Status.STALE), "sealed")
    assert invoke("plans", "show", "8c41", "--format", "html").code == 0


@pytest.mark.parametrize("command", ["apply", "approve", "reject"])
def test_what_is_done_to_a_plan_is_told_in_no_page(invoke: Invoke, gate: FakeGate, command: str) -> None:
    done = invoke(command, "8c41", "--format", "html", *(("--reason", "no") if command == "reject" else ()))
    assert done.code == 1
    assert "'html' is not one of" in done.err
