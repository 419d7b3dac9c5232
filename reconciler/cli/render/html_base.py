"""What every page is made with: one file, no script, no request, and a policy that forbids both."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from reconciler.cli.version import version

_TEMPLATES: Final = Path(__file__).parent / "templates"


class Tone(StrEnum):
    """How a thing is coloured; the words beside it say the same."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    GOOD = "good"
    PLAIN = "plain"


class Sign(StrEnum):
    """The picture before a verdict."""

    DONE = "done"
    OVER = "over"
    QUESTION = "question"
    WAITING = "waiting"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Look:
    """How a verdict looks."""

    tone: Tone
    sign: Sign


def render_page(name: str, **values: Any) -> str:
    """A page.

    Args:
        name: of its template and of its own style: ``report`` is ``report.html.j2`` and ``report.css``.
        values: what ``base.html.j2`` and the template show: ``title``, ``kicker``, ``tone`` and the template's own.
            Every text is escaped there.
    """
    style = _style(name)
    # The page's policy allows this style alone.
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    page = _templates().get_template(f"{name}.html.j2")
    return page.render(style=style, style_hash=digest, version=version(), **values)


@cache
def _style(name: str) -> str:
    return "".join((_TEMPLATES / f"{part}.css").read_text("utf-8") for part in ("base", name))


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
