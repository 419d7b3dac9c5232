"""A shop with its gate, in this process, on real parts: what the tests of fixes ask and do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from support.shop import Shop

from reconciler.drift.report import Depth, Report
from reconciler.gate.proposal import Proposal
from reconciler.gate.refusal import Refusal
from reconciler.inventory.plans import Plans
from reconciler.settings import load_settings
from reconciler.wiring import open_application
from reconciler.wiring.gate import Gate
from reconciler.workflows.progress import Silent

GROUP, TOPIC = "aws_cloudwatch_log_group.this", "aws_sns_topic.alarms"
MAIL = "/shop/mail"


@dataclass
class Case:
    """A shop with its gate. Ann proposes, Bob and Cid may approve."""

    shop: Shop
    gate: Gate
    scan: Callable[[], Report]
    people: set[str] = field(default_factory=lambda: {"ann", "bob", "cid"})
    said: list[Mapping[str, Any]] = field(default_factory=list)

    def propose(self, *wanted: str) -> Proposal:
        made = self.gate.propose("shop", wanted, "ann", Silent(), self.said.append)
        assert isinstance(made, Proposal), made
        return made

    def approve(self, plan: Proposal, user: str = "bob") -> Proposal:
        answer = self.gate.approve(plan.id, user, plan.digest)
        assert isinstance(answer, Proposal), answer
        return answer

    def apply(self, plan: Proposal) -> Proposal:
        answer = self.gate.apply(plan.id, "ann", Silent(), self.said.append)
        assert isinstance(answer, Proposal), answer
        return answer

    def refused(self, plan: Proposal) -> str:
        answer = self.gate.apply(plan.id, "ann", Silent(), self.said.append)
        assert isinstance(answer, Refusal), answer
        return answer.rule

    def retention(self, name: str = MAIL) -> int | None:
        groups = self.shop.aws("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
        return groups[0].get("retentionInDays") if groups else None

    def drift(self) -> None:
        """What a person in the console would do: the logs of one kind are kept for a year."""
        self.shop.aws("logs").put_retention_policy(logGroupName=MAIL, retentionInDays=365)


@contextmanager
def opened(shop: Shop, database_url: str) -> Iterator[Case]:
    settings = load_settings(shop.installation.config)
    with open_application(settings, {"PATH": shop.installation.environment()["PATH"]}) as application:
        people = {"ann", "bob", "cid"}
        gate = Gate(
            settings,
            Plans(database_url, application.targets.keys.stamp),
            application.targets,
            findings=lambda name: [known for _, known in application.findings(workspace=name)],
            sightings=lambda *_: [],
            scan=application.scan,
            entitled=lambda _: people,
            watermark=application.gate.watermark,
        )
        yield Case(shop, gate, lambda: application.scan(["shop"], Depth.EXACT, Silent()), people)
