"""``centri lead load``: a partner's own list of leads."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from centri.cli.importing import Map, MapFile, Region, Rejects, country_of, keep_rejects, not_there, pairs
from centri.cli.importing import progress as shown_progress
from centri.cli.lead_acts import app
from centri.cli.options import Home, Json, Mappings, opened
from centri.cli.output import HELD, answering, print_json

if TYPE_CHECKING:
    from centri.engine.import_plan import FileImport
    from centri.engine.imports import Imported

__all__ = ["app"]


@app.command()
def load(
    file: Annotated[Path, typer.Argument(help="A .csv or .xlsx file.", show_default=False)],
    actor: Annotated[
        str, typer.Option("--as", help="The partner's person whose leads these are, by e-mail.", show_default=False)
    ],
    yes: Annotated[bool, typer.Option("--yes", help="Take them in; without it only what would become of them is shown.")] = False,
    given: Map = None,
    map_file: MapFile = None,
    sheet: Annotated[str | None, typer.Option("--sheet", help="The sheet of an Excel file; its first without it.")] = None,
    region: Region = None,
    rejects: Rejects = None,
    as_json: Json = False,
    mappings: Mappings = None,
    home: Home = None,
) -> None:
    """Take in leads that a partner found itself: it works on them at once, and nobody else is offered them.

    Examples: `centri lead load prospects.csv --as clara@alpine.example`,
    `centri lead load prospects.xlsx --as clara@alpine.example --map "Firma=company" --yes`

    A row about somebody whom the partner has already, by name and e-mail address or else company, fills what is blank there, so
    the same file again changes nothing. Somebody who stands in the list twice becomes one lead (`centri dedupe undo` tells them
    apart again). Exit code 3 says that rows were set aside; they are in the rejects file with the reasons, corrected there it can
    be loaded as it is, and until then each is an open anomaly.
    """
    with answering(as_json=as_json), opened(mappings, home) as project:
        from centri.engine.import_plan import Options
        from centri.engine.lead_loading import load_leads, open_list

        not_there(rejects)
        options = Options(pairs(given, map_file), sheet=sheet, region=country_of(region))
        wanted = open_list(project, file, options)
        with shown_progress("loading") as progress:
            done = load_leads(project, wanted, actor, plan=not yes, progress=progress)
        path = keep_rejects(wanted, done, rejects) if yes else None
        _tell(wanted, done, path, written=yes, actor=actor, as_json=as_json)
    raise typer.Exit(HELD if done.rejects else 0)


def _tell(wanted: "FileImport", done: "Imported", rejects: Path | None, *, written: bool, actor: str, as_json: bool) -> None:
    from centri.cli import import_shown as shown

    if as_json:
        print_json(shown.as_json(wanted, done, written=written, rejects=rejects))
    elif written:
        shown.result(wanted, done, rejects, again=f"centri lead load {rejects} --as {actor}")
    else:
        shown.preview(wanted, done)
