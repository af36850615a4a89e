"""``centri report``: figures about leads, partners, sales and the sync."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from centri.cli.options import Home, Mappings, moment, opened
from centri.cli.output import answering, note, print_json, table
from centri.errors import ConfigError

if TYPE_CHECKING:
    from centri.engine.project import Project
    from centri.engine.reports import Answer


class Format(StrEnum):
    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    HTML = "html"


def report(
    name: Annotated[str | None, typer.Argument(help="The report; without it all are listed.", show_default=False)] = None,
    form: Annotated[Format, typer.Option("--format", help="html is a page with a chart, all in one file.")] = Format.TABLE,
    out: Annotated[Path | None, typer.Option("--out", help="Write it to this file.", show_default=False)] = None,
    actor: Annotated[
        str | None, typer.Option("--as", help="As this person: a partner's sees only its own.", show_default=False)
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", help="Only what happened from this day or moment (UTC) on.", show_default=False)
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", help="Only until this day, included, or before this moment.", show_default=False)
    ] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="Tell ages and what is overdue as of this moment, not now.", show_default=False)
    ] = None,
    mappings: Mappings = None, home: Home = None,
) -> None:  # fmt: skip
    """Show a report, or list them all.

    Examples: `centri report`, `centri report lead_ageing`, `centri report partner_scorecard --format html --out scorecard.html`,
    `centri report partner_leads --as clara@alpine.example`, `centri report closed_by_month --since 2026-01-01 --format csv`

    Each report reads an SQL view of the same database, which any other tool may read too. A partner's person is shown its own
    rows; what is about others is refused. Amounts are never added up across currencies.
    """
    with answering(as_json=form is Format.JSON), opened(mappings, home) as project:
        if name is None:
            _list(project, actor, as_json=form is Format.JSON)
            return
        from centri.engine.reports import run

        begins = moment("--since", since) if since else None
        ends = moment("--until", until, included=True) if until else None
        answer = run(project, name, actor=actor, as_of=moment("--as-of", as_of) if as_of else None, since=begins, until=ends)
        _give(answer, form, out)


def _list(project: "Project", actor: str | None, *, as_json: bool) -> None:
    from centri.engine.reports import allowed

    found = [(each.name, each.question, each.view) for each in allowed(project, actor)]
    if as_json:
        print_json({"ok": True, "reports": [dict(zip(("name", "question", "view"), row, strict=True)) for row in found]})
    else:
        table("", ("report", "question", "view"), found)


def _give(answer: "Answer", form: Format, out: Path | None) -> None:
    from centri.engine import report_page

    if out is None and form is Format.TABLE:
        table(
            f"{answer.report.question} {report_page.facts(answer)}.",
            *_columns(answer),
            numbers=map(_words, report_page.numbers(answer)),
        )
    elif out is None and form is Format.JSON:
        print_json({"ok": True, **report_page.as_json(answer)})
    elif out is None:
        typer.echo(_text(answer, form), nl=False)
    else:
        _write(out, _text(answer, form))
        note(f"wrote {len(answer.rows):,} row{'' if len(answer.rows) == 1 else 's'} to {out}")


def _columns(answer: "Answer") -> Any:
    from centri.engine import report_page

    return list(map(_words, report_page.heads(answer))), report_page.cells(answer)


def _words(name: str) -> str:
    """A column's name that a narrow terminal may break."""
    return name.replace("_", " ")


def _text(answer: "Answer", form: Format) -> str:
    import json

    from centri.engine import report_page

    if form is Format.JSON:
        return json.dumps({"ok": True, **report_page.as_json(answer)}, indent=2, ensure_ascii=False) + "\n"
    if form is Format.TABLE:
        return report_page.rows_as_markdown(answer) + "\n"
    return report_page.html(answer) if form is Format.HTML else report_page.as_csv(answer)


def _write(out: Path, text: str) -> None:
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{out} cannot be written: {error.strerror}") from error
