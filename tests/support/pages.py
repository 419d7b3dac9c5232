"""HTML as a browser would take it, and what no page may hold."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import re
from enum import Enum
from html.parser import HTMLParser

HARMFUL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""What a terminal obeys, what reorders a line, and what is no character."""

HOSTILE = "\"'><script>alert(1)</script><!--\x1b[2J\u202e"

VOID = {"meta", "link", "br", "input", "img", "rect", "path", "circle"}


class Page(HTMLParser):
    """What a browser would see: elements, attributes, text; a tag that closes nothing is a fault."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def check_whole(source: str) -> Page:
    """The elements are those of the page, every one is closed, and nothing in it does harm."""
    page = Page(source)
    assert page.open == []
    assert "script" not in {tag for tag, _ in page.elements}
    assert HARMFUL.search(source) is None
    return page


def check_inert(source: str) -> None:
    """Nothing is fetched, nothing runs, and the policy allows the page's own style alone."""
    page = Page(source)
    tags = {tag for tag, _ in page.elements}
    assert tags & {"script", "link", "img", "iframe", "object", "form", "a"} == set()
    attributes = {name for _, attributes in page.elements for name in attributes}
    assert attributes & {"style", "src", "href", "srcset"} == set()
    assert not {name for name in attributes if name.startswith("on")}
    style = source[source.index("<style>") + 7 : source.index("</style>")]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policies = [a["content"] for tag, a in page.elements if tag == "meta" and "http-equiv" in a]
    assert policies == [f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"]
    assert "url(" not in style
    assert "@import" not in style


def check_escaped(source: str) -> None:
    """A page of a value whose every text is hostile shows it as text."""
    assert "<script" not in source
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&lt;!--\\x1b[2J\\u202e" in source
    assert HARMFUL.search(source) is None
    body = source[source.index("<body>") : source.index("</body>")]
    assert "<!--" not in body


def with_texts(value: object, text: str) -> object:  # noqa: PLR0911  one per kind of value
    """The same value with every string that is no word of ours replaced."""
    if isinstance(value, Enum):
        return value
    if isinstance(value, str):
        return text
    if isinstance(value, tuple):
        return tuple(with_texts(item, text) for item in value)
    if isinstance(value, list):
        return [with_texts(item, text) for item in value]
    if isinstance(value, dict):
        return {name: with_texts(item, text) for name, item in value.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in dataclasses.fields(value)]
        return dataclasses.replace(value, **{name: with_texts(getattr(value, name), text) for name in names})
    return value
