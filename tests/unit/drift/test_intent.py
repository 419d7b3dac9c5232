from __future__ import annotations

from dataclasses import replace

import pytest
from support.drifting import declared, instance, template

from reconciler.drift.address import Address
from reconciler.drift.finding import Finding, Kind, Severity
from reconciler.drift.intent import intent
from reconciler.drift.snapshot import DeclaredResource, Move, RecordedInstance, Template
from reconciler.errors import Position, TemplateError


def count(address: str, *keys: int | str | None) -> DeclaredResource:
    """A block with these instances."""
    block = declared(address)
    return replace(block, instances=tuple(replace(Address.parse(address), key=key) for key in keys))


def open_ended(address: str) -> DeclaredResource:
    return replace(declared(address), instances=None)


def moved(*pairs: tuple[str, str]) -> tuple[Move, ...]:
    return tuple(Move(source, target, Position("main.tf", 9)) for source, target in pairs)


def told(wanted: Template, *recorded: str | RecordedInstance) -> tuple[list[tuple[str, str]], list[str], list[str]]:
    """Findings as (kind, label), labels that have a block, undecided ones."""
    found = intent(wanted, [r if isinstance(r, RecordedInstance) else instance(r) for r in recorded])
    return (
        [(f.kind.value, f.label) for f in found.findings],
        sorted(found.declared),
        sorted(found.undecided),
    )


@pytest.mark.parametrize(
    ("wanted", "recorded", "findings", "with_block"),
    [
        (template(declared("aws_a.b")), ["aws_a.b"], [], ["aws_a.b"]),
        (template(declared("aws_a.b")), [], [("unapplied", "aws_a.b")], []),
        (template(), ["aws_a.b"], [("orphaned", "aws_a.b")], []),
        (template(count("aws_a.b", 0, 1)), ["aws_a.b[0]"], [("unapplied", "aws_a.b[1]")], ["aws_a.b[0]"]),
        (template(count("aws_a.b", 0)), ["aws_a.b[0]", "aws_a.b[1]"], [("orphaned", "aws_a.b[1]")],
         ["aws_a.b[0]", "aws_a.b[1]"]),
        (template(count("aws_a.b")), ["aws_a.b[0]"], [("orphaned", "aws_a.b[0]")], ["aws_a.b[0]"]),
        (template(count("aws_a.b", "x")), ['aws_a.b["x"]', "aws_a.b"], [("orphaned", "aws_a.b")],
         ["aws_a.b", 'aws_a.b["x"]']),
        # Instances that cannot be told: what is recorded is taken at its word, what is missing nobody knows.
        (template(open_ended("aws_a.b")), ["aws_a.b[0]", "aws_a.b[7]"], [], ["aws_a.b[0]", "aws_a.b[7]"]),
        (template(open_ended("aws_a.b")), [], [], []),
        (template(open_ended("module.m.aws_a.b")), ['module.m["k"].aws_a.b'], [], ['module.m["k"].aws_a.b']),
        (template(declared("aws_a.b"), declared("aws_a.b")), [], [("unapplied", "aws_a.b")], []),
    ],
)  # fmt: skip
def test_blocks_and_objects(
    wanted: Template, recorded: list[str], findings: list[tuple[str, str]], with_block: list[str]
) -> None:
    assert told(wanted, *recorded) == (findings, with_block, [])


@pytest.mark.parametrize(
    ("pairs", "wanted", "recorded"),
    [
        ([("aws_a.old", "aws_a.new")], declared("aws_a.new"), "aws_a.old"),
        ([("aws_a.old", "aws_a.mid"), ("aws_a.mid", "aws_a.new")], declared("aws_a.new"), "aws_a.old"),
        ([("aws_a.old", "aws_a.new")], count("aws_a.new", 3), "aws_a.old[3]"),
        ([("aws_a.b", "aws_a.b[0]")], count("aws_a.b", 0), "aws_a.b"),
        ([("aws_a.b[0]", "aws_a.b")], declared("aws_a.b"), "aws_a.b[0]"),
        ([("aws_a.b", "module.m.aws_a.b")], declared("module.m.aws_a.b"), "aws_a.b"),
        ([("module.m", "module.n")], declared("module.n.aws_a.b"), "module.m.aws_a.b"),
        ([("module.m", "module.n")], open_ended("module.n.aws_a.b"), 'module.m["k"].aws_a.b[1]'),
        ([("module.m[0]", "module.m")], declared("module.m.aws_a.b"), "module.m[0].aws_a.b"),
    ],
)
def test_along_moved_blocks(pairs: list[tuple[str, str]], wanted: DeclaredResource, recorded: str) -> None:
    assert told(template(wanted, moves=moved(*pairs)), recorded) == ([], [recorded], [])


@pytest.mark.parametrize(
    ("pairs", "recorded"),
    [
        ([("aws_a.old", "aws_a.new")], "aws_a.older"),
        ([("module.m", "module.n")], "module.mm.aws_a.b"),
        # A move to an instance of itself does not move the other instances.
        ([("aws_a.b", "aws_a.b[0]")], "aws_a.b[1]"),
        ([("aws_a.b", "not an address")], "aws_a.b"),
    ],
)
def test_what_does_not_move(pairs: list[tuple[str, str]], recorded: str) -> None:
    assert told(template(moves=moved(*pairs)), recorded) == ([("orphaned", recorded)], [], [])


