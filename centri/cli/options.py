"""The options that commands share."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from centri.errors import ConfigError
from centri.settings import Settings, from_environment

if TYPE_CHECKING:
    from centri.engine.project import Project

Mappings = Annotated[
    Path | None,
    typer.Option("--mappings", help="The mapping file (else CENTRI_MAPPINGS, or mappings.yaml).", show_default=False),
]
Home = Annotated[
    Path | None, typer.Option("--home", help="The working folder (else CENTRI_HOME, or .centri).", show_default=False)
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")]
As = Annotated[
    str | None, typer.Option("--as", metavar="EMAIL", help="Who acts; without it the vendor's administrator.", show_default=False)
]

ENV: ContextVar[str | None] = ContextVar("env", default=None)
"""The environment that ``centri --env`` names, where it does."""


def settings(mappings: Path | None = None, home: Path | None = None) -> Settings:
    """What the environment says, unless an option says otherwise. Raises ConfigError."""
    found = from_environment(named=ENV.get())
    return replace(found, mappings=mappings or found.mappings, home=home or found.home)


def log_for_machines() -> None:
    """Have the log of this command written as JSON, where the environment wants that. What is wrong there the command says."""
    try:
        found = settings()
    except ConfigError:
        return
    if found.log == "json":
        from centri.engine.logs import configure

        configure(found)


@contextmanager
def opened(mappings: Path | None, home: Path | None) -> "Iterator[Project]":
    """The project, closed again afterwards. Raises ConfigError."""
    from centri.engine.project import open_project

    project = open_project(settings(mappings, home))
    try:
        yield project
    finally:
        project.close()


def moment(option: str, given: str, *, included: bool = False) -> datetime:
    """A moment in UTC; a day is its beginning, or where it is ``included`` its end. Raises ConfigError."""
    try:
        found = datetime.fromisoformat(given)
    except ValueError as error:
        raise ConfigError(
            f"{option} takes a day such as 2026-03-31 or a moment such as 2026-03-31T09:00Z, not {given!r}"
        ) from error
    if included and len(given) == len("2026-03-31"):
        found += timedelta(days=1)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


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
