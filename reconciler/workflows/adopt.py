"""``adopt``: accept what the cloud says, as text for the template: a patch, or a new block with its import."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeGuard

from reconciler.desired.edit.patch import Left, patch, unified
from reconciler.desired.write.resource import Adopted, adopted
from reconciler.drift.address import Address, ProviderAddress
from reconciler.drift.finding import Finding, Kind
from reconciler.drift.identity import GLOBAL
from reconciler.drift.import_ids import import_id
from reconciler.drift.references import references
from reconciler.drift.report import KnownFinding, Status
from reconciler.drift.schema import Schema
from reconciler.drift.snapshot import ProviderBlock, RecordedState, Template
from reconciler.errors import Position, ProviderError, ReconcilerError, TemplateError
from reconciler.workflows.draft import Trial, draft


class Provider(Protocol):
    """A configured provider."""

    def schema(self, type_name: str) -> Schema | None:
        """A resource type's schema."""

    def trial(self, type_name: str, resource_id: str) -> object:
        """An imported resource to try configurations against; else why there is none."""


@dataclass(frozen=True, slots=True)
class Adoption:
    """The text that adopts one finding.

    ``file`` is relative to the template's folder. ``before`` is what it holds now, None for a file that is new;
    ``after`` what it shall hold. ``left`` says what of the finding is not in it, and why.
    """

    workspace: str
    finding: KnownFinding
    address: str
    file: str
    before: str | None = field(repr=False)
    after: str = field(repr=False)
    left: tuple[Left, ...] = ()

    @property
    def text(self) -> str:
        """What is shown of it: a unified diff, or the new file."""
        return self.after if self.before is None else unified(self.file, self.before, self.after)


@dataclass(frozen=True)
class Adopter:
    """Adopts findings of one workspace.

    Args:
        workspace: its name.
        region: the environment's.
        digest: of the template as it was last scanned.
        read_template: reads it as it is now.
        read_state: reads the recorded side.
        provider: the provider of a configuration that the template has.
        resolve: a provider block with all of its values.
    """

    workspace: str
    region: str
    digest: str | None
    read_template: Callable[[], Template]
    read_state: Callable[[Template], RecordedState]
    provider: Callable[[Template, ProviderAddress], Provider]
    resolve: Callable[[Template, ProviderBlock], ProviderBlock]

    def adopt(self, findings: Sequence[KnownFinding]) -> tuple[Adoption, ...]:
        """A text for each finding; each is made on top of those before it.

        Raises:
            ReconcilerError: a finding is of a kind that cannot be adopted, or is resolved.
            TemplateError: the template has changed since it was scanned.
            ProviderError: a provider does not know the type, or cannot import the resource.
        """
        for known in findings:
            _checked(known)
        template = self.read_template()
        if template.digest != self.digest:
            message = "the template has changed since it was scanned"
            raise TemplateError(message, hint=f"reconciler scan {self.workspace}", position=Position(template.path))
        state = self.read_state(template)
        known_values = references(state.instances, {resource.address for resource in template.resources})
        used = {str(resource.address) for resource in template.resources}
        made: list[Adoption] = []
        for known in findings:
            if known.finding.kind is Kind.CHANGED:
                adoption = self._changed(template, state, known)
                files: Mapping[str, str] = {**template.files, adoption.file: adoption.after} if adoption.file else {}
                template = replace(template, files=files or template.files)
            else:
                adoption = self._unmanaged(template, known, known_values, used)
                used.add(adoption.address)
            made.append(adoption)
        return tuple(made)

    def _changed(self, template: Template, state: RecordedState, known: KnownFinding) -> Adoption:
        finding = known.finding
        recorded = next((each for each in state.instances if each.label == finding.label), None)
        if recorded is None:
            message = f"{finding.label} is no longer in the state"
            raise TemplateError(message, hint=f"reconciler scan {self.workspace}")
        schema = self._schema(template, recorded.provider, finding.resource_type)
        found = patch(template, recorded.address, finding.changes, schema.block)
        return Adoption(self.workspace, known, str(recorded.address), found.file, found.before, found.after, found.left)

    def _schema(self, template: Template, address: ProviderAddress, type_name: str) -> Schema:
        schema = self.provider(template, address).schema(type_name)
        if schema is None:
            raise ProviderError(f"the provider has no resource type {type_name}", hint="check the provider's version")
        return schema

    def _unmanaged(
        self, template: Template, known: KnownFinding, known_values: Mapping[str, str], used: set[str]
    ) -> Adoption:
        finding = known.finding
        block = self._provider_block(template, finding)
        identifier = import_id(finding.resource_type, {"id": finding.resource_id, "arn": finding.arn})
        trial = self.provider(template, block).trial(finding.resource_type, identifier or "")
        if not _is_trial(trial):
            why = getattr(trial, "detail", None) or "the cloud does not hold it any longer"
            raise ProviderError(f"{finding.label} cannot be imported: {why}", hint="scan again, or import it by hand")
        found = draft(trial)
        address = _free(Address.parse(finding.suggested_address or f"{finding.resource_type}.adopted"), used)
        text = adopted(
            Adopted(
                address=address,
                import_id=identifier or "",
                values=found.chosen,
                documents=found.documents,
                ignored=found.ignored,
                asked=found.asked,
                provider=f"{block.name}.{block.alias}" if block.alias else None,
                references={value: text for value, text in known_values.items() if value != identifier},
            ),
            trial.schema.block,
        )
        left = () if found.problem is None else (Left((), found.problem, "complete it by hand before you apply"),)
        file = f"adopted_{address.type}_{address.name}.tf"
        return Adoption(self.workspace, known, str(address), file, None, text, left)

    def _provider_block(self, template: Template, finding: Finding) -> ProviderAddress:
        """The root module's provider configuration for the type and region of a finding.

        Raises:
            ProviderError: the template configures none.
        """
        name = finding.resource_type.split("_", 1)[0]
        found = [each for each in template.providers if each.address.name == name and not each.address.module]
        for block in sorted(found, key=lambda each: each.address.alias or ""):
            if finding.region in (None, GLOBAL, self._region(template, block)):
                return block.address
        source = next(
            (each.source for each in template.requirements.values() if each.source.endswith(f"/{name}")), None
        )
        if not found and source is not None:
            return ProviderAddress(source)
        raise ProviderError(
            f"the template configures no provider {name} for {finding.region}",
            hint="add a provider block with an alias for that region",
            position=Position(template.path),
        )

    def _region(self, template: Template, block: ProviderBlock) -> str:
        region = self.resolve(template, block).values.get("region")
        return region if isinstance(region, str) else self.region


def _checked(known: KnownFinding) -> None:
    finding = known.finding
    if known.status is Status.RESOLVED:
        raise ReconcilerError(f"finding {known.id} is resolved", hint="there is nothing left to adopt")
    if finding.kind not in (Kind.CHANGED, Kind.UNMANAGED):
        hint = "only what is changed or unmanaged can be adopted"
        raise ReconcilerError(f"finding {known.id} is {finding.kind.value}", hint=hint)


def _is_trial(found: object) -> TypeGuard[Trial]:
    return hasattr(found, "plan")


def _free(address: Address, used: set[str]) -> Address:
    number, name = 1, address.name
    while str(address) in used:
        number += 1
        address = replace(address, name=f"{name}_{number}")
    return address
