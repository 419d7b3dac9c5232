"""Words and defaults that others rely on: the report's contract, the inventory's columns, the adapters' values."""

from __future__ import annotations

from dataclasses import fields
from enum import StrEnum
from typing import Any

import pytest
from support.drifting import AWS, instance, template

from reconciler.drift import finding, record, report, schema, snapshot
from reconciler.drift.address import Address
from reconciler.drift.coverage import Coverage, Verdict
from reconciler.drift.finding import Finding, Kind, Severity
from reconciler.drift.listing import SAME_OBJECT, canonical
from reconciler.drift.record import (
    EnvironmentFacts,
    Event,
    EventSource,
    EventStatus,
    EventType,
    ResourceRow,
    RowStatus,
    TemplateVersion,
    WorkspaceRecord,
)
from reconciler.drift.schema import Attribute, Block
from reconciler.drift.snapshot import (
    Baseline,
    Body,
    DeclaredResource,
    ProviderBlock,
    RecordedInstance,
    RecordedState,
    Variable,
)
from reconciler.errors import Position


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (finding.Kind, "changed deleted unmanaged unapplied orphaned"),
        (finding.Severity, "low medium high critical"),
        (record.RowStatus, "active deleted"),
        (record.Step, "opened changed persisted resolved"),
        (record.EventType,
         """create update delete start stop error drift_detected drift_changed drift_resolved drift_contested
            plan_proposed plan_approved plan_rejected apply_started apply_finished"""),
        (record.EventSource, "terraform cloudformation console api scheduled"),
        (record.EventStatus, "success failure in_progress"),
        (report.Status, "open acknowledged resolved"),
        (report.Depth, "static sweep exact plan"),
        (schema.Nesting, "single group list set map"),
        (snapshot.Reason, "denied throttled timeout unsupported provider_error config_unresolved"),
    ],
)  # fmt: skip
def test_the_words(words: type[StrEnum], said: str) -> None:
    assert list(words) == said.split()
    assert [word.name.lower() for word in words] == list(words)


def defaults(value: Any, *given: str) -> dict[str, Any]:
    return {f.name: getattr(value, f.name) for f in fields(value) if f.name not in given}


def test_what_is_not_said_is_not_so() -> None:
    row = ResourceRow("l", "t", "i", "n", "r", "1", RowStatus.ACTIVE, {})
    given = ["label", "resource_type", "resource_id", "name", "region", "account_id", "status", "configuration"]
    assert defaults(row, *given) == {
        "arn": None, "tags": None, "created_at": None, "depends_on": (), "managed": True,
    }  # fmt: skip
    event = Event(EventType.CREATE, EventStatus.SUCCESS, EventSource.API, "d")
    assert defaults(event, "type", "status", "source", "description") == {
        "details": {}, "label": None, "resource_type": None,
    }  # fmt: skip
    assert defaults(Attribute()) == {
        "type": None, "required": False, "optional": False, "computed": False, "sensitive": False,
        "write_only": False, "deprecated": False, "nested": None,
    }  # fmt: skip
    assert defaults(Block()) == {"attributes": {}, "blocks": {}, "deprecated": False}
    assert defaults(Body()) == {"attributes": frozenset(), "blocks": {}}
    assert defaults(RecordedState()) == {
        "instances": (), "lineage": "", "serial": None, "terraform_version": None, "location": "",
    }  # fmt: skip
    block = DeclaredResource(Address("a", "b"), Position("main.tf"), Body(), None)
    assert defaults(block, "address", "position", "body", "instances") == {
        "ignore_changes": (), "provider": None, "prevent_destroy": False,
    }  # fmt: skip
    assert (Variable("x", 1).sensitive, Baseline({}).status) == (False, "active")
    version = TemplateVersion("n", "v", "c")
    assert (version.iac_type, version.variables) == ("terraform", {})
    whole = WorkspaceRecord("w", EnvironmentFacts("n", "1", "r"), Verdict.IN_SYNC, "p")
    assert (whole.state_resources, whole.coverage, whole.rows) == (0, Coverage(), ())
    assert ProviderBlock(AWS, Position("main.tf"), {}).unresolved == {}
    change = finding.Change(("p",), 1, 2, configured=True)
    assert (change.sensitive, change.added, change.removed) == (False, None, None)


def test_the_state_of_an_object_is_in_no_text_of_it() -> None:
    """It may hold secrets."""
    recorded: RecordedInstance = instance("a.b", attributes=b'{"p":"canary"}', private=b"canary")
    assert "canary" not in repr(recorded)
    assert "canary" not in repr(template(assets={"secret.txt": b"canary"}))
    bare: RecordedInstance = instance("a.b")
    assert (bare.private, bare.tainted, bare.deposed, bare.flat, bare.label) == (b"", False, None, False, "a.b")


def test_a_deposed_object_has_a_label_of_its_own() -> None:
    assert instance('module.m["x"].a.b[0]', deposed="0a1b").label == 'module.m["x"].a.b[0] (deposed 0a1b)'


SAME = """
    aws_alb=aws_lb aws_alb_target_group=aws_lb_target_group aws_default_network_acl=aws_network_acl
    aws_default_route_table=aws_route_table aws_default_security_group=aws_security_group aws_default_subnet=aws_subnet
    aws_default_vpc=aws_vpc aws_default_vpc_dhcp_options=aws_vpc_dhcp_options aws_docdb_cluster=aws_rds_cluster
    aws_docdb_cluster_instance=aws_db_instance aws_docdb_subnet_group=aws_db_subnet_group
    aws_iam_service_linked_role=aws_iam_role aws_kms_external_key=aws_kms_key aws_kms_replica_key=aws_kms_key
    aws_neptune_cluster=aws_rds_cluster aws_neptune_cluster_instance=aws_db_instance
    aws_neptune_subnet_group=aws_db_subnet_group aws_ami_copy=aws_ami aws_ami_from_instance=aws_ami
    aws_elasticsearch_domain=aws_opensearch_domain aws_rds_cluster_instance=aws_db_instance
"""


def test_types_that_are_other_names_of_one_kind_of_object() -> None:
    pairs = dict(pair.split("=") for pair in SAME.split())
    assert pairs == SAME_OBJECT
    assert {name: canonical(name) for name in pairs} == pairs
    assert not set(pairs) & set(pairs.values())


def test_a_finding_says_nothing_that_it_was_not_told() -> None:
    bare = Finding(Kind.DELETED, Severity.LOW, "l", "t")
    assert defaults(bare, "kind", "severity", "label", "resource_type") == {
        "address": None, "suggested_address": None, "resource_id": None, "arn": None, "account_id": None,
        "region": None, "changes": (), "reasons": (), "reference": (), "position": None, "detail": None,
    }  # fmt: skip
