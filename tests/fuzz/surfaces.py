"""What is fuzzed: where the inputs come from, and what holds for whatever comes out."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from google.protobuf.message import DecodeError
from support.answers import account, answers_in, doubted, fetched, swept

from fuzz.mutate import mutated
from reconciler.desired.template import read_template
from reconciler.drift.address import Address
from reconciler.drift.snapshot import Reason
from reconciler.errors import CloudError, ReconcilerError, StateError, TemplateError
from reconciler.observed.provider.answers import observed_object, recorded_object
from reconciler.observed.provider.diagnose import Diagnosis
from reconciler.observed.provider.packing import pack
from reconciler.observed.provider.wire import plugin_pb2 as wire
from reconciler.observed.sweep.catalogue import catalogue
from reconciler.recorded.statefile import read_state

FIXTURES = Path(__file__).parents[1] / "fixtures"
CANARY = "canary-51742"
"""Stands in the inputs where a secret would, and may stand in no message."""


@dataclass(frozen=True)
class Surface:
    """Something that reads. ``check`` raises, unless what it must promise holds; it tells how the input was taken."""

    name: str
    seeds: Sequence[bytes]
    tokens: Sequence[bytes]
    check: Callable[[bytes, Path], str]

    def input(self, seed: int, number: int) -> bytes:
        """The input of that number: the same for the same seed."""
        return mutated(self.seeds, self.tokens, random.Random(f"{seed} {self.name} {number}"))  # noqa: S311


def _read(pattern: str) -> list[bytes]:
    return [path.read_bytes() for path in sorted(FIXTURES.glob(pattern)) if path.is_file()]


def _blocks(files: list[bytes]) -> list[bytes]:
    """The files in parts of up to three top-level blocks: small ones are read a hundred times as often."""
    found = []
    for file in files:
        parts = [part + b"\n}\n" for part in file.replace(b"\r\n", b"\n").split(b"\n}\n") if part.strip()]
        found += [b"\n".join(parts[at : at + 3]) for at in range(0, len(parts), 3)]
    return [part for part in found if len(part) < 2_000]


def _assert_discreet(error: ReconcilerError) -> None:
    assert error.position is not None, error
    assert "\n" not in error.message, error
    assert CANARY not in f"{error} {error.hint}", error


def _template(data: bytes, folder: Path) -> str:
    """Only typed errors with a place; what stands in another file is read; no secret in a message."""
    (folder / "main.tf").write_bytes(data)
    (folder / "good.tf").write_bytes(b'resource "good" "one" {}\n')
    template = read_template(folder)
    for problem in template.problems:
        assert isinstance(problem, TemplateError), problem
        _assert_discreet(problem)
    assert any(str(each.address) == "good.one" for each in template.resources)
    return "refused" if template.problems else "accepted"


def _json_template(data: bytes, folder: Path) -> str:
    (folder / "main.tf.json").write_bytes(data)
    (folder / "main.tf").unlink(missing_ok=True)
    try:
        return _template(b"", folder)
    finally:
        (folder / "main.tf.json").unlink()


def _state(data: bytes, _: Path) -> str:
    """A StateError with a place, or a state whose every part can be stored and found again."""
    try:
        state = read_state(data, location="x")
    except StateError as error:
        _assert_discreet(error)
        return "refused"
    assert len({instance.label for instance in state.instances}) == len(state.instances)
    for instance in state.instances:
        assert instance.attributes in data or instance.attributes == b"{}"
        assert isinstance(json.loads(instance.attributes), dict)
        assert Address.parse(str(instance.address)) == instance.address
    return "accepted"


HCL = Surface(
    "hcl",
    _blocks(_read("templates/**/*.tf") + _read("estates/**/*.tf") + _read("bad/hcl/*.tf")),
    [
        *(b'"', b"${", b"%{", b"}", b"{", b"(", b")", b"[", b"]", b"=", b"\n", b"#", b"/*", b"*/", b"\\", b"?", b":"),
        *(b".", b",", b"-", b"<<E\n", b"<<-E\n", b"\nE\n", b" for ", b" if ", b"...", b"=>", b"~}", b"\r\n", b"null"),
        *(b"dynamic", b"$${", b'resource "a" "b" {\n', b"count = ", b"for_each = ", b"each.key", b"\xc3\xa9", b"__x__"),
        *(b"<<<<<<< HEAD\n", b'"' + CANARY.encode() + b'"', b'password = "' + CANARY.encode() + b'"\n'),
    ],
    _template,
)
JSON = Surface(
    "json",
    _read("templates/**/*.tf.json"),
    [
        *(b'"', b"${", b"%{", b"}", b"{", b"[", b"]", b":", b",", b"\\", b"null", b"true", b"NaN", b"[[[[", b'{"a":'),
        *(b'"resource": {', b'"//": ', b'"count": ', b"\\u0000", b"\\ud800", b'"' + CANARY.encode() + b'"'),
    ],
    _json_template,
)
STATE = Surface(
    "state",
    12 * _read("state/*.tfstate") + _read("bad/tfstate/sensitive_*.tfstate"),
    [
        *(b'"', b"\\", b"{", b"}", b"[", b"]", b":", b",", b"\\u0000", b"\\ud800", b"\\u003a", b"\\u0022", b"NaN"),
        *(
            b"Infinity",
            b"null",
            b"true",
            b'"id": 1, ',
            b'{"a": 1}',
            b"/",
            b'"version": 4',
            b'"index_key": ',
            b"[" * 200,
        ),
        *(b'"instances": [', b'"deposed": "00000001"', b'"sensitive_attributes": [[', b'"' + CANARY.encode() + b'"'),
    ],
    _state,
)


def _list(data: bytes, _: Path) -> str:
    """A whole list, or none with a reason; never an exception, and nothing of the answer in what is told."""
    name, _, text = data.partition(b"\n")
    resource_type = name.decode("latin-1")
    if resource_type not in catalogue():
        resource_type = "aws_vpc"
    answers = answers_in(text)
    result = swept(resource_type, answers)
    assert len(result.listings) + len(result.unlisted) == 1, result
    for listing in result.listings:
        assert all(isinstance(each.id, str) and each.id for each in listing.resources)
    for unlisted in result.unlisted:
        _assert_told(unlisted.detail)
        assert isinstance(unlisted.reason, Reason)
    for doubt in doubted(resource_type, answers[1:] or answers).values():
        _assert_told(doubt.detail)
    return "accepted" if result.listings else "refused"


def _identity(data: bytes, _: Path) -> str:
    """An account as text, or a CloudError; likewise an object of S3."""
    answers = answers_in(data)
    taken = "accepted"
    try:
        fetched(answers)
    except CloudError as error:
        _assert_told(f"{error} {error.hint}")
    try:
        found = account(answers)
    except CloudError as error:
        _assert_told(f"{error} {error.hint}")
        taken = "refused"
    else:
        assert re.fullmatch("[0-9]{12}", found), found
    return taken


def _assert_told(text: str) -> None:
    assert text, "nothing is said"
    assert "\n" not in text, text
    assert CANARY not in text, text


_TYPE = [
    "object",
    {
        "id": "string",
        "size": "number",
        "flag": "bool",
        "tags": ["map", "string"],
        "zones": ["set", "string"],
        "rules": ["list", ["object", {"port": "number", "text": "string"}]],
        "anything": "dynamic",
        "pair": ["tuple", ["string", "number"]],
    },
]
_VALUE: dict[str, object] = {
    "id": CANARY,
    "size": 2**40,
    "flag": True,
    "tags": {"a": "b"},
    "zones": ["x", "y"],
    "rules": [{"port": 1.5, "text": None}],
    "pair": ["a", 1],
}
_PACKED = pack({**_VALUE, "anything": [b'"string"', "x"]})
_WRITTEN = json.dumps({**_VALUE, "anything": {"type": "string", "value": "x"}}).encode()


def _provider(data: bytes, _: Path) -> str:
    """An object of the type, its absence only where the state says null, or why there is neither."""
    taken = []
    for state in (wire.DynamicValue(msgpack=data), wire.DynamicValue(json=data)):
        for found in (
            observed_object(wire.ReadResponse(state=state), _TYPE, (CANARY,)),  # type: ignore[arg-type]  # a type as JSON
            recorded_object(wire.UpgradeResponse(state=state), _TYPE, (CANARY,)),  # type: ignore[arg-type]  # likewise
        ):
            if found is None:
                assert data in (b"\xc0", b"") or data.strip() == b"null", data
            taken.append(_taken(found))
    try:
        answer = wire.ReadResponse.FromString(data)
    except DecodeError:
        return "accepted" if "accepted" in taken else "refused"
    taken.append(_taken(observed_object(answer, _TYPE, (CANARY,))))  # type: ignore[arg-type]  # likewise
    return "accepted" if "accepted" in taken else "refused"


def _taken(found: object) -> str:
    if isinstance(found, Diagnosis):
        _assert_told(found.detail)
        return "refused"
    assert found is None or (isinstance(found, dict) and found.keys() == _VALUE.keys() | {"anything"}), found
    return "accepted"


_MARKUP = [
    *(
        b"<",
        b">",
        b"</",
        b"/>",
        b"<a>",
        b"</Vpcs>",
        b"&lt;",
        b"&#0;",
        b"<!DOCTYPE a>",
        b"<!--",
        b"]]>",
        b'"',
        b"{",
        b"}",
    ),
    *(
        b"[",
        b"]",
        b",",
        b":",
        b"null",
        b"true",
        b"{}",
        b"[]",
        b"\n===\n",
        b"\n\n",
        b"200",
        b"403",
        b"500",
        b"503",
        b"301",
    ),
    *(b'"NextToken": "n"', b"<IsTruncated>true</IsTruncated>", b"<nextToken>n</nextToken>", b"<html>", b"\x1f\x8b"),
    *(b"<Error><Code>Throttling</Code></Error>", b'{"__type": "AccessDeniedException"}', CANARY.encode()),
    *(b"1970-01-01T00:00:00Z", b"not a time", b"Content-Type: text/html\n", b"x-amzn-query-error: x;y\n"),
]
AWS = Surface(
    "aws",
    [
        path.stem.encode() + b"\n" + path.read_bytes()
        for path in sorted(FIXTURES.glob("answers/*.http"))
        if path.stem != "identity"
    ],
    _MARKUP,
    _list,
)
IDENTITY = Surface("identity", _read("answers/identity.http"), _MARKUP, _identity)
PROVIDER = Surface(
    "provider",
    [
        _PACKED,
        _WRITTEN,
        wire.ReadResponse(state=wire.DynamicValue(msgpack=_PACKED)).SerializeToString(),
        wire.ReadResponse(
            diagnostics=[wire.Diagnostic(severity=1, summary="AccessDenied", detail="not you")]
        ).SerializeToString(),
    ],
    [
        b"\xc0",
        b"\xc3",
        b"\x80",
        b"\x90",
        b"\xdf\xff\xff\xff\xff",
        b"\xd4\x00\x00",
        b"\xc7\xff\x00",
        b"\xcb\x7f\xf0\x00\x00\x00\x00\x00\x00",
        b"null",
        b"NaN",
        b"1e999",
        b"9" * 5000,
        b'"',
        b"[" * 2000,
        b"\x91" * 2000,
        b"\xd9\x01a",
        b'{"a":',
        b"\xa2id",
    ],
    _provider,
)
SURFACES = {surface.name: surface for surface in (HCL, JSON, STATE, AWS, IDENTITY, PROVIDER)}
