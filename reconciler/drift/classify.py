"""The comparison of a whole workspace: the four sides in, findings and the coverage ledger out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from reconciler.drift.address import Address
from reconciler.drift.compare import SAME, Compared, compare
from reconciler.drift.coverage import Coverage, UnknownResource
from reconciler.drift.differ import differences
from reconciler.drift.explain import SETTERS, Estate, Held, may_be_anothers
from reconciler.drift.finding import Finding, IgnoredChange, Kind, Severity
from reconciler.drift.identity import Identity, Location, identify, tags, text
from reconciler.drift.ignore import IgnoreRule, account, suppress
from reconciler.drift.intent import Intent, intent
from reconciler.drift.masking import all_masked
from reconciler.drift.record import ResourceRow, RowStatus
from reconciler.drift.report import KnownFinding, Suppression
from reconciler.drift.severity import BUILT_IN, Row, judge
from reconciler.drift.snapshot import Absent, Baseline, Present, Reading, Reason, RecordedInstance, Template, Unread
from reconciler.drift.values import Digest, Object, Value, mask

_BORN = ("creation_date", "create_date", "created_date", "creation_time", "created_at", "created_time", "launch_time")


@dataclass(frozen=True, slots=True)
class Rules:
    """What the configuration says of findings, and the day it is."""

    today: date
    ignore: tuple[IgnoreRule, ...] = ()
    severity: tuple[Row, ...] = BUILT_IN


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a pass learnt of a workspace. ``set_aside`` are labels of what ignore rules took out."""

    findings: tuple[Finding, ...] = ()
    ignored: tuple[IgnoredChange, ...] = ()
    suppressed: tuple[Suppression, ...] = ()
    set_aside: frozenset[str] = frozenset()
    coverage: Coverage = field(default_factory=Coverage)
    rows: tuple[ResourceRow, ...] = ()
    gone: tuple[str, ...] = ()

    @property
    def may_be_anothers(self) -> bool:
        """Whether something that was found may be what another workspace's state accounts for."""
        return any(
            may_be_anothers(finding.resource_type, str(change.path[0]))
            for finding in self.findings
            for change in finding.changes
        )


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another workspace of the same account: what its state records, and what was last observed of that, by label."""

    workspace: str
    instances: Sequence[RecordedInstance]
    baselines: Mapping[str, Baseline]


@dataclass(frozen=True, slots=True)
class Sides:
    """The four sides of a workspace at one moment.

    ``readings`` has one entry for each recorded object, unmasked. ``baselines`` are masked, by label. ``known`` are
    the unresolved findings: what they were held against, they still are. ``locations`` gives account and region by
    label where a resource does not say itself. ``stateful`` are objects that live in the state alone
    (``terraform_data``): the template may forget them, the cloud cannot. ``found`` are findings of other means (a
    listing of the account), judged and suppressed like all others. ``neighbours`` account for what they set on this
    workspace's resources (a rule that one state puts into another state's security group), as what is recorded here
    and could not be read does.
    """

    template: Template
    readings: Sequence[Reading]
    baselines: Mapping[str, Baseline]
    known: Sequence[KnownFinding]
    locations: Mapping[str, Location]
    stateful: Sequence[RecordedInstance] = ()
    found: Sequence[Finding] = ()
    neighbours: Sequence[Neighbour] = ()


def classify(workspace: str, sides: Sides, digest: Digest, rules: Rules) -> Comparison:
    """Compare everything that a workspace's state records, and what its template declares.

    Args:
        workspace: its name, for rules that speak of it.
        sides: the four sides.
        digest: keyed digest for secrets.
        rules: ignore and severity rules.
    """
    readings = all_masked(sides.readings, digest)
    labels = {reading.instance.label for reading in readings}
    last = _renamed({label: side.configuration for label, side in sides.baselines.items()}, readings, labels)
    baselines = _renamed(_still_held(sides), readings, labels)
    held = [_hold(reading, baselines, last, digest) for reading in readings]
    gone = {
        label: Held(label, _type(label), None, None, side, last=last[label])
        for label, side in baselines.items()
        if label not in labels
    }
    estate = Estate.of([*held, *gone.values(), *_settled_elsewhere(sides.neighbours, digest)])
    wanted = intent(sides.template, [*(reading.instance for reading in readings), *sides.stateful])

    looked_at = [
        _look(reading, side, estate, wanted, sides, rules) for reading, side in zip(readings, held, strict=True)
    ]
    identities = {look.label: look.identity for look in looked_at}
    found = [look.finding for look in looked_at if look.finding is not None]
    found += sides.found
    # What a plan found out about a resource is more exact than that it is in no state.
    told = {(finding.label, finding.kind) for finding in sides.found}
    found += [
        _identified(finding, identities.get(finding.label))
        for finding in wanted.findings
        if (finding.label, finding.kind) not in told
    ]
    ignore = [rule for rule in rules.ignore if rule.speaks_of(workspace)]
    judged = [_judged(finding, rules) for finding in found]
    kept, taken = suppress(workspace, judged, ignore, rules.today)
    if taken:
        # A rule may have taken the worst of a finding's changes.
        kept = [_judged(finding, rules) for finding in kept]
    kept_back: dict[str, dict[str, Value]] = {}
    for entry in taken:
        kept_back.setdefault(entry.finding.label, {}).update(entry.finding.reference)
    return Comparison(
        findings=tuple(sorted(kept, key=lambda f: (-f.severity.rank, f.label, f.kind))),
        ignored=tuple(IgnoredChange(look.label, change) for look in looked_at for change in look.compared.ignored),
        suppressed=account(ignore, taken, rules.today),
        set_aside=frozenset(entry.finding.label for entry in taken),
        coverage=_coverage(readings, wanted, sides),
        rows=tuple(
            _row(look, look.identity, kept_back.get(look.label, {})) for look in looked_at if look.identity is not None
        ),
        gone=tuple(sorted(gone)),
    )


@dataclass(frozen=True, slots=True)
class _Look:
    """One recorded object, looked at. ``identity`` is None where nothing is known of it."""

    instance: RecordedInstance
    label: str
    compared: Compared = SAME
    finding: Finding | None = None
    identity: Identity | None = None
    attributes: Object = field(default_factory=dict)
    status: RowStatus = RowStatus.ACTIVE


def _look(
    reading: Reading,
    held: Held,
    estate: Estate,
    wanted: Intent,
    sides: Sides,
    rules: Rules,
) -> _Look:
    instance, label = reading.instance, held.label
    if isinstance(reading, Unread):
        return _Look(instance, label)
    location = sides.locations.get(label, Location("", ""))
    if isinstance(reading, Absent):
        identity = identify(reading.recorded, location, instance.address.name, label)
        # What waits to be destroyed and is gone already is as it should be.
        finding = None if instance.deposed else _finding(Kind.DELETED, instance, identity, wanted)
        # What was last observed stays known, for the day when it is there again.
        return _Look(instance, label, SAME, finding, identity, held.seen or reading.recorded, RowStatus.DELETED)
    identity = identify(reading.observed, location, instance.address.name, label)
    declared = wanted.declared.get(label)
    compared = SAME if instance.deposed else compare(held, reading.schema, declared, estate, rules.severity)
    finding = None
    if compared.changes:
        finding = _finding(Kind.CHANGED, instance, identity, wanted)
        finding = replace(finding, changes=compared.changes, reference=compared.reference)
    return _Look(instance, label, compared, finding, identity, _observed(reading, sides.baselines.get(label)))


def _observed(reading: Present, baseline: Baseline | None) -> Object:
    """What was observed; what was last observed, where that means the same: a ticking clock writes no row."""
    if baseline is None or baseline.configuration == reading.observed:
        return reading.observed
    before, after, block = baseline.configuration, reading.observed, reading.schema.block
    if before.keys() != after.keys() or not after.keys() <= {*block.attributes, *block.blocks}:
        return after
    moved = (name for name in after if before[name] != after[name])
    type_ = reading.instance.address.type
    return after if any(differences(type_, block, name, before[name], after[name]) for name in moved) else before


def _finding(kind: Kind, instance: RecordedInstance, identity: Identity, wanted: Intent) -> Finding:
    declared = wanted.declared.get(instance.label)
    return Finding(
        kind=kind,
        severity=Severity.MEDIUM,
        label=instance.label,
        resource_type=instance.address.type,
        address=str(instance.address),
        resource_id=identity.id,
        arn=identity.arn,
        account_id=identity.account_id,
        region=identity.region,
        position=str(declared.position) if declared else None,
    )


def _identified(finding: Finding, identity: Identity | None) -> Finding:
    """An orphaned resource is known to the cloud: say which one it is."""
    if identity is None or finding.kind is not Kind.ORPHANED:
        return finding
    return replace(
        finding,
        resource_id=identity.id,
        arn=identity.arn,
        account_id=identity.account_id,
        region=identity.region,
    )


def _judged(finding: Finding, rules: Rules) -> Finding:
    judgement = judge(finding, rules.severity)
    return replace(finding, severity=judgement.severity, reasons=judgement.reasons)


def _still_held(sides: Sides) -> dict[str, Object]:
    """The baselines, with what open findings were held against put back: drift stays drift until it is gone."""
    held = {label: baseline.configuration for label, baseline in sides.baselines.items()}
    for known in sides.known:
        label = known.finding.label
        if known.finding.kind is Kind.CHANGED and label in held:
            held[label] = {**held[label], **dict(known.finding.reference)}
    return held


def _renamed(baselines: dict[str, Object], readings: Iterable[Reading], labels: set[str]) -> dict[str, Object]:
    """The baselines, each under the label that its object has now: an address may change, an id does not."""
    left = {(_type(label), text(side.get("id"))): label for label, side in baselines.items() if label not in labels}
    if not left:
        return baselines
    renamed = dict(baselines)
    for reading in readings:
        label = reading.instance.label
        if isinstance(reading, Unread) or label in baselines or text(reading.recorded.get("id")) is None:
            continue
        before = left.pop((reading.instance.address.type, reading.recorded["id"]), None)
        if before is not None:
            renamed[label] = renamed[before]
    return renamed


def _hold(reading: Reading, baselines: Mapping[str, Object], last: Mapping[str, Object], digest: Digest) -> Held:
    label, type_ = reading.instance.label, reading.instance.address.type
    baseline, before = baselines.get(label), last.get(label)
    match reading:
        case Present():
            return Held(label, type_, reading.recorded, reading.observed, baseline, last=before)
        case Absent():
            return Held(label, type_, reading.recorded, None, baseline, last=before)
        case _:
            recorded = _stated(reading.instance, digest) or baseline
            return Held(label, type_, recorded, None, baseline, unread=True, last=before)


def _settled_elsewhere(neighbours: Iterable[Neighbour], digest: Digest) -> Iterator[Held]:
    """What other workspaces record of types that set something on others: not read here, so known by their states."""
    for neighbour in neighbours:
        for instance in neighbour.instances:
            stated = _stated(instance, digest)
            if stated is not None:
                known = neighbour.baselines.get(instance.label)
                baseline = None if known is None else known.configuration
                label = f"{neighbour.workspace} {instance.label}"
                yield Held(label, instance.address.type, stated, None, baseline, unread=True)


def _stated(instance: RecordedInstance, digest: Digest) -> Object | None:
    """What the state file says of an object that could not be read, if its type sets something on others.

    It is in the schema version of the state, which only the provider can upgrade; the links have not moved between
    versions of the types in question.
    """
    if instance.address.type not in SETTERS:
        return None
    try:
        attributes = json.loads(instance.attributes)
    except (ValueError, RecursionError):
        return None
    return mask(attributes, instance.sensitive_paths, digest) if isinstance(attributes, dict) else None


def _type(label: str) -> str:
    try:
        return Address.parse(label.split(" (deposed ", 1)[0]).type
    except ValueError:
        return ""


def _coverage(readings: Sequence[Reading], wanted: Intent, sides: Sides) -> Coverage:
    unknown = [
        UnknownResource(reading.instance.label, reading.reason, reading.detail)
        for reading in readings
        if isinstance(reading, Unread)
    ]
    unread = {entry.label for entry in unknown}
    problems = sides.template.problems
    where = str(problems[0].position or sides.template.path) if problems else ""
    unknown += [
        UnknownResource(label, Reason.CONFIG_UNRESOLVED, f"may be declared in what could not be read: {where}")
        for label in wanted.undecided - unread
    ]
    recorded = len(readings) + len(sides.stateful)
    return Coverage(recorded, recorded - len(unknown), tuple(sorted(unknown)))


def _row(look: _Look, identity: Identity, kept: Object) -> ResourceRow:
    # Under an ignore rule an attribute keeps what it was held against: when the rule ends, the drift is still there.
    return ResourceRow(
        label=look.label,
        resource_type=look.instance.address.type,
        resource_id=identity.id,
        name=identity.name,
        region=identity.region,
        account_id=identity.account_id,
        status=look.status,
        configuration={**look.attributes, **kept} if kept else look.attributes,
        arn=identity.arn,
        tags=tags(look.attributes),
        created_at=_born(look.attributes),
        depends_on=look.instance.dependencies,
    )


def _born(attributes: Object) -> datetime | None:
    """When AWS made it, where the type says so."""
    for name in _BORN:
        if name in attributes and (written := text(attributes[name])) is not None:
            try:
                born = datetime.fromisoformat(written)
            except ValueError:
                continue
            if born.tzinfo is not None:
                return born
    return None
