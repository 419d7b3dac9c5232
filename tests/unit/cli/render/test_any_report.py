"""Whatever the cloud, a template or a person has written: every view of it is whole and does no harm.

One test for all views, since making a report takes longer than rendering it six times.
"""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

from hypothesis import given
from support.pages import HARMFUL, check_whole
from support.reports import SECRET, any_values, reports

from reconciler.cli.render.csv_rows import COLUMNS, render_csv
from reconciler.cli.render.html_page import render_html
from reconciler.cli.render.json_text import render_json
from reconciler.cli.render.markdown import render_markdown
from reconciler.cli.render.sarif import render_sarif
from reconciler.cli.render.table import render_table
from reconciler.drift.report import Report


@given(reports)
@any_values
def test_every_view_of_any_report(report: Report) -> None:
    check_table(report)
    page, table, text = render_html(report), render_csv(report), render_markdown(report)
    log, told = render_sarif(report), render_json(report)
    check_whole(page)
    check_csv(table)
    check_markdown(text)
    check_sarif(json.loads(log.encode()))
    assert json.loads(told.encode())["format_version"] == "1.0"
    assert SECRET not in page + table + text + log + told


def check_table(report: Report) -> None:
    for line in render_table(report, 80):
        assert line.cell_len <= 80
        assert line.plain == line.plain.rstrip()
        assert "\n" not in line.plain
        assert HARMFUL.search(line.plain) is None


def check_csv(text: str) -> None:
    for row in csv.DictReader(io.StringIO(text, newline="")):
        assert tuple(row) == COLUMNS
        for cell in row.values():
            assert not cell.startswith(("=", "+", "-", "@", "\t", "\r")) or re.fullmatch(r"-?\d+(\.\d+)?", cell)


def check_markdown(text: str) -> None:
    for line in text.split("\n"):
        if line.startswith("| "):
            assert len(re.findall(r"(?<!\\)\|", line)) == 6
    assert text.count("\n<details>") == text.count("\n</details>")
    assert HARMFUL.search(text) is None


def check_sarif(log: dict[str, Any]) -> None:
    """What the schema of SARIF 2.1.0 asks of the parts that we write."""
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"]
    rules = driver["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    for rule in rules:
        assert rule["defaultConfiguration"]["level"] in {"none", "note", "warning", "error"}
        assert 0 < float(rule["properties"]["security-severity"]) <= 10
    for invocation in run["invocations"]:
        assert isinstance(invocation["executionSuccessful"], bool)
        for note in invocation["toolExecutionNotifications"]:
            assert note["message"]["text"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["message"]["text"]
        for location in result["locations"]:
            place = location["physicalLocation"]
            assert re.fullmatch(r"[A-Za-z0-9%/._~:-]+", place["artifactLocation"]["uri"])
            if "region" in place:
                assert place["region"]["startLine"] >= 1
                assert place["region"].get("startColumn", 1) >= 1
