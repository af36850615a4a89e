"""The options that commands share."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from centri.settings import Settings, from_environment

Mappings = Annotated[
    Path | None,
    typer.Option("--mappings", help="The mapping file (else CENTRI_MAPPINGS, or mappings.yaml).", show_default=False),
]
Home = Annotated[
    Path | None, typer.Option("--home", help="The working folder (else CENTRI_HOME, or .centri).", show_default=False)
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")]


def settings(mappings: Path | None = None, home: Path | None = None) -> Settings:
    """What the environment says, unless an option says otherwise. Raises ConfigError."""
    found = from_environment()
    return replace(found, mappings=mappings or found.mappings, home=home or found.home)
