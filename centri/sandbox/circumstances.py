"""What is out of the ordinary while one call is worked on: its clock is wrong, its rows are locked, its page is short."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from centri.sandbox.rows import Row, Table


@dataclass(frozen=True, slots=True)
class Circumstances:
    """``skew``: seconds that the CRM's clock is ahead; ``page``: most rows of a page; ``locked``: whether the next row that is
    written is held by another writer; ``writes``: what was written, as (table, row, the row before), where that is kept.
    """

    skew: int = 0
    page: int | None = None
    locked: Callable[[], bool] | None = None
    writes: list[tuple[Table, Row, Row | None]] | None = field(default=None, repr=False)


_now: ContextVar[Circumstances] = ContextVar("circumstances", default=Circumstances())  # noqa: B039 - it is frozen


def current() -> Circumstances:
    """Those of the call that is worked on."""
    return _now.get()


def page_size(asked: int) -> int:
    """How many rows a page of the asked size gets now."""
    most = current().page
    return asked if most is None else min(asked, most)


@contextmanager
def under(circumstances: Circumstances) -> Iterator[Circumstances]:
    """Work inside under these."""
    before = _now.set(circumstances)
    try:
        yield circumstances
    finally:
        _now.reset(before)
