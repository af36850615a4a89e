"""``centri check`` and ``centri schema``: the mapping file itself."""

from typing import Annotated

import typer

from centri.cli.options import Json, Mappings, settings
from centri.cli.output import answering, print_json, say


def check(mappings: Mappings = None, as_json: Json = False) -> None:
    """Read the mapping and print every fault in it, each with file and line. Nothing is connected to.

    Examples: `centri check`, `centri check --mappings other.yaml --json`
    """
    with answering(as_json=as_json):
        from centri.engine.project import PRM_FIELDS
        from centri.mappings.loader import load

        path = settings(mappings).mappings
        found = load(path, PRM_FIELDS)
    connections, count = len(found.connections), len(found.mappings)
    if as_json:
        print_json({"ok": True, "file": str(path), "connections": connections, "mappings": count, "problems": []})
    else:
        say(f"{path}: {count} mappings on {connections} connections are fine")


def schema(
    write: Annotated[bool, typer.Option("--write", help="Write it into the package instead of printing it.")] = False,
) -> None:
    """Print the JSON Schema of the mapping file, which editors complete and check by.

    Examples: `centri schema > mapping.schema.json`, `centri schema --write`
    """
    from centri.mappings.json_schema import SCHEMA_FILE, schema_text

    if write:
        SCHEMA_FILE.write_text(schema_text(), encoding="utf-8")
        say(f"wrote {SCHEMA_FILE}")
    else:
        typer.echo(schema_text(), nl=False)
