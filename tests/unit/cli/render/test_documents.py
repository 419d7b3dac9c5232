"""The formats for other programs: JSON, CSV, SARIF, and Markdown."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import pytest
from support.reports import sample

from reconciler.cli.render.csv_rows import COLUMNS, render_csv
from reconciler.cli.render.json_text import dump, render_json
from reconciler.cli.render.markdown import cell, code, escape, render_markdown
from reconciler.cli.render.sarif import render_sarif
from reconciler.drift.report import Report


def rows(report: Report) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(render_csv(report), newline="")))


class TestJson:
    def test_is_the_contract(self) -> None:
        assert json.loads(render_json(sample())) == sample().to_json()

    def test_holds_nothing_that_a_parser_refuses_or_a_terminal_obeys(self) -> None:
        text = dump({"a": [float("nan"), float("inf")], "b": "\ud800\x9b\u202e한"})
        assert json.loads(text) == {"a": ["nan", "inf"], "b": "\ud800\x9b\u202e한"}
        assert text.encode().isascii() is False
        assert not set("\ud800\x9b\u202e") & set(text)


class TestCsv:
    def test_a_row_for_each_change_and_each_thing_unknown(self) -> None:
        table = rows(sample())
        assert tuple(table[0]) == COLUMNS
        database = [row for row in table if row["address"] == "module.data.aws_db_instance.orders"]
        assert [(row["path"], row["recorded"], row["observed"]) for row in database] == [
            ("deletion_protection", "true", "false"),
            ("backup_retention_period", "14", "1"),
            ("password", "(sensitive)", "(sensitive)"),
        ]
        assert sum(row["kind"] == "unknown" for row in table) == 3
        assert sum(row["kind"] == "error" for row in table) == 2


class TestSarif:
    def test_a_finding_stands_at_its_line(self) -> None:
        (run,) = json.loads(render_sarif(sample()))["runs"]
        result = run["results"][0]
        assert result["ruleId"] == "drift/changed/critical"
        assert result["level"] == "error"
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] == "iac_templates/modules/data/exports.tf"
        assert place["region"] == {"startLine": 18}
        assert run["invocations"][0]["executionSuccessful"] is False
        assert len(run["invocations"][0]["toolExecutionNotifications"]) == 5

    def test_files_are_named_from_the_checkout_s_top(self) -> None:
        report = sample()
        absolute = replace(report.workspaces[0], template_path="/srv/estate/iac_templates/production")
        report = replace(report, workspaces=(absolute,))
        for root, uri in (
            ("/srv/estate", "iac_templates/modules/data/exports.tf"),
            ("/srv/est", "file:///srv/estate/iac_templates/modules/data/exports.tf"),
            ("/", "file:///srv/estate/iac_templates/modules/data/exports.tf"),
        ):
            (run,) = json.loads(render_sarif(report, root))["runs"]
            assert run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri

    def test_an_acknowledged_finding_is_suppressed(self) -> None:
        (run,) = json.loads(render_sarif(sample()))["runs"]
        (suppressed,) = [result for result in run["results"] if "suppressions" in result]
        assert suppressed["suppressions"][0]["justification"] == "load test until Friday, then back"


class TestMarkdown:
    @pytest.mark.parametrize(
        "passage",
        [
            "## 🔴 DRIFTED\n",
            "| 🟧 high | deleted | `module.observability.aws_cloudwatch_log_group.audit` |  | `78dde6e5` |\n",
            "- `backup_retention_period`: `14` → `1`\n",
            "- `ingress` _(not in template)_\n  ```diff\n  + {",
            "**Not scanned:** reconciler.toml:31:1: the template folder",
            "**expired rule** `aws_instance.blue`",
        ],
    )
    def test_what_a_reviewer_reads(self, passage: str) -> None:
        assert passage in render_markdown(sample())

    def test_signs_lose_their_meaning(self) -> None:
        assert escape("a|b <b> [x](y) *z* `c`") == r"a\|b \<b\> \[x\](y) \*z\* \`c\`"
        assert code("a`b") == "``a`b``"
        assert code("`x`") == "`` `x` ``"
        assert cell("a|b") == r"`a\|b`"
        assert code("a\nb") == r"`a\nb`"
