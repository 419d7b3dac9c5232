"""Secrets as people hand them over: typed without an echo, or through a pipe. Never an argument: others can see it."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any, Final

from reconciler.errors import ConfigError

_MOST: Final = 64 * 1024
KEY_ID, SECRET, EXTERNAL_ID = "access key id", "secret access key", "external id"
# What `aws iam create-access-key` prints.
_PRINTED: Final = {KEY_ID: "AccessKeyId", SECRET: "SecretAccessKey"}


def read_secrets(wanted: Sequence[str]) -> list[str]:
    """What is wanted, in that order: asked for at a terminal; else one line each from stdin, or AWS's JSON.

    Raises:
        ConfigError: something is missing.
    """
    if not wanted:
        return []
    if sys.stdin.isatty():
        from getpass import getpass  # noqa: PLC0415  slow, and only at a terminal

        given = [getpass(f"{each[0].upper()}{each[1:]}: ").strip() for each in wanted]
    else:
        given = _piped(sys.stdin.read(_MOST), wanted)
    for name, value in zip(wanted, given, strict=False):
        if not value:
            raise _missing(name, wanted)
    if len(given) < len(wanted):
        raise _missing(wanted[len(given)], wanted)
    return given


def _piped(text: str, wanted: Sequence[str]) -> list[str]:
    if not text.lstrip().startswith("{"):
        return [line.strip() for line in text.strip().splitlines()][: len(wanted)] if text.strip() else []
    try:
        document: Any = json.loads(text)
        key = document.get("AccessKey", document)
        return [str(key.get(_PRINTED.get(each, each), "")) for each in wanted]
    except (ValueError, AttributeError, RecursionError):
        # Not chained: the message of the parser quotes what it was given.
        raise ConfigError("stdin holds neither lines nor the JSON of `aws iam create-access-key`") from None


def _missing(name: str, wanted: Sequence[str]) -> ConfigError:
    return ConfigError(f"the {name} is missing", hint=f"on stdin, a line each: {', '.join(wanted)}")
