"""A view written once for both databases: SQL in which braces name what is asked, and what the two say differently.

``{leads}`` stands for a source, ``{month:l.received_at}`` for a function. No view asks what time it is: what depends on the
present takes it as a parameter of the report.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256
from string import Formatter
from typing import NamedTuple

SOURCES: Mapping[str, str] = {
    "leads": "v_leads",
    "assignments": "v_assignments",
    "offers": "v_offers",
    "opportunities": "v_opportunities",
    "deals": "v_deals",
    "stages": "v_stages",
    "deadlines": "v_deadlines",
    "grants": "v_grants",
    "partners": "partner_account",
    "people": "partner_user",
    "vendors": "vendor_user",
}
"""What a view may ask, and the view or table that it is. A report for one partner asks narrower ones in their place."""


class View(NamedTuple):
    """A view by its name; ``about`` says what one row is, ``sql`` is what its rows are."""

    name: str
    about: str
    sql: str

    @property
    def sources(self) -> frozenset[str]:
        """The sources that it asks."""
        named = {name for _, name, _, _ in Formatter().parse(self.sql) if name}
        return frozenset(named & SOURCES.keys())

    def select(self, dialect: str, sources: Mapping[str, str] = SOURCES) -> str:
        """What the view selects, in the words of a dialect."""
        return self.sql.format_map({**sources, **_FUNCTIONS[dialect]}).strip()

    def definition(self, dialect: str) -> str:
        return f"CREATE VIEW {self.name} AS\n{self.select(dialect)}"

    def mark(self, dialect: str) -> str:
        """What tells this version of the view from others."""
        return f"centri {sha256(self.definition(dialect).encode()).hexdigest()[:16]}: {self.about}"


class _Function:
    """A function of SQL that a view calls as ``{name:argument,argument}``."""

    def __init__(self, written: Callable[..., str]) -> None:
        self._written = written

    def __format__(self, arguments: str) -> str:
        return self._written(*arguments.split(","))


_FUNCTIONS: Mapping[str, Mapping[str, _Function]] = {
    "sqlite": {
        "day": _Function(lambda moment: f"substr({moment}, 1, 10)"),
        "month": _Function(lambda moment: f"substr({moment}, 1, 7)"),
        "month_of_date": _Function(lambda date: f"substr({date}, 1, 7)"),
        "hours": _Function(lambda start, end: f"((julianday({end}) - julianday({start})) * 24.0)"),
        "later": _Function(
            lambda moment, hours: f"(replace(datetime({moment}, '+' || {hours} || ' hours'), ' ', 'T') || substr({moment}, 20))"
        ),
        "number": _Function(lambda money: f"CAST({money} AS REAL)"),
        "word": _Function(lambda json: f"json_extract({json}, '$')"),
    },
    "postgresql": {
        "day": _Function(lambda moment: f"to_char({moment} AT TIME ZONE 'UTC', 'YYYY-MM-DD')"),
        "month": _Function(lambda moment: f"to_char({moment} AT TIME ZONE 'UTC', 'YYYY-MM')"),
        "month_of_date": _Function(lambda date: f"to_char({date}, 'YYYY-MM')"),
        "hours": _Function(lambda start, end: f"CAST(extract(epoch FROM {end} - {start}) / 3600.0 AS DOUBLE PRECISION)"),
        "later": _Function(lambda moment, hours: f"({moment} + {hours} * interval '1 hour')"),
        "number": _Function(lambda money: money),
        "word": _Function(lambda json: f"({json} #>> '{{}}')"),
    },
}
"""What the two databases say differently: days and months of UTC, the hours between two moments, a moment some hours later, an
amount as a number, a text that is held as JSON.
"""


def one_currency(alias: str) -> str:
    """The currency of grouped amounts, ``several`` where they have more than one, NULL where there is none."""
    known = _currency_of_amount(alias)
    return f"CASE count(DISTINCT {known}) WHEN 0 THEN NULL WHEN 1 THEN min({known}) ELSE 'several' END"


def sum_of_one_currency(alias: str) -> str:
    """The sum of grouped amounts; NULL where they are of several currencies, for such a sum would mean nothing."""
    return f"CASE WHEN count(DISTINCT {_currency_of_amount(alias)}) <= 1 THEN round(coalesce(sum({alias}.amount), 0), 2) END"


def _currency_of_amount(alias: str) -> str:
    return f"CASE WHEN {alias}.amount IS NOT NULL THEN {alias}.currency END"
