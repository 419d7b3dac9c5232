from __future__ import annotations

import logging
import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.drift.schema import Attribute, Block, NestedBlock, Nesting, Schema
from reconciler.errors import ProviderError
from reconciler.observed.provider.implied import implied_type
from reconciler.observed.provider.schema_cache import ProviderSchemas, SchemaAnswer, SchemaCache
from reconciler.observed.provider.schema_decode import decode_schema
from reconciler.observed.provider.schema_file import DamagedFileError
from reconciler.observed.provider.wire import schema5_pb2, schema6_pb2


def schema5(version: int = 1) -> bytes:
    return schema5_pb2.Schema(
        version=version,
        block=schema5_pb2.Block(
            attributes=[
                schema5_pb2.Attribute(name="id", type=b'"string"', computed=True),
                schema5_pb2.Attribute(name="pin", type=b'"string"', optional=True, sensitive=True, write_only=True),
            ],
            blocks=[
                schema5_pb2.NestedBlock(
                    name="rule",
                    nesting=nesting,
                    block=schema5_pb2.Block(attributes=[schema5_pb2.Attribute(name="a", type=b'["set","number"]')]),
                )
                for nesting in (3,)
            ],
        ),
    ).SerializeToString()


ANSWER = SchemaAnswer(5, schema5(0), {"test_a": schema5(1), "test_b": schema5(2)}, call_optional=True)


@pytest.fixture
def binary(tmp_path: Path) -> Path:
    path = tmp_path / "terraform-provider-x"
    path.write_bytes(b"binary")
    return path


@pytest.fixture
def cache(tmp_path: Path) -> SchemaCache:
    return SchemaCache(tmp_path / "cache")


def schema_files(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "cache/schemas").iterdir())


def test_protocol_5() -> None:
    rule = NestedBlock(Nesting.SET, Block({"a": Attribute(["set", "number"])}))
    assert decode_schema(schema5(), 5) == Schema(
        1,
        Block(
            {
                "id": Attribute("string", computed=True),
                "pin": Attribute("string", optional=True, sensitive=True, write_only=True),
            },
            {"rule": rule},
        ),
    )


def test_protocol_6_has_nested_attributes() -> None:
    inner = schema6_pb2.NestedObject(
        nesting=2, attributes=[schema6_pb2.Attribute(name="x", type=b'"bool"', sensitive=True, write_only=True)]
    )
    message = schema6_pb2.Schema(
        block=schema6_pb2.Block(attributes=[schema6_pb2.Attribute(name="many", nested=inner, required=True)])
    )
    nested = NestedBlock(Nesting.LIST, Block({"x": Attribute("bool", sensitive=True, write_only=True)}))
    found = decode_schema(message.SerializeToString(), 6)
    assert found == Schema(0, Block({"many": Attribute(None, required=True, nested=nested)}))
    assert implied_type(found.block) == ["object", {"many": ["list", ["object", {"x": "bool"}]]}]


@pytest.mark.parametrize(
    ("nesting", "outer"), [("single", None), ("group", None), ("list", "list"), ("set", "set"), ("map", "map")]
)
def test_implied_type_of_a_block(nesting: str, outer: str | None) -> None:
    block = Block({}, {"b": NestedBlock(Nesting(nesting), Block({"x": Attribute("string")}))})
    inner = ["object", {"x": "string"}]
    assert implied_type(block) == ["object", {"b": inner if outer is None else [outer, inner]}]


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xff",
        schema5_pb2.Schema(
            block=schema5_pb2.Block(attributes=[schema5_pb2.Attribute(name="x", type=b"{")])
        ).SerializeToString(),
        schema5_pb2.Schema(
            block=schema5_pb2.Block(blocks=[schema5_pb2.NestedBlock(name="x", nesting=9)])
        ).SerializeToString(),
    ],
)
def test_a_schema_that_cannot_be_read(data: bytes) -> None:
    with pytest.raises(ProviderError, match="schema cannot be read"):
        decode_schema(data, 5)


def test_nothing_is_known_at_first(cache: SchemaCache, binary: Path) -> None:
    assert cache.lookup(binary) is None


def test_what_is_stored_is_found_by_another_process(cache: SchemaCache, binary: Path, tmp_path: Path) -> None:
    cache.store(binary, ANSWER)
    found = SchemaCache(tmp_path / "cache").lookup(binary)
    assert found is not None
    assert (found.protocol, found.call_optional) == (5, True)
    assert found.provider() == decode_schema(schema5(0), 5)
    known = found.resource_type("test_b")
    assert known is not None
    assert known.schema == decode_schema(schema5(2), 5)
    assert known.cty_type == implied_type(known.schema.block)
    assert found.resource_type("test_c") is None


def test_only_what_is_asked_for_is_decoded(cache: SchemaCache, binary: Path) -> None:
    broken = SchemaAnswer(5, schema5(), {"test_a": schema5(), "test_broken": b"\xff"}, call_optional=True)
    found = cache.store(binary, broken)
    assert found.resource_type("test_a") is not None
    with pytest.raises(ProviderError):
        found.resource_type("test_broken")


