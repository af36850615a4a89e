"""``centri schema``: what an editor needs to know of the mapping language."""

from typing import Annotated

import typer

from centri.cli.output import say


def schema(
    write: Annotated[bool, typer.Option("--write", help="Write it into the package instead of printing it.")] = False,
    cases: Annotated[bool, typer.Option("--cases", help="That of the files of test cases instead.")] = False,
) -> None:
    """Print the JSON Schema of the mapping file, which editors complete and check by.

    Examples: `centri schema > mapping.schema.json`, `centri schema --write`, `centri schema --cases`
    """
    from centri.mappings.cases import CASES_SCHEMA_FILE, cases_schema_text
    from centri.mappings.json_schema import SCHEMA_FILE, schema_text

    file, text = (CASES_SCHEMA_FILE, cases_schema_text()) if cases else (SCHEMA_FILE, schema_text())
    if write:
        file.write_text(text, encoding="utf-8")
        say(f"wrote {file}")
        if not cases:
            from centri.mappings.fit.prm import FILE
            from centri.store.described import prm_fields_text

            FILE.write_bytes(prm_fields_text())
            say(f"wrote {FILE}")
    else:
        typer.echo(text, nl=False)
