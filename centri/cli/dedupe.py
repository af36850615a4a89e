"""``centri dedupe``: duplicates found, merged, taken back; what people say of pairs."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from centri.cli import dedupe_file
from centri.cli.dedupe_shown import document, inverses_document, print_found, print_inverses, said_document, said_line
from centri.cli.options import Home, Json, Mappings, settings, share
from centri.cli.output import HELD, Group, answering, console, print_json, say, table

if TYPE_CHECKING:
    from centri.engine.dedupe import Deduped, Watch
    from centri.engine.project import Project

app = typer.Typer(cls=Group, help="Duplicates: found, merged, taken back.", no_args_is_help=True)
app.command()(dedupe_file.file)

Plan = Annotated[bool, typer.Option("--plan", help="Only show what would be done, which is what is done without --yes too.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do it; without this nothing is done.")]
Show = Annotated[int, typer.Option(help="How many to list.", min=0)]
Allow = Annotated[
    str | None, typer.Option(help="Let so large a share of the records go this once, such as 45%.", show_default=False)
]
Because = Annotated[str, typer.Option("--because", help="Why, for those who read it later.", show_default=False)]


@app.command()
def leads(
    plan: Plan = False, yes: Yes = False, show: Show = 50, allow: Allow = None, as_json: Json = False,
    mappings: Mappings = None, home: Home = None,
) -> None:  # fmt: skip
    """List leads that are one and the same, or are a contact, with the evidence; with --yes merge them.

    Examples: `centri dedupe leads --plan`, `centri dedupe leads --yes`, `centri dedupe leads --json`

    One of each group survives and takes what the others know; what hangs on them moves to it, and the CRM is told at the next
    sync that their records are closed. Nothing is deleted in a CRM. Exit code 3 says that groups wait for a person, 4 that too
    many would be merged at once.
    """
    _dedupe("lead", plan, yes, show, allow, as_json, mappings, home)


@app.command()
def contacts(
    plan: Plan = False, yes: Yes = False, show: Show = 50, allow: Allow = None, as_json: Json = False,
    mappings: Mappings = None, home: Home = None,
) -> None:  # fmt: skip
    """List contacts that are one and the same, with the evidence; with --yes merge them.

    Examples: `centri dedupe contacts --plan`, `centri dedupe contacts --yes`
    """
    _dedupe("contact", plan, yes, show, allow, as_json, mappings, home)


@app.command()
def accounts(
    plan: Plan = False, yes: Yes = False, show: Show = 50, allow: Allow = None, as_json: Json = False,
    mappings: Mappings = None, home: Home = None,
) -> None:  # fmt: skip
    """List accounts that are one and the same, with the evidence; with --yes merge them.

    Examples: `centri dedupe accounts --plan`, `centri dedupe accounts --yes`
    """
    _dedupe("account", plan, yes, show, allow, as_json, mappings, home)


def _dedupe(entity: str, plan: bool, yes: bool, show: int, allow: str | None, as_json: bool, mappings: Any, home: Any) -> None:
    with answering(as_json=as_json):
        from centri.engine.dedupe import dedupe as engine

        with _open(mappings, home, allow) as project, _progress() as watch:
            done = engine(project, entity, yes=yes and not plan, most=show, watch=watch)
    if as_json:
        print_json(document(done))
    else:
        print_found(done)
    raise typer.Exit(_code(done))


def _code(done: "Deduped") -> int:
    return HELD if done.review or done.meanwhile or done.refused else 0


@app.command()
def undo(
    merge: Annotated[str, typer.Argument(metavar="MERGE_OR_SURVIVOR", help="A merge's number, or a survivor's id for all.")],
    plan: Plan = False, yes: Yes = False, as_json: Json = False, mappings: Mappings = None, home: Home = None,
) -> None:  # fmt: skip
    """Show what taking a merge back would do, and with --yes do it.

    Examples: `centri dedupe undo 17`, `centri dedupe undo 17 --yes`, `centri dedupe undo 5c1f8a3e-... --yes`

    The merged record is there again with its values, what hung on it, and its links; the CRM is told at the next sync that its
    record is open. What was changed since by anybody is left alone, and listed. The two are not merged again, unless
    `centri dedupe join` says so.
    """
    with answering(as_json=as_json):
        from centri.engine.dedupe_undo import undo as engine

        with _open(mappings, home) as project:
            done = engine(project, merge, yes=yes and not plan)
    if as_json:
        print_json(inverses_document(done))
    else:
        print_inverses(done, merge)
    raise typer.Exit(0 if done.complete else HELD)


@app.command()
def split(
    one: Annotated[str, typer.Argument(metavar="A", help="A lead's, contact's or account's id, or the beginning of it.")],
    other: Annotated[str, typer.Argument(metavar="B", help="The other's.")],
    because: Because = "", as_json: Json = False, mappings: Mappings = None, home: Home = None,
) -> None:  # fmt: skip
    """Say that two records are not the same: they are never merged, however alike they are.

    Examples: `centri dedupe split 5c1f8a3e 77ab01cd`, `centri dedupe split 5c1f8a3e 77ab01cd --because "father and son"`
    """
    _say("split", one, other, because, as_json, mappings, home)


@app.command()
def join(
    one: Annotated[str, typer.Argument(metavar="A", help="A lead's, contact's or account's id, or the beginning of it.")],
    other: Annotated[str, typer.Argument(metavar="B", help="The other's.")],
    because: Because = "", as_json: Json = False, mappings: Mappings = None, home: Home = None,
) -> None:  # fmt: skip
    """Say that two records are the same: the next `centri dedupe` merges them, however unlike they are.

    Examples: `centri dedupe join 5c1f8a3e 77ab01cd`, `centri dedupe join 5c1f8a3e 77ab01cd --because "she married"`
    """
    _say("join", one, other, because, as_json, mappings, home)


def _say(word: str, one: str, other: str, because: str, as_json: bool, mappings: Any, home: Any) -> None:
    with answering(as_json=as_json):
        from centri.engine import dedupe_pairs

        with _open(mappings, home) as project:
            said = (dedupe_pairs.join if word == "join" else dedupe_pairs.split)(project, one, other, why=because)
    if as_json:
        print_json(said_document(said))
    else:
        say(said_line(said))


@app.command()
def log(show: Show = 20, as_json: Json = False, home: Home = None) -> None:
    """List the last merges, the latest first, each with the number by which it is taken back.

    Examples: `centri dedupe log`, `centri dedupe log --show 100 --json`
    """
    with answering(as_json=as_json):
        from centri.engine.opening import open_store
        from centri.store import merges
        from centri.store.database import read

        store = open_store(settings(home=home))
        try:
            with read(store) as conn:
                found = merges.latest(conn, most=show)
        finally:
            store.dispose()
    if as_json:
        print_json({"ok": True, "merges": found})
    elif not found:
        say("nothing was merged yet")
    else:
        heads = ("number", "entity", "merged", "into", "when", "taken back")
        table("", heads, ((str(r["id"]), r["entity"], r["loser_id"], r["survivor_id"], r["at"], r["undone_at"]) for r in found))


@contextmanager
def _open(mappings: Any, home: Any, allow: str | None = None) -> "Iterator[Project]":
    from centri.engine.project import open_project

    project = open_project(replace(settings(mappings, home), allow=share(allow)))
    try:
        yield project
    finally:
        project.close()


@contextmanager
def _progress() -> "Iterator[Watch]":
    """A bar for each step on a terminal's stderr, which goes away before the answer."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

    out = console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=out, transient=True, disable=not out.is_terminal) as bar:
        tasks: dict[str, TaskID] = {}

        def watch(doing: str, more: int, of: int) -> None:
            if doing not in tasks:
                tasks[doing] = bar.add_task(doing, total=of)
            bar.advance(tasks[doing], more)

        yield watch
