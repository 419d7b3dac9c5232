from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from support.pages import HOSTILE, Page, check_escaped, check_inert, with_texts
from support.reports import in_sync, sample

from reconciler.cli.render.chart import bars
from reconciler.cli.render.html_page import render_html
from reconciler.cli.render.summary import all_findings
from reconciler.drift.report import Report


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
    for report in (sample(), in_sync()):
        check_inert(render_html(report))


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
    report = with_texts(sample(), HOSTILE)
    assert isinstance(report, Report)
    assert sample().to_json() != report.to_json()
    check_escaped(render_html(report))


def test_svg_is_well_formed() -> None:
    for picture in re.findall(r"<svg.*?</svg>", render_html(sample()), re.DOTALL):
        assert ET.fromstring(picture).tag == "svg"  # noqa: S314  our own output
