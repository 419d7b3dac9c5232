"""SARIF 2.1.0, for code scanning views: each finding at the line that declares the resource.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import posixpath
import re
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from reconciler.cli.render.json_text import dump
from reconciler.cli.render.summary import KIND_MEANING, problem_line, worst_first
from reconciler.cli.render.text import ARROW, shorten_pair, value_text, visible
from reconciler.cli.version import version
from reconciler.drift.finding import Change, Finding, Kind, Severity
from reconciler.drift.report import KnownFinding, Report, Status, WorkspaceReport

_LEVEL = {Severity.CRITICAL: "error", Severity.HIGH: "error", Severity.MEDIUM: "warning", Severity.LOW: "note"}
# GitHub sorts by this number: above 9.0 critical, 7.0 high, 4.0 medium, 0.1 low.
_SCORE = {Severity.CRITICAL: "9.5", Severity.HIGH: "8.0", Severity.MEDIUM: "5.5", Severity.LOW: "2.0"}
_POSITION = re.compile(r"(?P<file>.+?)(?::(?P<line>[1-9]\d{0,8}))?(?::(?P<column>[1-9]\d{0,8}))?", re.DOTALL)
_MAX_VALUE = 120


def render_sarif(report: Report, root: str = "/") -> str:
    """One run with a rule for each kind and severity that occurs.

    Files below ``root``, an absolute path, are named from there: code scanning looks for them from a checkout's top.
    """
    pairs = sorted(
        {(known.finding.kind, known.finding.severity) for w in report.workspaces for known in w.findings},
        key=lambda pair: (list(Kind).index(pair[0]), -pair[1].rank),
    )
    run = {
        "tool": {
            "driver": {
                "name": "reconciler",
                "version": version(),
                "rules": [_rule(kind, severity) for kind, severity in pairs],
            }
        },
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(report)],
        "results": [
            _result(workspace, known, root, pairs.index((known.finding.kind, known.finding.severity)))
            for workspace in report.workspaces
            for known in worst_first(workspace.findings)
        ],
    }
    return dump({"version": "2.1.0", "$schema": "https://json.schemastore.org/sarif-2.1.0.json", "runs": [run]})


def rule_id(kind: Kind, severity: Severity) -> str:
    """``drift/changed/high``."""
    return f"drift/{kind.value}/{severity.value}"


def _rule(kind: Kind, severity: Severity) -> dict[str, Any]:
    return {
        "id": rule_id(kind, severity),
        "name": f"{kind.value.capitalize()}{severity.value.capitalize()}",
        "shortDescription": {"text": f"A resource is {kind.value} ({severity.value})"},
        "fullDescription": {"text": KIND_MEANING[kind]},
        "defaultConfiguration": {"level": _LEVEL[severity]},
        "properties": {"security-severity": _SCORE[severity], "tags": ["drift", kind.value, severity.value]},
    }


def _invocation(report: Report) -> dict[str, Any]:
    """How the pass went: what could not be checked stands here, since it is no result."""
    notes = []
    for workspace in report.workspaces:
        name = visible(workspace.name)
        if workspace.fault:
            notes.append(("error", f"{name}: {problem_line(workspace.fault)}"))
        notes += [("warning", f"{name}: {problem_line(problem)}") for problem in workspace.problems]
        notes += [
            ("warning", visible(f"{name}: {unknown.label} could not be checked: {unknown.reason.value}"))
            for unknown in sorted(workspace.coverage.unknown)
        ]
    invocation: dict[str, Any] = {
        "executionSuccessful": not any(workspace.fault for workspace in report.workspaces),
        "exitCode": report.exit_code,
        "toolExecutionNotifications": [{"level": level, "message": {"text": text}} for level, text in notes],
    }
    if report.facts is not None:
        invocation["startTimeUtc"] = f"{report.facts.started_at:%Y-%m-%dT%H:%M:%SZ}"
        invocation["endTimeUtc"] = f"{report.facts.finished_at:%Y-%m-%dT%H:%M:%SZ}"
    return invocation


def _result(workspace: WorkspaceReport, known: KnownFinding, root: str, index: int) -> dict[str, Any]:
    finding = known.finding
    result: dict[str, Any] = {
        "ruleId": rule_id(finding.kind, finding.severity),
        "ruleIndex": index,
        "level": _LEVEL[finding.severity],
        "message": {"text": _message(finding)},
        "locations": [_location(workspace, finding, root)],
        "partialFingerprints": {"findingId/v1": visible(known.id)},
        "properties": {
            "workspace": workspace.name,
            "environment": workspace.environment,
            "resourceType": finding.resource_type,
            "firstSeen": known.first_seen.isoformat(),
        },
    }
    if known.status is Status.ACKNOWLEDGED:
        result["suppressions"] = [
            {"kind": "external", "status": "accepted", "justification": visible(known.note or "acknowledged")}
        ]
    return result


def _message(finding: Finding) -> str:
    parts = [f"{visible(finding.label)} is {finding.kind.value}: {KIND_MEANING[finding.kind]}."]
    parts += [f"{visible(reason)}." for reason in finding.reasons]
    parts += [_change(change) for change in finding.changes]
    return "\n".join(parts)


def _change(change: Change) -> str:
    path = visible(change.text)
    if change.added is not None or change.removed is not None:
        return f"{path}: {len(change.removed or ())} removed, {len(change.added or ())} added"
    before, after = shorten_pair(value_text(change.recorded), value_text(change.observed), _MAX_VALUE)
    return f"{path}: {before} {ARROW} {after}"


def _location(workspace: WorkspaceReport, finding: Finding, root: str) -> dict[str, Any]:
    """The declaring line; without one the template's folder, since viewers drop results that have no place."""
    position = _POSITION.fullmatch(finding.position) if finding.position else None
    # A position counts from the template's folder.
    file = posixpath.normpath(posixpath.join(workspace.template_path, position["file"] if position else "."))
    place: dict[str, Any] = {"artifactLocation": {"uri": _uri(file, root)}}
    if position and position["line"]:
        place["region"] = {"startLine": int(position["line"])}
        if position["column"]:
            place["region"]["startColumn"] = int(position["column"])
    name = visible(finding.label)
    return {
        "physicalLocation": place,
        "logicalLocations": [{"fullyQualifiedName": name, "kind": "resource"}],
    }


def _uri(file: str, root: str) -> str:
    path = PurePosixPath(file)
    if root != "/" and path.is_relative_to(root):
        path = path.relative_to(root)
    quoted = quote(str(path).encode("utf-8", "surrogatepass"), safe="/-._~")
    return f"file://{quoted}" if path.is_absolute() else quoted
