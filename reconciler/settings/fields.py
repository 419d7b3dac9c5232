"""Types of single values: what may be written in the file, and the one line said where it is something else.

Messages never hold the value: a value in the wrong place may be a secret.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, TypeAlias
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from reconciler.errors import ConfigError
from reconciler.settings.calendar import is_cron
from reconciler.settings.conditions import is_condition

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(s|m|h|d)?")
_SECONDS = {None: 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_SIZE = re.compile(r"(\d+(?:\.\d+)?) ?(B|[KMGT]i?B)?", re.IGNORECASE)
_POWERS = {"k": 1, "m": 2, "g": 3, "t": 4}
_MAX_DURATION = dt.timedelta(days=366)

# What a control character in a name or path can do: end a line of a log, move the cursor of a terminal.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class FromEnvironment(str):
    """A text out of an environment variable, where a number has no other form than text."""

    __slots__ = ()


def wrong(message: str) -> PydanticCustomError:
    """A mistake with its own words."""
    return PydanticCustomError("wrong", "{message}", {"message": message})


def _whole_number(value: object) -> object:
    if isinstance(value, FromEnvironment) and re.fullmatch(r"[+-]?\d{1,18}", value):
        return int(value)
    if type(value) is not int:  # a bool is an int in Python, and is none here
        raise wrong("a whole number is expected")
    return value


def _duration(value: object) -> object:
    match value:
        case dt.timedelta():
            return value
        case bool():
            seconds = None
        case int() | float():
            seconds = float(value) if math.isfinite(value) else None
        case str():
            parts = _DURATION.fullmatch(value)
            seconds = float(parts[1]) * _SECONDS[parts[2]] if parts and len(value) < 20 else None
        case _:
            seconds = None
    if seconds is None or seconds < 0:
        raise wrong('a duration is expected: seconds, or a text such as "30s", "15m", "6h", "1d"')
    if seconds > _MAX_DURATION.total_seconds():
        raise wrong("a duration of at most 366 days is expected")
    return dt.timedelta(seconds=seconds)


def _size(value: object) -> object:
    if type(value) is int:
        return value
    parts = _SIZE.fullmatch(value) if isinstance(value, str) and len(value) < 20 else None
    if parts is None:
        raise wrong('a size is expected: bytes, or a text such as "512MiB", "1GiB"')
    unit = (parts[2] or "B").lower()
    base = 1024 if "i" in unit else 1000
    return int(float(parts[1]) * base ** _POWERS.get(unit[0], 0))


def _date(value: object) -> object:
    if isinstance(value, str):
        try:
            return dt.date.fromisoformat(value)
        except ValueError:
            value = None
    if type(value) is not dt.date:  # a date with a time is a datetime, which is a date in Python
        raise wrong("a date such as 2027-01-31 is expected")
    return value


def _text(value: str) -> str:
    if not value.strip():
        raise wrong("a text that is not empty is expected")
    if _CONTROL.search(value):
        raise wrong("a text of one line without control characters is expected")
    return value


def _path(value: object) -> object:
    if isinstance(value, Path):
        return value
    if not isinstance(value, str):
        raise wrong("a path in quotes is expected")
    return Path(_text(value)).expanduser()


def _matching(pattern: str, expected: str) -> Callable[[str], str]:
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if compiled.fullmatch(value) is None:
            raise wrong(expected)
        return value

    return check


def _http_url(value: str) -> str:
    try:
        parts = urlsplit(_text(value))
        valid = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # urlsplit says it of brackets, .port of a port beyond 65535
        valid = False
    if not valid:
        raise wrong("a URL such as http://127.0.0.1:5000 is expected")
    if parts.username is not None or parts.password is not None:
        raise wrong("a URL without user and password is expected")
    return value


def _database_url(value: SecretStr) -> SecretStr:
    try:
        parts = urlsplit(_text(value.get_secret_value()))
        valid = parts.scheme in {"postgresql", "postgres"} and parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        raise wrong("a URL such as postgresql://user@host:5432/database is expected")
    return value


def checked(field: Any, value: str, what: str) -> str:
    """A value from elsewhere, if a field of the settings would take it.

    Args:
        field: one of the types below.
        value: what was given.
        what: what it is, for the message, which does not hold the value.

    Raises:
        ConfigError: the field would not take it.
    """
    try:
        return str(TypeAdapter(field).validate_python(value))
    except ValidationError as error:
        expected = error.errors(include_input=False, include_url=False)[0]["msg"]
    raise ConfigError(f"{what}: {expected}")


def has_password(url: SecretStr) -> bool:
    """Whether a database URL carries a password, before the host or as a parameter."""
    parts = urlsplit(url.get_secret_value())
    return bool(parts.password) or "password" in parse_qs(parts.query)


def _state(value: str) -> str:
    text = _text(value)
    if "://" in text and re.fullmatch(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/[^/].*", text) is None:
        raise wrong("a path, or s3://bucket/key, is expected")
    return text


def _json(value: object) -> object:
    match value:
        case FromEnvironment():
            return str(value)
        case None | bool() | int() | str():
            return value
        case float():
            if math.isfinite(value):
                return value
        case list() | tuple():
            return [_json(item) for item in value]
        case dict():
            return {str(name): _json(item) for name, item in value.items()}
    raise wrong("a text, number, true, false, list or table is expected; a date goes in quotes")


def _cron(value: str) -> str:
    if not is_cron(_text(value)):
        raise wrong("five fields of cron such as 0 18 * * fri are expected")
    return value


def _condition(value: str) -> str:
    if not is_condition(value):
        raise wrong('a CEL expression over plan is expected, such as plan.risk.level == "low"')
    return value


def _time_zone(value: str) -> str:
    try:
        ZoneInfo(_text(value))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise wrong("a time zone such as Asia/Seoul is expected") from error
    return value


WholeNumber: TypeAlias = Annotated[int, BeforeValidator(_whole_number)]
Duration: TypeAlias = Annotated[dt.timedelta, BeforeValidator(_duration)]
"""Seconds as a number, or a number with s, m, h or d."""
ByteCount: TypeAlias = Annotated[int, BeforeValidator(_size), Field(ge=0)]
Date: TypeAlias = Annotated[dt.date, BeforeValidator(_date)]
Text: TypeAlias = Annotated[str, AfterValidator(_text)]
Cron: TypeAlias = Annotated[str, AfterValidator(_cron)]
Condition: TypeAlias = Annotated[str, AfterValidator(_condition)]
TimeZone: TypeAlias = Annotated[str, AfterValidator(_time_zone)]
FilePath: TypeAlias = Annotated[Path, BeforeValidator(_path)]
JsonValue: TypeAlias = Annotated[Any, BeforeValidator(_json)]

# Names become file names under the state directory, and labels in URLs and logs.
Name: TypeAlias = Annotated[
    str,
    AfterValidator(
        _matching(
            r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}",
            "a name of at most 100 letters, digits, dots, dashes and underscores is expected",
        )
    ),
]
AccountId: TypeAlias = Annotated[
    str, AfterValidator(_matching(r"[0-9]{12}", "an account id of 12 digits, in quotes, is expected"))
]
Region: TypeAlias = Annotated[
    str, AfterValidator(_matching(r"[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}", "a region such as ap-northeast-2 is expected"))
]
RoleArn: TypeAlias = Annotated[
    str,
    AfterValidator(
        _matching(
            r"arn:aws[a-z-]*:iam::[0-9]{12}:role/[\w+=,.@/-]{1,512}",
            "the ARN of a role is expected: arn:aws:iam::123456789012:role/name",
        )
    ),
]
HttpUrl: TypeAlias = Annotated[str, AfterValidator(_http_url)]
DatabaseUrl: TypeAlias = Annotated[SecretStr, AfterValidator(_database_url)]
StateLocation: TypeAlias = Annotated[str, AfterValidator(_state)]
