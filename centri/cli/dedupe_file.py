"""``centri dedupe file``: which leads of a file are one and the same."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from centri.cli.options import Json
from centri.cli.output import answering, console, print_json, say, table
from centri.errors import ConfigError

if TYPE_CHECKING:
    from centri.dedupe.duplicates.rules import Rules
    from centri.engine.dedupe_file import Deduped

_SHOWN = 10

Columns = Annotated[
    list[str] | None, typer.Option("--columns", help='What columns are whose names do not say: "Mail=email,Firma=company".')
]
RuleOption = Annotated[
    list[str] | None,
    typer.Option(
        "--rule", help='Fields that must agree: "first_name,last_name,company~90"; again for another rule. Else the model.'
    ),
]


def file(
    leads: Annotated[Path, typer.Option("--leads", help="A .csv or .csv.gz file with lead_id and what is known of each.")],
    out: Annotated[Path, typer.Option("--out", help="Where lead_id, group and score are written.")],
    columns: Columns = None,
    rule: RuleOption = None,
    as_json: Json = False,
) -> None:
    """Find the duplicates in a file of leads, without any store.

    Examples: `centri dedupe file --leads leads.csv.gz --out groups.csv`, `centri dedupe file --leads messe.csv --out groups.csv
    --columns "Nr=lead_id,Mail=email" --rule email --rule "last_name,company~90,city"`

    Columns: lead_id, first_name, last_name, email, phone, company, website, country, city; others with --columns. Every lead is
    written, with the first lead of its group and the probability that it belongs there. Without --rule the model decides.
    """
    with answering(as_json=as_json):
        from centri.engine.dedupe_file import dedupe_file

        rules = _rules(rule)
        with _progress() as progress:
            done = dedupe_file(leads, out, _pairs(columns), rules, progress)
    if as_json:
        print_json(_document(done, out))
    else:
        _tell(done, out)


def _rules(given: list[str] | None) -> "Rules | None":
    from centri.dedupe.duplicates.rules import Rules

    try:
        return Rules.of(text.split(",") for text in given) if given else None
    except ValueError as error:
        raise ConfigError(f"--rule: {error}") from error


def _pairs(given: list[str] | None) -> dict[str, str]:
    pairs = [part.rpartition("=") for text in given or () for part in text.split(",") if part.strip()]
    if wrong := [field for column, equals, field in pairs if not equals or not column.strip()]:
        raise ConfigError(f"--columns takes COLUMN=field, not {wrong[0]!r}")
    return {column.strip(): field.strip() for column, _, field in pairs}


def _document(done: "Deduped", out: Path) -> dict[str, Any]:
    return {
        "ok": True,
        "leads": done.leads,
        "groups": len(done.groups.groups),
        "duplicates": done.duplicates,
        "compared": done.groups.compared,
        "cut": [{"kind": cut.kind, "rows": cut.rows} for cut in done.groups.cut],
        "out": str(out),
    }


def _tell(done: "Deduped", out: Path) -> None:
    groups = done.groups.groups
    say(
        f"{done.leads:,} leads, {done.groups.compared:,} pairs compared: {done.duplicates:,} duplicates in {len(groups):,} groups"
    )
    largest = sorted(groups, key=lambda group: (-len(group.members), group.members[0]))[:_SHOWN]
    if largest:
        rows = [(group.members[0].id, len(group.members), f"{group.probability:.3f}") for group in largest]
        table("largest groups", ("first lead", "leads", "least certain"), rows, numbers=("leads", "least certain"))
    for cut in done.groups.cut[:_SHOWN]:
        say(f"{cut.rows:,} leads share one {cut.kind.replace('_', ' ')}: each was compared with its neighbours only")
    say(f"written to {out}")


@contextmanager
def _progress() -> Iterator[Callable[[int], None]]:
    """A bar on a terminal's stderr, which goes away before the answer."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    out = console(stderr=True)
    shown = (TextColumn("finding duplicates"), BarColumn(), TextColumn("{task.completed:,} leads"), TimeElapsedColumn())
    with Progress(*shown, console=out, transient=True, disable=not out.is_terminal) as bar:
        task = bar.add_task("duplicates", total=None)
        yield lambda read: bar.advance(task, read)
