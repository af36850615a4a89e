"""What the commands of partners' records share: values that are entered, what an act answers, how rows are shown."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any

import typer

from centri.cli.output import print_json, say, table
from centri.errors import ConfigError

Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="FIELD=VALUE", help="A value, as in amount=48000; may be repeated.", show_default=False),
]
Text = Annotated[str, typer.Option("--text", help="What the partner is told.", show_default=False)]


def entered(given: Sequence[str] | None) -> dict[str, str | None]:
    """The values of ``--set``; nothing behind the sign makes a field blank. Raises ConfigError."""
    found: dict[str, str | None] = {}
    for each in given or ():
        name, sign, value = each.partition("=")
        if not sign or not name.strip():
            raise ConfigError(f"--set takes FIELD=VALUE, as in amount=48000, not {each!r}")
        found[name.strip()] = value or None
    return found


def told(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row for JSON: dates stay dates."""
    return {name: value.isoformat() if _is_date(value) else value for name, value in row.items()}


def done(text: str, document: Mapping[str, Any], *, as_json: bool) -> None:
    """The answer of an act."""
    if as_json:
        print_json({"ok": True, **document})
    else:
        say(text)


def listed(
    rows: Sequence[Mapping[str, Any]],
    name: str,
    columns: Mapping[str, str],
    none: str,
    *,
    as_json: bool,
    numbers: Iterable[str] = (),
) -> None:
    """Rows as a table of some ``columns`` (column: head), or whole as JSON under ``name``."""
    if as_json:
        print_json({"ok": True, name: [told(row) for row in rows]})
    elif not rows:
        say(none)
    else:
        cells = ([_cell(row[column]) for column in columns] for row in rows)
        table("", tuple(columns.values()), cells, numbers=[columns[number] for number in numbers])


def facts(row: Mapping[str, Any]) -> None:
    """What is known of one record, a line each; blanks are left out."""
    for name, value in row.items():
        if value not in (None, "", []) and not isinstance(value, list | dict):
            say(f"{name.replace('_', ' ')}: {_cell(value)}")


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return value.isoformat() if _is_date(value) else value


def _is_date(value: Any) -> bool:
    return isinstance(value, date) and not isinstance(value, datetime)
