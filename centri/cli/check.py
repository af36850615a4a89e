"""``centri check``: the mapping file, against the language and against what the CRMs describe."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from centri.cli.options import Json, Mappings, settings
from centri.cli.output import answering
from centri.errors import ConfigError

if TYPE_CHECKING:
    from centri.engine.check import Report


class Format(StrEnum):
    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    SARIF = "sarif"


def check(
    offline: Annotated[
        bool, typer.Option("--offline", help="Against the recorded metadata in fixtures; nothing is asked.")
    ] = False,
    language: Annotated[bool, typer.Option("--language", help="The file alone, against no CRM.")] = False,
    drift: Annotated[bool, typer.Option("--drift", help="The recorded metadata against the CRMs as they are.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings are errors.")] = False,
    format: Annotated[Format, typer.Option("--format", help="How to print what is found.")] = Format.TEXT,
    as_json: Json = False,
    fixtures: Annotated[
        Path | None, typer.Option("--fixtures", help="The recordings (else fixtures beside the mapping).", show_default=False)
    ] = None,
    mappings: Mappings = None,
) -> None:
    """Check the mapping and print every fault in it, each with file, line and remedy. Nothing is written anywhere.

    Examples: `centri check`, `centri check --offline --strict`, `centri check --drift --json`,
    `centri check --offline --format sarif > check.sarif`

    First the language; then, if that holds, each CRM is asked what it has, one call for each object: fields that are not there
    or may not be written, types and lengths that do not fit, picklist values without a meaning, required fields that nothing
    feeds, references that lead elsewhere, values that do not come back as they were. A warning that is meant is allowed on its
    line: `# allow: round-trip`. Exit code 1 where something must be mended, 2 where a CRM could not be looked at.

    `--drift` tells what changed in the CRMs since they were recorded, and what that means for the mapping: exit code 3 where
    something mapped differs.
    """
    if sum((offline, language, drift)) > 1:
        raise ConfigError("--offline, --language and --drift are three different checks; name one of them")
    format = Format.JSON if as_json else format
    with answering(as_json=format is Format.JSON):
        from centri.connectors.recorded import Fixtures

        given = settings(mappings)
        recorded = Fixtures(fixtures) if fixtures else None
        if drift:
            from centri.engine.check_drift import check_drift

            report: Report = check_drift(given, recorded)
        else:
            from centri.engine.check import Against
            from centri.engine.check import check as check_mapping

            against = Against.RECORDED if offline else Against.LANGUAGE if language else Against.LIVE
            report = check_mapping(given, against, recorded, strict=strict)
    from centri.cli.check_formats import FORMATS

    FORMATS[format](report)
    if report.exit_code:
        raise typer.Exit(report.exit_code)