def test_moves_in_a_circle_end() -> None:
    circle = moved(("aws_a.x", "aws_a.y"), ("aws_a.y", "aws_a.x"))
    findings, _, _ = told(template(moves=circle), "aws_a.x")
    assert findings == [("orphaned", "aws_a.x")]


class TestATemplateThatCouldNotBeReadWhole:
    broken = (TemplateError("broken", position=Position("b.tf", 3)),)

    def test_what_might_be_declared_there_is_undecided(self) -> None:
        assert told(template(declared("aws_a.b"), problems=self.broken), "aws_a.b", "aws_a.c") == (
            [], ["aws_a.b"], ["aws_a.c"],
        )  # fmt: skip

    def test_a_block_that_was_read_still_speaks(self) -> None:
        assert told(template(count("aws_a.b", 0), problems=self.broken), "aws_a.b[1]") == (
            [("orphaned", "aws_a.b[1]"), ("unapplied", "aws_a.b[0]")], ["aws_a.b[1]"], [],
        )  # fmt: skip


def test_a_deposed_object_is_nobodys() -> None:
    assert told(template(), instance("aws_a.b", deposed="0a1b")) == ([], [], [])


@pytest.mark.parametrize(
    ("removed", "waits"),
    [
        (["aws_a.b"], True),
        (["aws_a.b[0]"], True),
        (["module.m"], False),
        (["aws_a.bc"], False),
        (["module.mm"], False),
        ([], False),
    ],
)
def test_a_removed_block_is_said(removed: list[str], waits: bool) -> None:  # noqa: FBT001
    [finding] = intent(template(removed=tuple(removed)), [instance("aws_a.b[0]")]).findings
    assert (finding.detail == "a removed block waits for the next apply") is waits


def test_a_removed_module_takes_all_in_it() -> None:
    for removed, waits in (("module.m", True), ("module.mm", False)):
        [finding] = intent(template(removed=(removed,)), [instance('module.m["k"].aws_a.b[0]')]).findings
        assert (finding.detail == "a removed block waits for the next apply") is waits


def test_an_import_block_is_said() -> None:
    wanted = template(declared("aws_a.b"), declared("aws_a.c"), imports=("aws_a.b",))
    assert [(f.label, f.position, f.detail) for f in intent(wanted, []).findings] == [
        ("aws_a.b", "main.tf:1", "an import block waits for the next apply"),
        ("aws_a.c", "main.tf:1", "declared, but in no state"),
    ]


def test_whatever_stands_in_the_state_the_rest_of_it_is_looked_at() -> None:
    """Each kind of object before all others."""
    wanted = template(declared("aws_a.b"), open_ended("aws_a.o"), count("aws_a.c", 0), problems=(TemplateError("x"),))
    deposed = instance("aws_a.b", deposed="0a1b")
    every = [deposed, *map(instance, ("aws_a.b", "aws_a.o[3]", "aws_a.c[1]", "aws_a.lost"))]
    for first in every:
        ordered = [first, *(other for other in every if other is not first)]
        findings, with_block, undecided = told(wanted, *ordered)
        assert sorted(findings) == [("orphaned", "aws_a.c[1]"), ("unapplied", "aws_a.c[0]")]
        assert (with_block, undecided) == (["aws_a.b", "aws_a.c[1]", "aws_a.o[3]"], ["aws_a.lost"])


def test_what_the_findings_say() -> None:
    deep = 'module.m["k"].aws_a.b[0]'
    [orphaned] = intent(template(), [instance(deep)]).findings
    assert orphaned == Finding(
        Kind.ORPHANED, Severity.MEDIUM, deep, "aws_a", deep, detail="recorded, but no longer in the template"
    )
    [unapplied] = intent(template(declared("aws_a.b")), []).findings
    assert unapplied == Finding(
        Kind.UNAPPLIED, Severity.MEDIUM, "aws_a.b", "aws_a", "aws_a.b", position="main.tf:1",
        detail="declared, but in no state",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("removed", "waits"),
    [
        (["aws_a.x", "module.m"], True), (['module.m["k"].aws_a.b[0]'], True),
        (["module.m.aws_a.b"], True),
        (['module.m["k"]'], True), (["module.m", "aws_a.x"], True), (['module.m["l"]'], False), (["aws_a.b"], False),
        (["m"], False),
    ],
)  # fmt: skip
def test_what_a_removed_block_speaks_of(removed: list[str], waits: bool) -> None:  # noqa: FBT001 - a table's column
    [finding] = intent(template(removed=tuple(removed)), [instance('module.m["k"].aws_a.b[0]')]).findings
    assert (finding.detail == "a removed block waits for the next apply") is waits


def test_a_chain_of_moves_is_followed_to_its_end() -> None:
    chain = moved(*((f"aws_a.n{n}", f"aws_a.n{n + 1}") for n in range(5)))
    for n in range(6):
        assert told(template(declared("aws_a.n5"), moves=chain), f"aws_a.n{n}") == ([], [f"aws_a.n{n}"], [])
    assert told(template(declared("aws_a.n5"), moves=chain[::-1]), "aws_a.n0") == ([], ["aws_a.n0"], [])


@pytest.mark.parametrize("more", ["er", "X", "_2"])
def test_a_name_that_only_begins_alike_does_not_move(more: str) -> None:
    wanted = template(declared(f"aws_a.new{more}"), moves=moved(("aws_a.old", "aws_a.new")))
    assert told(wanted, f"aws_a.old{more}") == (
        [("orphaned", f"aws_a.old{more}"), ("unapplied", f"aws_a.new{more}")], [], [],
    )  # fmt: skip
