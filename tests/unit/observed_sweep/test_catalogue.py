"""The table beside botocore's own models of the services: every name in it exists."""

from __future__ import annotations

import re
from typing import Any

import boto3
import pytest
from botocore.model import ListShape, StructureShape

from reconciler.drift.listing import SAME_OBJECT
from reconciler.observed.sweep import catalogue as module
from reconciler.observed.sweep.catalogue import Call, catalogue

CATALOGUE = catalogue()
_SESSION = boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing", region_name="us-east-1")
_CLIENTS: dict[str, Any] = {}


def client(service: str) -> Any:
    if service not in _CLIENTS:
        _CLIENTS[service] = _SESSION.client(service)
    return _CLIENTS[service]


def calls(resource_type: str) -> list[Call]:
    entry = CATALOGUE[resource_type]
    return [entry.call, *([entry.parent.call] if entry.parent else [])]


def test_at_least_fifty_types() -> None:
    assert len(CATALOGUE) >= 50
    assert all(re.fullmatch(r"aws_[a-z0-9_]+", name) for name in CATALOGUE)


def test_types_of_the_same_object_lead_into_the_catalogue() -> None:
    assert set(SAME_OBJECT.values()) <= set(CATALOGUE)
    assert not set(SAME_OBJECT) & set(CATALOGUE)


@pytest.mark.parametrize("resource_type", CATALOGUE)
def test_operations_arguments_and_members_exist(resource_type: str) -> None:
    entry = CATALOGUE[resource_type]
    boto = client(entry.service)
    for call in calls(resource_type):
        operation = boto.meta.service_model.operation_model(boto.meta.method_to_api_mapping[call.operation])
        assert _fields(call.present.parsed) <= _members(operation.output_shape, 2)
        arguments = set(call.arguments) - {"PaginationConfig"}
        if call is entry.call and entry.parent:
            arguments.add(entry.parent.argument)
        given = set(operation.input_shape.members) if operation.input_shape else set()
        assert arguments <= given
        if call.cursor:
            assert call.cursor[0] in given
            assert call.more in operation.output_shape.members


@pytest.mark.parametrize("resource_type", CATALOGUE)
def test_a_list_with_pages_can_be_paged(resource_type: str) -> None:
    entry = CATALOGUE[resource_type]
    boto = client(entry.service)
    for call in calls(resource_type):
        if call.cursor is None and not boto.can_paginate(call.operation):
            operation = boto.meta.service_model.operation_model(boto.meta.method_to_api_mapping[call.operation])
            assert not {name for name in operation.output_shape.members if "token" in name.lower() or "More" in name}


@pytest.mark.parametrize("resource_type", CATALOGUE)
def test_expressions_name_members_of_an_entry(resource_type: str) -> None:
    """A misspelt member would find nothing for ever."""
    entry = CATALOGUE[resource_type]
    boto = client(entry.service)
    names = {"_region", "_account", "_parent"}
    for call in calls(resource_type):
        operation = boto.meta.service_model.operation_model(boto.meta.method_to_api_mapping[call.operation])
        names |= _members(operation.output_shape, 6)
    for expression in (
        entry.id,
        entry.name,
        entry.tags,
        entry.arn_path,
        entry.gone,
        *entry.aliases,
        *(when for _, when in entry.noise),
        *(where for _, where in entry.made_by),
    ):
        if expression is not None:
            assert _fields(expression.parsed) <= names


@pytest.mark.parametrize("resource_type", CATALOGUE)
def test_a_maker_or_an_arn_is_well_formed(resource_type: str) -> None:
    entry = CATALOGUE[resource_type]
    assert all(maker in CATALOGUE or maker == "aws_eks_node_group" for maker, _ in entry.made_by)
    if entry.arn:
        text = entry.arn.format(partition="aws", region="us-east-1", account="123456789012", id="x", name="y")
        assert re.fullmatch(r"arn:aws:[a-z0-9-]+:(us-east-1)?:(123456789012)?:\S+", text)
        assert "{name}" not in entry.arn or entry.name is not None
    assert not entry.is_global or "{region}" not in (entry.arn or "")


def test_an_unknown_key_is_a_fault() -> None:
    with pytest.raises(ValueError, match="aws_x: unknown keys in the catalogue: colour"):
        module._entry("aws_x", {"service": "ec2", "list": "l", "items": "I[]", "id": "Id", "colour": "red"})


def _members(shape: Any, depth: int) -> set[str]:
    if depth == 0:
        return set()
    if isinstance(shape, ListShape):
        return _members(shape.member, depth)
    if isinstance(shape, StructureShape):
        return set(shape.members).union(*(_members(member, depth - 1) for member in shape.members.values()))
    return set()


def _fields(node: dict[str, Any]) -> set[str]:
    own = {node["value"]} if node["type"] == "field" else set()
    return own.union(*(_fields(child) for child in node.get("children", ()) if isinstance(child, dict)))
