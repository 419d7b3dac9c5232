"""Names of things in Terraform's own notation: resource instances, modules, provider configurations.

Notation: https://developer.hashicorp.com/terraform/cli/state/resource-addressing
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

Key: TypeAlias = int | str | None
"""An instance key: an int for ``count``, a string for ``for_each``, None for a single instance."""

_BUILT_IN = "terraform.io/builtin/terraform"
_NAME = re.compile(r"[^\s.\[\]\"]+")
_INDEX = re.compile(r"-?[0-9]{1,18}")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPED = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))|([$%])\4(?=\{)", re.DOTALL)
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_MEANINGS = {'"': '"', "\\": "\\", "/": "/", "n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}


class Mode(StrEnum):
    """Whether Terraform manages the resource or only reads it."""

    MANAGED = "managed"
    DATA = "data"


def _format_key(key: Key) -> str:
    if key is None:
        return ""
    return f"[{key}]" if isinstance(key, int) else f"[{quote(key)}]"


def quote(text: str) -> str:
    """An HCL string literal, as Terraform quotes keys: what is not printable by its code, ``${`` doubled."""
    quoted = "".join(_ESCAPES.get(c) or (c if c.isprintable() else _code(c)) for c in text)
    return '"' + quoted.replace("${", "$${").replace("%{", "%%{") + '"'


def _code(character: str) -> str:
    return f"\\u{ord(character):04x}" if ord(character) < 0x10000 else f"\\U{ord(character):08x}"


def _sort_key(key: Key) -> tuple[object, ...]:
    match key:
        case None:
            return (0,)
        case int():
            return (1, key)
        case _:
            return (2, key)


@dataclass(frozen=True, slots=True)
class ModuleStep:
    """One step into a module: its call's name and the key of its instance."""

    name: str
    key: Key = None

    def __str__(self) -> str:
        """``module.name[key]``."""
        return f"module.{self.name}{_format_key(self.key)}"


ModulePath: TypeAlias = tuple[ModuleStep, ...]


@dataclass(frozen=True, slots=True)
class Address:
    """The address of a resource instance, or with ``key=None`` of a resource or its only instance."""

    type: str
    name: str
    key: Key = None
    module: ModulePath = ()
    mode: Mode = Mode.MANAGED
    _text: str = field(default="", init=False, repr=False, compare=False)

    def __str__(self) -> str:
        """Terraform's notation: ``module.a["x"].data.type.name[0]``. Made once: everything is looked up by it."""
        if not self._text:
            prefix = "".join(f"{step}." for step in self.module)
            data = "data." if self.mode is Mode.DATA else ""
            text = f"{prefix}{data}{self.type}.{self.name}{_format_key(self.key)}"
            object.__setattr__(self, "_text", text)
        return self._text

    def __lt__(self, other: Address) -> bool:
        """Total order: by module, mode, type, name, then key with numbers before strings."""
        return self._order() < other._order()

    def _order(self) -> tuple[object, ...]:
        steps = tuple((step.name, _sort_key(step.key)) for step in self.module)
        return (steps, self.mode.value, self.type, self.name, _sort_key(self.key))

    @property
    def declaration(self) -> Address:
        """The address of the block that declares it: no key anywhere."""
        module = tuple(ModuleStep(step.name) for step in self.module)
        return Address(self.type, self.name, None, module, self.mode)

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read an address.

        Raises:
            ValueError: the text is not an address; the message names the offset.
        """
        steps = _steps(text)
        module: list[ModuleStep] = []
        while len(steps) >= 2 and steps[0] == ("module", None):
            name, key = steps[1]
            module.append(ModuleStep(name, key))
            steps = steps[2:]
        mode = Mode.MANAGED
        if len(steps) == 3 and steps[0] == ("data", None):
            mode, steps = Mode.DATA, steps[1:]
        if len(steps) != 2 or steps[0][1] is not None:
            message = f"not a resource address: {text!r}"
            raise ValueError(message)
        (type_, _), (name, key) = steps
        return cls(type_, name, key, tuple(module), mode)


def _steps(text: str) -> list[tuple[str, Key]]:
    """Split at dots, each step a name with its optional key."""
    steps: list[tuple[str, Key]] = []
    at = 0
    while True:
        name = _NAME.match(text, at)
        if name is None:
            message = f"a name is expected at offset {at} of {text!r}"
            raise ValueError(message)
        at = name.end()
        key: Key = None
        if text.startswith("[", at):
            key, at = _read_key(text, at + 1)
        steps.append((name.group(), key))
        if at == len(text):
            return steps
        if text[at] != ".":
            message = f"a dot is expected at offset {at} of {text!r}"
            raise ValueError(message)
        at += 1


def _read_key(text: str, at: int) -> tuple[int | str, int]:
    key: int | str
    if quoted := _QUOTED.match(text, at):
        key, end = _unquote(quoted.group(1), text, at), quoted.end()
    elif digits := _INDEX.match(text, at):
        key, end = int(digits.group()), digits.end()
    else:
        message = f"an instance key is expected at offset {at} of {text!r}"
        raise ValueError(message)
    if not text.startswith("]", end):
        message = f"a closing bracket is expected at offset {end} of {text!r}"
        raise ValueError(message)
    return key, end + 1


def _unquote(quoted: str, text: str, at: int) -> str:
    def meaning(match: re.Match[str]) -> str:
        short, long, letter, doubled = match.groups()
        if doubled:
            return str(doubled)
        if letter:
            return _MEANINGS[letter]
        return chr(int(short or long, 16))

    try:
        return _ESCAPED.sub(meaning, quoted)
    except (KeyError, ValueError, OverflowError) as error:
        message = f"an escape that does not exist in the key at offset {at} of {text!r}"
        raise ValueError(message) from error


@dataclass(frozen=True, slots=True)
class ProviderAddress:
    """A provider configuration: the provider's full source, the alias, and the module that holds it.

    ``source`` is ``host/namespace/name``, for example ``registry.terraform.io/hashicorp/aws``. ``key`` is for one of
    several that OpenTofu makes of a block with ``for_each``.
    """

    source: str
    alias: str | None = None
    module: ModulePath = ()
    key: Key = None

    def __str__(self) -> str:
        """The notation of state files: ``module.x.provider["host/ns/name"].alias``."""
        prefix = "".join(f"{step}." for step in self.module)
        alias = f".{self.alias}{_format_key(self.key)}" if self.alias else ""
        return f'{prefix}provider["{self.source}"]{alias}'

    @property
    def name(self) -> str:
        """The provider's short name, ``aws``."""
        return self.source.rsplit("/", 1)[-1]

    @classmethod
    def parse(cls, text: str) -> ProviderAddress:
        """Read the notation of state files, also ``provider.aws.west`` of Terraform 0.12.

        Raises:
            ValueError: the text is not a provider address.
        """
        steps = _steps(text)
        module: list[ModuleStep] = []
        while len(steps) >= 2 and steps[0] == ("module", None):
            module.append(ModuleStep(*steps[1]))
            steps = steps[2:]
        match steps:
            case [("provider", str(source)), *rest]:
                pass
            case [("provider", None), (str(name), None), *rest]:
                source = f"registry.terraform.io/-/{name}"
            case _:
                message = f"not a provider address: {text!r}"
                raise ValueError(message)
        # 0.13 wrote "registry.terraform.io/-/aws" for a state it had upgraded from 0.12.
        source = _BUILT_IN if source.endswith("/-/terraform") else source.replace("/-/", "/hashicorp/")
        match rest:
            case []:
                return cls(source, None, tuple(module))
            case [(str(alias), key)]:
                return cls(source, alias, tuple(module), key)
            case _:
                message = f"not a provider address: {text!r}"
                raise ValueError(message)