def test_schemas_are_decoded_once(cache: SchemaCache, binary: Path) -> None:
    found = cache.store(binary, ANSWER)
    assert found.resource_type("test_a") is found.resource_type("test_a")
    assert cache.lookup(binary) is found


def test_a_copy_of_the_binary_shares_the_schemas(cache: SchemaCache, binary: Path, tmp_path: Path) -> None:
    cache.store(binary, ANSWER)
    copy = tmp_path / "copy"
    copy.write_bytes(b"binary")
    assert cache.lookup(copy) is not None


def test_a_changed_binary_is_another_one(cache: SchemaCache, binary: Path) -> None:
    cache.store(binary, ANSWER)
    binary.write_bytes(b"BINARY")
    assert cache.lookup(binary) is None


def test_a_binary_is_digested_once(cache: SchemaCache, binary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    digest = cache.digest(binary)
    monkeypatch.setattr("hashlib.file_digest", lambda *_: pytest.fail("the binary was digested again"))
    assert cache.digest(binary) == digest
    link = binary.with_name("link")
    link.symlink_to(binary)
    assert cache.digest(link) == digest


@pytest.mark.parametrize("text", ["", "x" * 64, "0" * 63, "\udcff"])
def test_a_damaged_note_of_a_digest_is_made_again(cache: SchemaCache, binary: Path, tmp_path: Path, text: str) -> None:
    digest = cache.digest(binary)
    (note,) = (tmp_path / "cache/digests").iterdir()
    note.write_bytes(text.encode("utf-8", "surrogateescape"))
    assert cache.digest(binary) == digest
    assert note.read_text() == digest


@pytest.mark.parametrize("cut", [0, 1, 10, 15, 16, 40])
def test_a_file_cut_off_is_not_used(cache: SchemaCache, binary: Path, tmp_path: Path, cut: int) -> None:
    cache.store(binary, ANSWER)
    (file,) = schema_files(tmp_path)
    file.write_bytes(file.read_bytes()[:cut])
    assert SchemaCache(tmp_path / "cache").lookup(binary) is None


def test_no_altered_byte_goes_unnoticed(cache: SchemaCache, binary: Path, tmp_path: Path) -> None:
    cache.store(binary, ANSWER)
    (file,) = schema_files(tmp_path)
    good = file.read_bytes()
    for at in range(len(good)):
        file.write_bytes(good[:at] + bytes([good[at] ^ 0x20]) + good[at + 1 :])
        assert not usable(SchemaCache(tmp_path / "cache").lookup(binary)), at


def usable(found: ProviderSchemas | None) -> bool:
    """Whether all three schemas can be had."""
    try:
        return found is not None and bool(
            found.provider() and found.resource_type("test_a") and found.resource_type("test_b")
        )
    except DamagedFileError:
        return False


def test_a_file_that_vanishes_meanwhile_costs_nothing(cache: SchemaCache, binary: Path, tmp_path: Path) -> None:
    found = cache.store(binary, ANSWER)
    (file,) = schema_files(tmp_path)
    file.unlink()
    assert usable(found)
    cache.forget(binary)
    assert cache.lookup(binary) is None


def test_a_file_that_another_provider_of_the_same_binary_writes_anew_costs_nothing(
    cache: SchemaCache, binary: Path, tmp_path: Path
) -> None:
    """Two regions start side by side on a new host, and a provider gives its types in any order."""
    found = cache.store(binary, ANSWER)
    turned = dict(reversed(ANSWER.resource_types.items()))
    SchemaCache(tmp_path / "cache").store(binary, replace(ANSWER, resource_types=turned))
    assert usable(found)


def test_a_cache_that_cannot_be_written_costs_only_time(
    binary: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    cache = SchemaCache(tmp_path / "cache")
    with caplog.at_level(logging.WARNING):
        found = cache.store(binary, ANSWER)
    assert usable(found)
    assert cache.lookup(binary) is found
    assert "cannot be written" in caplog.text


def test_files_are_ours_alone_and_nothing_is_left_beside(cache: SchemaCache, binary: Path, tmp_path: Path) -> None:
    cache.store(binary, ANSWER)
    (file,) = schema_files(tmp_path)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_a_failed_write_leaves_the_old_file(
    cache: SchemaCache, binary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.store(binary, ANSWER)

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    cache.store(binary, SchemaAnswer(5, b"", {}, call_optional=False))
    monkeypatch.undo()
    assert len(schema_files(tmp_path)) == 1
    assert usable(SchemaCache(tmp_path / "cache").lookup(binary))


def test_a_binary_that_is_not_there(cache: SchemaCache, tmp_path: Path) -> None:
    with pytest.raises(ProviderError, match="cannot be read: No such file"):
        cache.lookup(tmp_path / "missing")
