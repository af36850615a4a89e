"""``centri clean``: standard codes for what people wrote, and what no dictionary knows."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from centri.cli.options import Home, Json, Mappings, settings
from centri.cli.output import answering, console, print_json, say, table

if TYPE_CHECKING:
    from centri.engine.clean import Cleaned, Report

app = typer.Typer(
    help="Standardize titles, industries, sizes, countries and phones; all entities without a subcommand.\n\n"
    "Examples: `centri clean --plan`, `centri clean`"
)

Plan = Annotated[bool, typer.Option("--plan", help="Show what would change, and write nothing.")]
Kind = Literal["title", "industry", "size", "country", "phone", "company", "domain", "email"]
MissKind = Literal["title_level", "job_function", "industry", "company_size", "country", "phone"]


@app.callback(invoke_without_command=True)
def clean(ctx: typer.Context, plan: Plan = False, as_json: Json = False, mappings: Mappings = None, home: Home = None) -> None:
    if ctx.invoked_subcommand is None:
        _clean((), plan, mappings, home, as_json=as_json)


@app.command()
def leads(plan: Plan = False, as_json: Json = False, mappings: Mappings = None, home: Home = None) -> None:
    """Standardize leads: title level, job function, industry, company size and segment, country, phone, priority.

    Examples: `centri clean leads --plan`, `centri clean leads`

    What people wrote stays as it is. A second run changes nothing.
    """
    _clean(("lead",), plan, mappings, home, as_json=as_json)


@app.command()
def contacts(plan: Plan = False, as_json: Json = False, mappings: Mappings = None, home: Home = None) -> None:
    """Standardize contacts: title level, job function, phone.

    Examples: `centri clean contacts --plan`, `centri clean contacts`
    """
    _clean(("contact",), plan, mappings, home, as_json=as_json)


@app.command()
def accounts(plan: Plan = False, as_json: Json = False, mappings: Mappings = None, home: Home = None) -> None:
    """Standardize accounts: industry, company size and segment, country, phone.

    Examples: `centri clean accounts --plan`, `centri clean accounts`
    """
    _clean(("account",), plan, mappings, home, as_json=as_json)


@app.command()
def misses(
    kind: Annotated[MissKind | None, typer.Option("--kind", help="Those of one kind.", show_default=False)] = None,
    most: Annotated[int, typer.Option("--most", help="How many at the most, the most frequent first.", min=1)] = 100,
    as_json: Json = False,
    home: Home = None,
) -> None:
    """List what no dictionary knows, the most frequent first, as it was counted when `centri clean` last ran.

    Examples: `centri clean misses`, `centri clean misses --kind industry --json`
    """
    with answering(as_json=as_json):
        from centri.engine.opening import open_store
        from centri.store import misses as store
        from centri.store.database import read

        engine = open_store(settings(home=home))
        try:
            with read(engine) as conn:
                found = store.listed(conn, kind=kind, most=most)
        finally:
            engine.dispose()
    if as_json:
        print_json({"ok": True, "misses": found})
    elif found:
        columns = ("kind", "raw", "count", "example_entity", "example_id", "first_seen", "last_seen")
        table("", ("kind", "text", "rows", "such as", "id", "first", "last"), ([r[c] for c in columns] for r in found),
              numbers=("rows",))  # fmt: skip
        say("\nto make one known: add it under 'standardize:' in the mapping, then `centri clean`")
    else:
        say("nothing is unknown, as of the last `centri clean`")


@app.command()
def explain(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What somebody wrote.")],
    kind: Annotated[Kind, typer.Option("--as", help="What it is.", show_default=False)],
    region: Annotated[str | None, typer.Option("--region", help="The country that a phone number is dialled in: DE.")] = None,
    as_json: Json = False,
    mappings: Mappings = None,
    home: Home = None,
) -> None:
    """Tell what a text stands for, and which phrase, rule or list decided.

    Examples: `centri clean explain "VP, Info. Security" --as title`, `centri clean explain "089 5550101" --as phone --region DE`
    """
    with answering(as_json=as_json):
        from centri.dedupe.standard_reasons import explain as decided
        from centri.engine.project import mapping_of

        reasons = decided(text, kind, mapping_of(settings(mappings, home)).dictionaries, region)
    if as_json:
        print_json({"ok": True, "text": text, "as": kind, "standards": [asdict(reason) for reason in reasons]})
    else:
        table("", ("field", "value", "because"), ((r.what, r.value or "-", r.because) for r in reasons))


def _clean(entities: Sequence[str], plan: bool, mappings: Any, home: Any, *, as_json: bool) -> None:
    with answering(as_json=as_json):
        from centri.engine.clean import ENTITIES
        from centri.engine.clean import clean as engine
        from centri.engine.project import mapping_of, project_of

        given = settings(mappings, home)
        project = project_of(given, mapping_of(given), declare=not plan)
        try:
            with _progress() as progress:
                done = engine(project, entities or ENTITIES, plan=plan, progress=progress)
        finally:
            project.close()
    if as_json:
        print_json(_document(done, planned=plan))
    else:
        _print(done, planned=plan)


def _document(done: "Report", *, planned: bool) -> dict[str, Any]:
    entities = [
        {
            "entity": one.entity, "looked_at": one.looked, "changed": one.changed, "changed_meanwhile": one.moved,
            "fields": dict(sorted(one.fields.items())), "changes": [asdict(shown) for shown in one.shown],
        }
        for one in done.cleaned
    ]  # fmt: skip
    return {"ok": True, "written": not planned, "run": done.run_id or None, "entities": entities, "misses": done.misses}


def _print(done: "Report", *, planned: bool) -> None:
    for one in done.cleaned:
        say(_summary(one))
    rows = [(s.entity, s.id, s.field, s.old, s.new) for one in done.cleaned for s in one.shown]
    if planned and rows:
        table("\nThe first of them", ("entity", "id", "field", "now", "then"), rows)
    if planned:
        say("\nnothing was written; to do it: the same without --plan")
    elif done.misses:
        say(f"{done.misses:,} texts are in no dictionary: `centri clean misses` lists them")


def _summary(one: "Cleaned") -> str:
    would = "would change" if one.planned else "changed"
    fields = ", ".join(f"{name} {number:,}" for name, number in sorted(one.fields.items()))
    meanwhile = f"; {one.moved:,} changed meanwhile and are left to the next run" if one.moved else ""
    return f"{one.entity}: {one.looked:,} looked at, {one.changed:,} {would}{f' ({fields})' if fields else ''}{meanwhile}"


@contextmanager
def _progress() -> Iterator[Callable[[int], None]]:
    """A bar on a terminal's stderr, which goes away before the answer."""
    from rich.progress import BarColumn, Progress, TextColumn

    out = console(stderr=True)
    columns = (TextColumn("standardizing"), BarColumn(), TextColumn("{task.completed:,} rows"))
    with Progress(*columns, console=out, transient=True, disable=not out.is_terminal) as bar:
        task = bar.add_task("standardizing", total=None)
        yield lambda done: bar.advance(task, done)
