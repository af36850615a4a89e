"""The options that commands share."""

from contextvars import ContextVar
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from centri.errors import ConfigError
from centri.settings import Settings, from_environment

Mappings = Annotated[
    Path | None,
    typer.Option("--mappings", help="The mapping file (else CENTRI_MAPPINGS, or mappings.yaml).", show_default=False),
]
Home = Annotated[
    Path | None, typer.Option("--home", help="The working folder (else CENTRI_HOME, or .centri).", show_default=False)
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")]

ENV: ContextVar[str | None] = ContextVar("env", default=None)
"""The environment that ``centri --env`` names, where it does."""


def settings(mappings: Path | None = None, home: Path | None = None) -> Settings:
    """What the environment says, unless an option says otherwise. Raises ConfigError."""
    found = from_environment(named=ENV.get())
    return replace(found, mappings=mappings or found.mappings, home=home or found.home)


def environment() -> str:
    """The environment that this command works in; blank for production, and where its name cannot be one."""
    try:
        return from_environment(named=ENV.get()).env
    except ConfigError:
        return ""


def share(text: str | None) -> float | None:
    """A share such as 45%. Raises ConfigError for anything else."""
    if text is None:
        return None
    digits = text.removesuffix("%")
    if not digits.isdigit() or int(digits) > 100:
        raise ConfigError(f"--allow takes a share such as 45%, not {text!r}")
    return int(digits) / 100
