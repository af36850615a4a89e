"""``centri test``: the cases that say what the mapping must do."""

from collections.abc import Sequence
from difflib import unified_diff
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from centri.cli.options import Json, Mappings, settings
from centri.cli.output import answering, note, print_json, say

if TYPE_CHECKING:
    from centri.engine.cases import Outcome, Runner
    from centri.mappings.case_files import Written

FAILED = 1
"""The exit code where a case fails: the mapping or the case must be mended."""


def run(
    cases: Annotated[
        list[Path] | None,
        typer.Argument(help="Case files or folders of them (else fixtures/cases beside the mapping).", show_default=False),
    ] = None,
    update: Annotated[bool, typer.Option("--update", help="Write what came of failing cases into their files.")] = False,
    only: Annotated[str | None, typer.Option("-k", metavar="TEXT", help="Only cases whose name holds this text.")] = None,
    as_json: Json = False,
    mappings: Mappings = None,
) -> None:
    """Run the mapping's test cases. Nothing is connected to, and the store is left alone.

    Examples: `centri test`, `centri test fixtures/cases/leads.yaml -k conflict`, `centri test --update`

    A failure names the file and line, what was expected, what came of it, and why. `--update` rewrites what fails under `then`
    and prints what it changed; review that as you would review code. Exit code 1 says that a case failed.
    """
    with answering(as_json=as_json):
        from centri.engine.cases import descriptions, fixtures_beside, known, running
        from centri.engine.project import PRM_FIELDS
        from centri.mappings.case_files import case_paths, load_cases
        from centri.mappings.loader import load

        path = settings(mappings).mappings
        mapping, fixtures = load(path, PRM_FIELDS), fixtures_beside(path)
        described = descriptions(mapping, fixtures)
        paths = case_paths(cases or [fixtures.folder / "cases"])
        wanted = [w for w in load_cases(paths, known(mapping, described)) if _is_wanted(w, only)]
        with running(mapping, fixtures, described) as runner:
            outcomes = [_run(runner, written, quiet=as_json or update) for written in wanted]
    failed = [outcome for outcome in outcomes if not outcome.passed]
    left = _update(failed, quiet=as_json) if update else failed
    _tell(outcomes, failed, left, as_json=as_json)
    if not outcomes:
        note(f"centri: no case's name holds {only!r}" if only else "centri: there are no cases")
    raise typer.Exit(FAILED if left or not outcomes else 0)


def _tell(outcomes: "Sequence[Outcome]", failed: "Sequence[Outcome]", left: "Sequence[Outcome]", *, as_json: bool) -> None:
    """The result; what was written anew counts neither as passed nor as failed."""
    counts = {"passed": len(outcomes) - len(failed), "failed": len(left), "updated": len(failed) - len(left)}
    if as_json:
        from centri.engine.case_report import as_json as told

        print_json({"ok": not left, **counts, "cases": [told(outcome) for outcome in outcomes]})
        return
    if len(left) < len(failed):
        from centri.engine.case_report import failure

        for outcome in left:
            say(f"{failure(outcome)}\n")
    say(", ".join(f"{number} {name}" for name, number in counts.items() if number or name != "updated"))


def _is_wanted(written: "Written", only: str | None) -> bool:
    return only is None or only.casefold() in written.case.name.casefold()


def _run(runner: "Runner", written: "Written", *, quiet: bool) -> "Outcome":
    outcome = runner.run(written)
    if not quiet and not outcome.passed:
        from centri.engine.case_report import failure

        say(f"{failure(outcome)}\n")
    return outcome


def _update(outcomes: "Sequence[Outcome]", *, quiet: bool) -> "list[Outcome]":
    """Write what came of failing cases into their files, and show the difference; answers those that could not be run."""
    from centri.mappings.case_update import update

    failed = [o for o in outcomes if not o.fault]
    for file in dict.fromkeys(o.written.source.file for o in failed):
        mine = [o for o in failed if o.written.source.file == file]
        before, after = update(Path(file), [change for o in mine for change in o.changes()])
        if not quiet:
            say("".join(unified_diff(before.splitlines(keepends=True), after.splitlines(keepends=True), file, file)))
    return [o for o in outcomes if o.fault]
