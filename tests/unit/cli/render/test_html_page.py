from __future__ import annotations

import base64
import dataclasses
import hashlib
import re
from enum import Enum
from xml.etree import ElementTree as ET

from support.pages import Page
from support.reports import in_sync, sample

from reconciler.cli.render.chart import bars
from reconciler.cli.render.html_page import render_html
from reconciler.cli.render.summary import all_findings


def test_verdict_and_coverage_stand_at_the_top() -> None:
    page = render_html(sample())
    header = page[page.index("<header") : page.index("</header>")]
    assert "DRIFTED" in header
    assert "117 of 120 recorded resources checked" in header
    assert "3 unknown" in header
    assert "19 findings: 2 critical, 6 high, 8 medium, 3 low" in header


def test_a_policy_is_shown_line_by_line_and_a_value_by_its_sides() -> None:
    page = render_html(sample())
    assert "<ins>          &#34;s3:ListBucket&#34;,</ins>" in page.replace(
        "        &#34;s3:L", "          &#34;s3:L", 1
    ) or ("&#34;s3:ListBucket&#34;,</ins>" in page)
    assert "<dt>before</dt><dd>14</dd>" in page
    assert "<dt>after</dt><dd>1</dd>" in page
    assert "(sensitive) has changed" in page
    assert "expired rule aws_instance.blue" in page


def test_nothing_is_fetched_and_nothing_runs() -> None:
    page = Page(render_html(sample()))
    tags = {tag for tag, _ in page.elements}
    assert tags & {"script", "link", "img", "iframe", "object", "form", "a"} == set()
    attributes = {name for _, attributes in page.elements for name in attributes}
    assert attributes & {"style", "src", "href", "srcset"} == set()
    assert not {name for name in attributes if name.startswith("on")}


def test_the_policy_allows_the_pages_own_style_alone() -> None:
    source = render_html(in_sync())
    style = source[source.index("<style>") + 7 : source.index("</style>")]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policies = [a["content"] for tag, a in Page(source).elements if tag == "meta" and "http-equiv" in a]
    assert policies == [f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"]
    assert "url(" not in style
    assert "@import" not in style


def test_charts_say_the_same_in_words() -> None:
    page = Page(render_html(sample()))
    labels = [a.get("aria-label") for tag, a in page.elements if tag == "svg" and a.get("class") == "bar"]
    assert labels[0] == "changed: 10 (2 critical, 3 high, 3 medium, 2 low)"
    assert labels[-1] == "development: none"
    for tag, attributes in page.elements:
        if tag == "svg":
            assert attributes.get("aria-label") or attributes.get("aria-hidden") == "true"


def test_bars_add_up() -> None:
    (bar,) = bars(all_findings(sample()), ["all"], lambda _: "all")
    assert bar.total == 19
    assert abs(sum(segment.length for segment in bar.segments) - 100) < 0.01


def test_every_text_of_a_hostile_report_is_escaped() -> None:
    hostile = "\"'><script>alert(1)</script><!--"
    original = sample().to_json()
    report = _with_texts(sample(), hostile)
    assert original != report.to_json()
    source = render_html(report)
    assert "<script" not in source
    assert "&lt;script&gt;" in source
    body = source[source.index("<body>") : source.index("</body>")]
    assert "<!--" not in body


def _with_texts(value: object, text: str) -> object:  # noqa: PLR0911  one per kind of value
    """The same report with every string that is no word of ours replaced."""
    if isinstance(value, Enum):
        return value
    if isinstance(value, str):
        return text
    if isinstance(value, tuple):
        return tuple(_with_texts(item, text) for item in value)
    if isinstance(value, list):
        return [_with_texts(item, text) for item in value]
    if isinstance(value, dict):
        return {name: _with_texts(item, text) for name, item in value.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in dataclasses.fields(value)]
        return dataclasses.replace(value, **{name: _with_texts(getattr(value, name), text) for name in names})
    return value


def test_svg_is_well_formed() -> None:
    for picture in re.findall(r"<svg.*?</svg>", render_html(sample()), re.DOTALL):
        assert ET.fromstring(picture).tag == "svg"  # noqa: S314  our own output
