from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.drift.address import Address, Mode, ModuleStep, ProviderAddress

NAMES = st.from_regex(r"[a-z_][a-z0-9_-]{0,6}", fullmatch=True)
KEYS = (
    st.none()
    | st.integers(0, 10**9)
    | st.text(st.sampled_from('a"\\[].${%}\n\t\r\x00\x7fé😀\U000e0001'), max_size=6)
    | st.text(max_size=6)
)
MODULES = st.lists(st.builds(ModuleStep, NAMES, KEYS), max_size=3).map(tuple)
ADDRESSES = st.builds(Address, NAMES, NAMES, KEYS, MODULES, st.sampled_from(Mode))


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("aws_a.b", Address("aws_a", "b")),
        ("aws_a.b[0]", Address("aws_a", "b", 0)),
        ('aws_a.b["x"]', Address("aws_a", "b", "x")),
        ('aws_a.b["0"]', Address("aws_a", "b", "0")),
        ("data.aws_a.b", Address("aws_a", "b", mode=Mode.DATA)),
        ("data.b", Address("data", "b")),
        ("module.m.aws_a.b", Address("aws_a", "b", module=(ModuleStep("m"),))),
        ('module.m["k.1"].module.n[2].data.aws_a.b["x"]',
         Address("aws_a", "b", "x", (ModuleStep("m", "k.1"), ModuleStep("n", 2)), Mode.DATA)),
        # As Terraform 1.11 writes them.
        (r'aws_a.b["a\"b"]', Address("aws_a", "b", 'a"b')),
        (r'aws_a.b["a\\b"]', Address("aws_a", "b", "a\\b")),
        (r'aws_a.b["$${x}"]', Address("aws_a", "b", "${x}")),
        (r'aws_a.b["%%{x}"]', Address("aws_a", "b", "%{x}")),
        (r'aws_a.b["$x{"]', Address("aws_a", "b", "$x{")),
        (r'aws_a.b["a\nb\t"]', Address("aws_a", "b", "a\nb\t")),
        (r'aws_a.b["\u0000"]', Address("aws_a", "b", "\x00")),
        (r'aws_a.b["\U000e0001"]', Address("aws_a", "b", "\U000e0001")),
        ('aws_a.b["서울 1"]', Address("aws_a", "b", "서울 1")),
    ],
)  # fmt: skip
def test_notation(text: str, address: Address) -> None:
    assert (Address.parse(text), str(address)) == (address, text)


def test_escapes_of_other_writers_are_read() -> None:
    assert Address.parse(r'aws_a.b["\/\b\fA"]').key == "/\b\fA"


@given(ADDRESSES)
def test_any_address_survives(address: Address) -> None:
    assert Address.parse(str(address)) == address


@given(ADDRESSES)
def test_the_declaration_has_no_key(address: Address) -> None:
    bare = address.declaration
    assert (bare.key, {step.key for step in bare.module} - {None}) == (None, set())
    assert [s.name for s in bare.module] == [s.name for s in address.module]
    assert (bare.type, bare.name, bare.mode) == (address.type, address.name, address.mode)
    assert bare.declaration == bare


def test_the_text_is_no_part_of_what_an_address_is() -> None:
    written, fresh = Address("a", "b", 1), Address("a", "b", 1)
    assert str(written) == "a.b[1]"
    assert (written == fresh, hash(written) == hash(fresh), "_text" in repr(written)) == (True, True, False)


@pytest.mark.parametrize(
    "text",
    [
        "", "aws_a", ".", "a..b", "aws_a.b.c", "aws_a[0].b", "module.m", "module.m.x", "data.a.b.c", 'a.b["x"',
        "a.b[x]", "a.b[]", "a.b]", "a.b[1][2]", 'a.b["\\q"]', 'a.b["\\U00110000"]', 'a.b["\\u12"]',
        "a.b[12345678901234567890]", "a b.c", "a.b[" * 3, 'a.b["\\',
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"offset|not a resource address"):
        Address.parse(text)


def test_order() -> None:
    texts = [
        "aws_a.b", "aws_a.b[2]", "aws_a.b[10]", 'aws_a.b["10"]', 'aws_a.b["2"]', "aws_b.a", "data.aws_a.b"[5:],
        "module.m.aws_a.a", "module.m[1].aws_a.a", 'module.m["k"].aws_a.a',
    ]  # fmt: skip
    ordered = sorted({Address.parse(t) for t in texts})
    assert [str(a) for a in ordered] == [
        "aws_a.b", "aws_a.b[2]", "aws_a.b[10]", 'aws_a.b["10"]', 'aws_a.b["2"]', "aws_b.a",
        "module.m.aws_a.a", "module.m[1].aws_a.a", 'module.m["k"].aws_a.a',
    ]  # fmt: skip


def test_data_comes_before_managed() -> None:
    assert min(Address("a", "b"), Address("a", "b", mode=Mode.DATA)).mode is Mode.DATA


@pytest.mark.parametrize(
    ("text", "address", "written"),
    [
        ('provider["registry.terraform.io/hashicorp/aws"]',
         ProviderAddress("registry.terraform.io/hashicorp/aws"), None),
        ('provider["registry.terraform.io/hashicorp/aws"].west',
         ProviderAddress("registry.terraform.io/hashicorp/aws", "west"), None),
        ('module.m["k"].provider["h.example/n/x"].a',
         ProviderAddress("h.example/n/x", "a", (ModuleStep("m", "k"),)), None),
        ("provider.aws", ProviderAddress("registry.terraform.io/hashicorp/aws"),
         'provider["registry.terraform.io/hashicorp/aws"]'),
        ("module.m.provider.aws.west",
         ProviderAddress("registry.terraform.io/hashicorp/aws", "west", (ModuleStep("m"),)),
         'module.m.provider["registry.terraform.io/hashicorp/aws"].west'),
        ('provider["registry.terraform.io/-/aws"]', ProviderAddress("registry.terraform.io/hashicorp/aws"),
         'provider["registry.terraform.io/hashicorp/aws"]'),
    ],
)  # fmt: skip
def test_providers(text: str, address: ProviderAddress, written: str | None) -> None:
    assert (ProviderAddress.parse(text), str(address)) == (address, written or text)


def test_the_short_name() -> None:
    assert ProviderAddress("registry.terraform.io/hashicorp/aws").name == "aws"


@pytest.mark.parametrize(
    "text", ["", "aws", "provider", "provider.aws.a.b", 'provider["x"].a.b', "provider.aws[0]", 'provider["x"]["y"]']
)
def test_what_is_no_provider_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"provider address|offset"):
        ProviderAddress.parse(text)
