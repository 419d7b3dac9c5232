from __future__ import annotations

import re

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
        (r'aws_a.b["a\rb"]', Address("aws_a", "b", "a\rb")),
        (r'aws_a.b["\u0000"]', Address("aws_a", "b", "\x00")),
        (r'aws_a.b["\uffff"]', Address("aws_a", "b", "\uffff")),
        (r'aws_a.b["\U0001ffff"]', Address("aws_a", "b", "\U0001ffff")),
        (r'aws_a.b["\U000e0001"]', Address("aws_a", "b", "\U000e0001")),
        ('aws_a.b["서울 1"]', Address("aws_a", "b", "서울 1")),
    ],
)  # fmt: skip
def test_notation(text: str, address: Address) -> None:
    assert (Address.parse(text), str(address)) == (address, text)


def test_escapes_of_other_writers_are_read() -> None:
    assert Address.parse(r'aws_a.b["\/\b\fA\r\u0041\U00000042"]').key == "/\b\fA\rAB"


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


NO_ADDRESS, NO_PROVIDER = "not a resource address:", "not a provider address:"
NAME, DOT, KEY = (
    "a name is expected at offset {} of",
    "a dot is expected at offset {} of",
    "an instance key is expected",
)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", NAME.format(0)), (".", NAME.format(0)), ("a..b", NAME.format(2)), ("a.b.", NAME.format(4)),
        ("aws_a", NO_ADDRESS), ("aws_a.b.c", NO_ADDRESS), ("aws_a[0].b", NO_ADDRESS), ("module.m", NO_ADDRESS),
        ("module.m.x", NO_ADDRESS), ("module", NO_ADDRESS), ("data.a.b.c", NO_ADDRESS), ("data[0].a.b", NO_ADDRESS),
        ("module[0].m.a.b", NO_ADDRESS), ("modul.m.a.b", NO_ADDRESS), ("dat.a.b", NO_ADDRESS),
        ("a.b]", DOT.format(3)), ("a.b[1][2]", DOT.format(6)), ("a b.c", DOT.format(1)), ("a.b c", DOT.format(3)),
        ("a.b[x]", f"{KEY} at offset 4 of"), ("a.b[]", f"{KEY} at offset 4 of"), ("a.b[" * 3, f"{KEY} at offset 4 of"),
        ('a.b["\\', f"{KEY} at offset 4 of"), ("a.b[-]", f"{KEY} at offset 4 of"),
        ('a.b["x"', "a closing bracket is expected at offset 7 of"),
        ("a.b[12345678901234567890]", "a closing bracket is expected at offset 22 of"),
        ('a.b["\\q"]', "an escape that does not exist in the key at offset 4 of"),
        ('a.b["\\U00110000"]', "an escape that does not exist in the key at offset 4 of"),
        ('a.b["\\UFFFFFFFF"]', "an escape that does not exist in the key at offset 4 of"),
        ('a.b["\\u12"]', "an escape that does not exist in the key at offset 4 of"),
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(f'{why} {text!r}')}$"):
        Address.parse(text)


def test_a_name_may_be_what_a_keyword_is() -> None:
    assert Address.parse("module.a.data.b") == Address("data", "b", module=(ModuleStep("a"),))
    assert Address.parse("data.data.data") == Address("data", "data", mode=Mode.DATA)


def test_a_count_may_be_large_or_negative() -> None:
    assert [Address.parse(f"a.b[{n}]").key for n in (-1, 0, 10**17)] == [-1, 0, 10**17]


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


@pytest.mark.parametrize(
    ("less", "more"),
    [
        ("aws_z.z", "module.a.aws_a.a"),
        ("module.a.aws_z.z", "module.b.aws_a.a"),
        ("module.a[1].aws_z.z", "module.a[2].aws_a.a"),
        ("module.a.module.a.aws_z.z", "module.a.module.b.aws_a.a"),
        ("data.aws_z.z", "aws_a.a"),
        ("aws_a.z", "aws_b.a"),
        ("aws_a.a[9]", "aws_a.b"),
        ("aws_a.a", "aws_a.a[0]"),
        ("aws_a.a[9]", "aws_a.a[10]"),
        ("aws_a.a[10]", 'aws_a.a[""]'),
        ('aws_a.a["a"]', 'aws_a.a["b"]'),
    ],
)
def test_what_decides_the_order(less: str, more: str) -> None:
    one, two = Address.parse(less), Address.parse(more)
    assert (one < two, two < one, one < one, two < two) == (True, False, False, False)  # noqa: PLR0124


@given(ADDRESSES, ADDRESSES)
def test_any_two_addresses_have_one_order(one: Address, two: Address) -> None:
    assert [one < two, two < one, one == two].count(True) == 1


def test_the_modes_are_called_as_in_a_state_file() -> None:
    assert (Mode("managed"), Mode("data")) == (Mode.MANAGED, Mode.DATA)


def test_the_text_is_made_once_and_by_nobody_else() -> None:
    address = Address("aws_a", "b", "k")
    assert str(address) is str(address)  # noqa: PLR0124 - made anew it would be another text
    with pytest.raises(TypeError):
        Address("aws_a", "b", "k", (), Mode.MANAGED, "aws_c.d")  # type: ignore[call-arg]


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
        ("provider.terraform", ProviderAddress("terraform.io/builtin/terraform"),
         'provider["terraform.io/builtin/terraform"]'),
        ('provider["registry.terraform.io/-/aws"]', ProviderAddress("registry.terraform.io/hashicorp/aws"),
         'provider["registry.terraform.io/hashicorp/aws"]'),
    ],
)  # fmt: skip
def test_providers(text: str, address: ProviderAddress, written: str | None) -> None:
    assert (ProviderAddress.parse(text), str(address)) == (address, written or text)


def test_the_short_name() -> None:
    assert ProviderAddress("registry.terraform.io/hashicorp/aws").name == "aws"
    assert ProviderAddress("aws").name == "aws"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", NAME.format(0)),
        ('provider["x"].', NAME.format(14)),
        *((text, NO_PROVIDER) for text in (
            "aws", "provider", "provider.aws.a.b", 'provider["x"].a.b', "provider.aws[0]",
            "provider[0].aws", 'module["x"].m.provider.aws', "module.provider", "module.m",
        )),
    ],
)  # fmt: skip
def test_what_is_no_provider_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(f'{why} {text!r}')}$"):
        ProviderAddress.parse(text)


SOURCES = st.from_regex(r"[a-z0-9.]{1,8}(/[a-z0-9-]{2,6}){2}", fullmatch=True)


@given(st.builds(ProviderAddress, SOURCES, st.none() | NAMES, MODULES))
def test_any_provider_survives(provider: ProviderAddress) -> None:
    assert ProviderAddress.parse(str(provider)) == provider
    assert provider.name == provider.source.split("/")[-1]
