"""What commands print: text for people, one JSON document for machines, one clear message when something is wrong."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup

from centri.errors import CentriError, ConfigError

if TYPE_CHECKING:
    from rich.console import Console

HELD = 3
"""The exit code where everything went well and something waits for a person."""

_USAGE = 2
"""What the command-line library ends with on a wrong option, where our 2 means: try again later."""

_INTERRUPTED = 130
"""What shells expect of a program that Ctrl-C ended."""


class Group(TyperGroup):
    """Commands whose errors become one message on stderr and the exit code of their cure."""

    def make_context(self, *args: Any, **extra: Any) -> Any:
        with _cured():
            return super().make_context(*args, **extra)

    def invoke(self, ctx: Any) -> Any:
        with _cured():
            return super().invoke(ctx)


@contextmanager
def _cured() -> Iterator[None]:
    try:
        yield
    except typer.Exit:
        raise
    except CentriError as error:
        typer.echo(f"centri: {error}" if len(_problems(error)) == 1 else str(error), err=True)
        raise typer.Exit(error.exit_code) from error
    except KeyboardInterrupt:
        note("interrupted: what was done stays done, and the next run goes on from there")
        raise typer.Exit(_INTERRUPTED) from None
    except Exception as error:
        if getattr(error, "exit_code", None) == _USAGE:
            error.exit_code = ConfigError.exit_code  # type: ignore[attr-defined]  # a usage error of whichever library Typer stands on
        raise


@contextmanager
def answering(*, as_json: bool) -> Iterator[None]:
    """Around a command that can answer in JSON: an error is then also the JSON answer."""
    try:
        yield
    except CentriError as error:
        if as_json:
            print_json({"ok": False, "problems": _problems(error)})
        raise


def print_json(document: Mapping[str, Any]) -> None:
    """The one JSON document on standard output; of an environment other than production it says which. Times are ISO 8601."""
    from centri.cli.options import environment

    document = {**document, "environment": env} if (env := environment()) else document
    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False, default=_text) + "\n")


def say(text: str) -> None:
    """A line for people."""
    typer.echo(text)


def note(text: str) -> None:
    """A line for people that is not the answer."""
    typer.echo(text, err=True)


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], *, numbers: Iterable[str] = ()) -> None:
    """A table for people; columns of ``numbers`` are set right."""
    from rich.table import Table

    right = set(numbers)
    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for name in columns:
        drawn.add_column(name, justify="right" if name in right else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*(_cell(value) for value in row))
    if title:
        console().print(title, style="italic", soft_wrap=True)  # a table would fold it to its own width
    console().print(drawn)


def console(*, stderr: bool = False) -> "Console":
    """Rich's console; where the output is no terminal nothing is cut to its width."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    return Console(file=stream, width=None if stream.isatty() else 200, highlight=False, markup=False)


@contextmanager
def counting(doing: str) -> Iterator[Callable[[int], None]]:
    """A line on a terminal's stderr that says how far it is; ``doing`` is a text such as ``compared {:,} records``."""
    done = 0
    with console(stderr=True).status("starting") as status:

        def progress(number: int) -> None:
            nonlocal done
            done += number
            status.update(doing.format(done))

        yield progress


def _problems(error: CentriError) -> list[dict[str, Any]]:
    if isinstance(error, ConfigError):
        return [{"message": p.message, "file": p.file, "line": p.line} for p in error.problems]
    return [{"message": str(error)}]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else f"{value:,.1f}" if isinstance(value, float) else _text(value)


def _text(value: Any) -> str:
    return f"{value:%Y-%m-%dT%H:%M:%SZ}" if hasattr(value, "strftime") else str(value)
