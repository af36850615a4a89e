"""Rows that show late: written at one time and stamped so, but not seen by readers until a transaction has ended."""

from __future__ import annotations

from dataclasses import dataclass, replace

from centri.sandbox.rows import Row, Table

Write = tuple[Table, Row, Row | None]
"""A table, the row that was put into it, and the one that it took the place of."""


@dataclass(slots=True)
class _Hidden:
    due: int
    table: Table
    row: Row
    before: Row | None


class Late:
    """What is written and not yet to be seen. Not locked: its Org is."""

    def __init__(self) -> None:
        self._hidden: list[_Hidden] = []

    def hide(self, writes: list[Write], due: int) -> None:
        """Take these writes back until ``due`` (seconds since 1970 UTC); one that something else has overwritten stays."""
        for table, row, before in reversed(writes):
            if table.get(row.id) is not row:
                continue
            table.put(before) if before else table.drop(row.id)
            self._hidden.insert(0, _Hidden(due, table, row, before))

    def show(self, now: int) -> None:
        """Let the rows that are due be seen, with the stamps of when they were written."""
        if not self._hidden:
            return
        due = [one for one in self._hidden if one.due <= now]
        self._hidden = [one for one in self._hidden if one.due > now]
        for one in due:
            one.table.put(_over(one.table.get(one.row.id), one))

    def clear(self) -> None:
        self._hidden.clear()


def _over(present: Row | None, hidden: _Hidden) -> Row:
    """The hidden row, or what it changed, on top of a row that was changed meanwhile."""
    if present is None or present is hidden.before or hidden.before is None:
        return hidden.row
    names = hidden.row.values.keys() | hidden.before.values.keys()
    changed = {name: hidden.row.get(name) for name in names if hidden.row.get(name) != hidden.before.get(name)}
    values = {name: value for name, value in {**present.values, **changed}.items() if value is not None}
    return replace(present, values=values, deleted=hidden.row.deleted)
