"""What ``centri check`` prints: text for people, and what machines read: JSON, GitHub's annotations, SARIF."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from centri.cli.output import note, print_json, say
from centri.mappings.fit.faults import RULES

if TYPE_CHECKING:
    from centri.engine.check import Found, Report, Unseen

SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def text(report: "Report") -> None:
    """Problems on standard error, one a line; what is fine on standard output."""
    for found in report.found:
        note(str(found))
    for unseen in report.unseen:
        note(_could_not_look(report, unseen))
    for change in _elsewhere(report):
        say(f"{change['connection']} {change['object']}.{change['field']} {change['change']}: nothing maps it")
    if report.exit_code == 0:
        warnings = f", {len(report.found)} warnings" if report.found else ""
        fine = "are as they were recorded" if report.against == "drift" else "are fine"
        say(f"{report.file}: {report.mappings} mappings on {report.connections} connections {fine}{warnings}")


def json(report: "Report") -> None:
    """One document."""
    document = {
        "ok": report.exit_code == 0,
        "file": report.file,
        "against": report.against,
        "connections": report.connections,
        "mappings": report.mappings,
        "problems": [_problem(found) for found in report.found],
        "could_not_look": {unseen.connection: unseen.why for unseen in report.unseen},
    }
    print_json(document | ({"elsewhere": _elsewhere(report)} if report.against == "drift" else {}))


def github(report: "Report") -> None:
    """A workflow command for each problem, which GitHub shows beside the line."""
    for found in report.found:
        where = {"file": _relative(found.file), "line": str(found.line or 1)} | (
            {"col": str(found.column)} if found.column else {}
        )
        _annotate(found.severity, {**where, "title": f"centri {found.rule}"}, _said(found))
    for unseen in report.unseen:
        _annotate("error", {"title": "centri unseen"}, _could_not_look(report, unseen))


def sarif(report: "Report") -> None:
    """A SARIF 2.1.0 log of one run."""
    from importlib.metadata import version

    rules = [
        {"id": id, "shortDescription": {"text": rule.meaning}, "defaultConfiguration": {"level": str(rule.severity)}}
        for id, rule in RULES.items()
    ]
    told = [{"level": "error", "message": {"text": _could_not_look(report, unseen)}} for unseen in report.unseen]
    run = {
        "tool": {"driver": {"name": "centri", "version": version("centri"), "rules": rules}},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": not report.unseen, "toolExecutionNotifications": told}],
        "results": [_result(found) for found in report.found],
    }
    print_json({"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]})


def _problem(found: "Found") -> dict[str, Any]:
    return {
        "file": found.file,
        "line": found.line,
        "column": found.column or None,
        "severity": found.severity,
        "rule": found.rule,
        "message": found.message,
        "remedy": found.remedy,
    }


def _result(found: "Found") -> dict[str, Any]:
    region = {"startLine": found.line or 1} | ({"startColumn": found.column} if found.column else {})
    at = {"physicalLocation": {"artifactLocation": {"uri": _relative(found.file)}, "region": region}}
    return {
        "ruleId": found.rule,
        "ruleIndex": list(RULES).index(found.rule),
        "level": str(found.severity),
        "message": {"text": _said(found)},
        "locations": [at],
    }


def _annotate(severity: str, properties: Mapping[str, str], message: str) -> None:
    told = ",".join(f"{name}={_escaped(value, ':,')}" for name, value in properties.items())
    sys.stdout.write(f"::{severity} {told}::{_escaped(message)}\n")


def _escaped(value: str, also: str = "") -> str:
    for character in ("%", "\r", "\n", *also):
        value = value.replace(character, f"%{ord(character):02X}")
    return value


def _said(found: "Found") -> str:
    return f"{found.message}; {found.remedy}" if found.remedy else found.message


def _could_not_look(report: "Report", unseen: "Unseen") -> str:
    instead = "; to check against what is recorded: centri check --offline" if report.against == "live" else ""
    return f"could not look at {unseen.connection}: {unseen.why}{instead}"


def _elsewhere(report: "Report") -> list[dict[str, str]]:
    changes = getattr(report, "elsewhere", ())
    return [
        {
            "connection": e.connection,
            "object": e.object,
            "field": e.drift.field,
            "change": e.drift.change,
            "detail": e.drift.detail,
        }
        for e in changes
    ]


def _relative(file: str) -> str:
    """A file as the repository names it, where the command runs at the repository's top."""
    path = Path(file).resolve()
    return path.relative_to(Path.cwd()).as_posix() if path.is_relative_to(Path.cwd()) else path.as_posix()


FORMATS: Mapping[str, Callable[["Report"], None]] = {"text": text, "json": json, "github": github, "sarif": sarif}
