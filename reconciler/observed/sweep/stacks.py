"""Which resources CloudFormation stacks own: their own lists, since tags are not shown in most listings."""

from __future__ import annotations

from typing import Final

from reconciler.drift.listing import StackResource
from reconciler.observed.sweep.catalogue import Call, catalogue
from reconciler.observed.sweep.expressions import parse, text
from reconciler.observed.sweep.pages import Client, Meter, entries

_STACKS: Final = Call("describe_stacks", parse("Stacks[]"), parse("Stacks"), {})
_RESOURCES: Final = Call("list_stack_resources", parse("StackResourceSummaries[]"), parse("StackResourceSummaries"), {})
_STACK_ID: Final = parse("StackId")
_KIND: Final = parse("ResourceType")
_PHYSICAL: Final = parse("PhysicalResourceId")


def stack_resources(client: Client, region: str, meter: Meter) -> list[StackResource]:
    """Everything that the region's stacks own and the catalogue knows.

    Raises:
        BrokenListError, botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError: nothing is known.
        CutOffError: the sweep was cancelled.
    """
    types: dict[str, list[str]] = {}
    for entry in catalogue().values():
        if entry.cloudformation:
            types.setdefault(entry.cloudformation, []).append(entry.resource_type)
    found: list[StackResource] = []
    for stack in entries(client, _STACKS, meter):
        stack_id = text(_STACK_ID, stack)
        if stack_id is None:
            continue
        for resource in entries(client, _RESOURCES, meter, {"StackName": stack_id}):
            physical = text(_PHYSICAL, resource)
            if physical is not None:
                kinds = types.get(text(_KIND, resource) or "", ())
                found += [StackResource(resource_type, physical, region) for resource_type in kinds]
    return found
