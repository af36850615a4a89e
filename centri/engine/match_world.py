"""The accounts of a file, made searchable in a folder that all processes share, and what they are asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from centri.dedupe.companies import fact_table
from centri.dedupe.companies.company import Company, company
from centri.dedupe.companies.fact_table import FactTable
from centri.dedupe.companies.index import Index
from centri.dedupe.companies.joining import joined, parts
from centri.dedupe.companies.matcher import Matcher
from centri.dedupe.companies.rules import Facts
from centri.dedupe.companies.segment import arrays, of_arrays, segment
from centri.dedupe.identity import city, country
from centri.engine.match_columns import Columns, Values
from centri.engine.match_kept import keep, kept
from centri.engine.match_models import load_model
from centri.engine.match_pool import Pool
from centri.errors import ConfigError, Problem

CHUNK = 4_000
"""Accounts that are prepared at once."""

LEADS = 400
"""Leads that are matched at once."""

Progress = Callable[[str, int], None]
"""Told what is counted, and how many more of it are done."""


def silent(what: str, done: int) -> None:
    """Nobody looks on."""


@dataclass(frozen=True)
class World:
    """Accounts in a folder, and the model that judges. Small enough to be told to another process."""

    folder: Path
    model: Path | None = None

    @property
    def matcher(self) -> Matcher:
        return _opened(self).matcher

    @property
    def facts(self) -> FactTable:
        return _opened(self).facts

    def __len__(self) -> int:
        return len(_opened(self).facts)


@dataclass(frozen=True)
class _Opened:
    matcher: Matcher
    facts: FactTable = field(repr=False)


@lru_cache(maxsize=2)
def _opened(world: World) -> _Opened:
    """What a process keeps open of a world."""
    whole = of_arrays(kept(world.folder / "index"))
    facts = FactTable.of(whole.ids, kept(world.folder / "facts"))
    return _Opened(Matcher(Index([whole]), load_model(world.model)), facts)


def build(chunks: Iterable[list[Values]], folder: Path, pool: Pool, *, progress: Progress = silent) -> None:
    """Make rows of accounts searchable in an empty folder."""
    prepared, facts = [], []
    for index_part, fact_part in pool.each(_prepared, _counted(chunks, progress)):
        prepared.append(index_part)
        facts.append(fact_part)
    if not prepared:
        index_part, fact_part = _prepared([])
        prepared, facts = [index_part], [fact_part]
    whole = joined(prepared)
    prepared.clear()
    keep(folder / "index", dict(arrays(whole)))
    keep(folder / "facts", fact_table.joined(facts))


def _counted(chunks: Iterable[list[Values]], progress: Progress) -> Iterator[list[Values]]:
    for chunk in chunks:
        yield chunk
        progress("accounts", len(chunk))


def _prepared(rows: Sequence[Values]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Some rows of accounts as the arrays that are searched, and what is known besides."""
    return parts(segment([account(row) for row in rows])), fact_table.columns([facts(row) for row in rows])


def account(row: Values) -> Company:
    """The company of a row of accounts."""
    return company(row["account_id"], row, _several(row, "aliases"), _several(row, "domains"))


def lead(row: Values) -> Company:
    """The company that a row of leads names."""
    return company(row["lead_id"], row)


def _several(row: Values, field: str) -> list[str]:
    return [text.strip() for text in row.get(field, "").split("|") if text.strip()]


def facts(row: Values) -> Facts:
    """What a row says of an account beside its name."""
    kind, status = row.get("type", "").casefold(), row.get("status", "").casefold()
    return Facts(
        company_class=kind if kind in ("partner", "competitor", "named") else status or "prospect",
        country=country(row) or "",
        city=city(row) or "",
        parent=row.get("parent_id", ""),
        last_activity=row.get("last_activity", ""),
        created=row.get("created", ""),
        contacts=_number(row, "contacts"),
        open_opportunities=_number(row, "open_opportunities"),
    )


def _number(row: Values, field: str) -> int:
    text = row.get(field, "")
    return min(int(text), 2**31 - 1) if text.isdecimal() and len(text) < 12 else 0


def refuse_repeated(accounts: Columns, table: FactTable) -> None:
    """Raises ConfigError where an id stands twice: an answer would not say which is meant."""
    if not (twice := table.repeated()):
        return
    lines: dict[str, list[int]] = {id: [] for id in twice[:_TOLD]}
    for number, row in accounts.rows():
        if (id := row.get("account_id", "")) in lines:
            lines[id].append(number)
    path = str(accounts.sheet.path)
    told = [
        Problem(f"account_id {id!r} stands in the lines {', '.join(map(str, found))}; an account stands once", path, found[-1])
        for id, found in lines.items()
    ]
    more = [Problem(f"and {len(twice) - _TOLD} ids more stand twice", path)] if len(twice) > _TOLD else []
    raise ConfigError(*told, *more)


_TOLD = 5
"""Faults of one kind that are told one by one."""
