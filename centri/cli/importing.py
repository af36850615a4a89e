"""``centri import``: rows of a spreadsheet into the PRM."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from centri.cli.options import Home, Json, Mappings, settings, share
from centri.cli.output import HELD, answering, console
from centri.errors import ConfigError

if TYPE_CHECKING:
    from centri.engine.import_plan import FileImport
    from centri.engine.imports import Imported
    from centri.engine.project import Project

Map = Annotated[
    list[str] | None, typer.Option("--map", help='Correct the match: "Firma=company,Ort=city"; "Firma=" leaves a column out.')
]
MapFile = Annotated[Path | None, typer.Option("--map-file", help="The same from a file, one COLUMN=field a line.")]
Source = Annotated[str | None, typer.Option("--source", help="What the rows are known under; the file's name without it.")]
Key = Annotated[str | None, typer.Option("--key", help="The column that a row is known by; its content without it.")]
Exported = Annotated[
    str | None, typer.Option("--as", help="The connection whose CRM exported the file: its names and transforms.")
]
Rejects = Annotated[Path | None, typer.Option("--rejects", help="Where rows go that are set aside; beside the file without it.")]
Region = Annotated[str | None, typer.Option("--region", help="The country of telephone numbers without country code: DE.")]
Allow = Annotated[str | None, typer.Option("--allow", help="Let this share of the linked records change, such as 45%.")]


def import_(
    file: Annotated[Path, typer.Argument(help="A .csv or .xlsx file.", show_default=False)],
    entity: Annotated[str, typer.Option("--entity", help="What its rows are: lead, account, contact, ...", show_default=False)],
    yes: Annotated[bool, typer.Option("--yes", help="Import without asking.")] = False,
    given: Map = None,
    map_file: MapFile = None,
    key: Key = None,
    source: Source = None,
    exported_by: Exported = None,
    sheet: Annotated[str | None, typer.Option("--sheet", help="The sheet of an Excel file; its first without it.")] = None,
    region: Region = None,
    rejects: Rejects = None,
    allow: Allow = None,
    as_json: Json = False,
    mappings: Mappings = None,
    home: Home = None,
) -> None:
    """Import a spreadsheet: its rows are matched, checked and set aside like the records of a CRM.

    Examples: `centri import messe.xlsx --entity lead`, `centri import messe.xlsx --entity lead --map "Firma=company" --yes`,
    `centri import export.csv --entity lead --as salesforce --key Id`

    Without --yes it shows how the columns were matched, the first rows, and what would become of all of them, by importing
    into a copy of the store; on a terminal it then asks. What a row says fills blanks: where the PRM holds something else,
    that stays. The same file again changes nothing. Exit code 3 says that rows were set aside; they are in the rejects
    file with the reasons, and corrected there it can be imported as it is.
    """
    from dataclasses import replace

    from centri.cli import import_shown as shown
    from centri.engine.import_plan import Options, open_import

    with answering(as_json=as_json):
        from centri.engine.project import open_project

        not_there(rejects)
        options = Options(pairs(given, map_file), source, key, exported_by, sheet, country_of(region))
        project = open_project(replace(settings(mappings, home), allow=share(allow)))
        try:
            wanted = open_import(project, file, entity, options)
            if not yes:
                done = _rehearse(project, wanted)
                if as_json:
                    print_ = shown.as_json(wanted, done, written=False, rejects=None)
                    _end(print_, done)
                shown.preview(wanted, done)
                yes = _asked(file)
            if yes:
                done = _import(project, wanted)
                path = keep_rejects(wanted, done, rejects)
                if as_json:
                    _end(shown.as_json(wanted, done, written=True, rejects=path), done)
                shown.result(wanted, done, path)
        finally:
            project.close()
    raise typer.Exit(HELD if done.rejects else 0)


def _end(document: dict[str, Any], done: "Imported") -> None:
    from centri.cli.output import print_json

    print_json(document)
    raise typer.Exit(HELD if done.rejects else 0)


def _rehearse(project: "Project", wanted: "FileImport") -> "Imported":
    from centri.engine.imports import rehearsed

    with progress("trying it on a copy") as told, rehearsed(project, wanted, progress=told) as done:
        return done


def _import(project: "Project", wanted: "FileImport") -> "Imported":
    from centri.engine.imports import import_file

    with progress("importing") as told:
        return import_file(project, wanted, progress=told)


def not_there(rejects: Path | None) -> None:
    """Raises ConfigError where the file for the rejects is there already."""
    if rejects and rejects.exists():
        raise ConfigError(f"--rejects: {rejects} is there already; name another file")


def keep_rejects(wanted: "FileImport", done: "Imported", path: Path | None) -> Path | None:
    """Write what was set aside to a file, beside the imported one unless a ``path`` is named; answers where, if there was any."""
    from centri.engine.import_rejects import free_name, write_rejects

    if not done.rejects:
        return None
    path = path or free_name(wanted)
    write_rejects(wanted, done, path)
    return path


def _asked(file: Path) -> bool:
    """Whether a person at a terminal says yes; nobody else is asked."""
    return sys.stdin.isatty() and sys.stdout.isatty() and typer.confirm(f"\nImport {file.name}?", default=False)


def pairs(given: list[str] | None, file: Path | None) -> dict[str, str]:
    """Column -> field. Raises ConfigError."""
    parts = [part for text in given or () for part in text.split(",")]
    if file:
        try:
            lines = file.read_text(encoding="utf-8-sig").splitlines()
        except OSError as error:
            raise ConfigError(f"--map-file: {file} cannot be read ({error.strerror})") from error
        parts = [*(line for line in lines if line.strip() and not line.lstrip().startswith("#")), *parts]
    pairs = [part.rpartition("=") for part in parts if part.strip()]
    if wrong := [field for _, equals, field in pairs if not equals]:
        raise ConfigError(f"--map takes COLUMN=field, not {wrong[0]!r}")
    return {column.strip(): field.strip() for column, _, field in pairs}


def country_of(region: str | None) -> str | None:
    from centri.values import country

    try:
        return country(region) if region else None
    except ValueError as error:
        raise ConfigError(f"--region: {error}") from error


@contextmanager
def progress(what: str) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal's stderr, which goes away before the answer."""
    from rich.progress import BarColumn, Progress, TextColumn

    out = console(stderr=True)
    columns = (TextColumn(what), BarColumn(), TextColumn("{task.completed:,} rows"))
    with Progress(*columns, console=out, transient=True, disable=not out.is_terminal) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done: bar.advance(task, done)
