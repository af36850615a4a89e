"""``centri diff``: what a mapping change does to recorded records, before anybody's CRM sees it."""

from pathlib import Path
from typing import Annotated

import typer

from centri.cli.options import Json, Mappings, settings
from centri.cli.output import HELD, answering, note
from centri.errors import ConfigError

_FIRST = 5


def diff(
    base: Annotated[str, typer.Argument(help="A revision in git, such as origin/main, or a file.")],
    head: Annotated[str | None, typer.Argument(help="Another one; without it the mapping file as it is.")] = None,
    fixtures: Annotated[
        Path | None, typer.Option("--fixtures", help="What was recorded, else fixtures beside the mapping.", show_default=False)
    ] = None,
    fail_on: Annotated[
        str | None,
        typer.Option("--fail-on", help="End with 3 where more than that is concerned: changed=10%,held=0.", show_default=False),
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help=f"Tell every record, not just the first {_FIRST} of a kind.")] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print it for a pull request's comment.")] = False,
    as_json: Json = False,
    mappings: Mappings = None,
) -> None:
    """Run two versions of the mapping over the recorded records, and print what differs. Nothing is connected to.

    Examples: `centri diff origin/main`, `centri diff HEAD~1 --markdown --fail-on held=0`,
    `centri diff old.yaml new.yaml --fail-on changed=10%,told=50 --json`

    Both versions load the records that `centri record` kept into a store that is thrown away: which records change, enter and
    leave, what is held, what the CRMs are told. Then the new version goes on where the old one left off, as it does when it
    is deployed, which says when a store that is there sees the difference: at once, when a record next changes, or never.

    `--fail-on` takes changed, entered, left, held and told, each with the number of records, or the share of the recorded
    ones, that is still let pass. Exit code 3 says that there are more. A BASE that has faults is told, and only HEAD is checked.
    """
    with answering(as_json=as_json):
        if markdown and as_json:
            raise ConfigError("--markdown and --json are two forms of one answer; give one of them")
        from centri.cli import diff_shown
        from centri.connectors.recorded import Fixtures
        from centri.engine.diff import diff as compare
        from centri.sync.thresholds import parse, passed

        thresholds = parse(fail_on)
        given = settings(mappings)
        folder = fixtures or given.mappings.parent / "fixtures"
        if not (folder / "metadata").is_dir():
            raise ConfigError(f"nothing is recorded in {folder}; to record a CRM: centri record CONNECTION")
        found = compare(base, head, given.mappings, Fixtures(folder))
        over = [f"{threshold}: {count.number:,} of {count.of:,}" for threshold, count in passed(thresholds, found.counts)]
    show = diff_shown.as_json if as_json else diff_shown.as_markdown if markdown else diff_shown.as_text
    show(found, over, most=None if all_ else _FIRST)
    for line in over:
        note(f"centri: over the threshold {line}")
    if over:
        raise typer.Exit(HELD)
