"""Journals are kept for a while, and then let go."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Table

from centri.engine.project import Project
from centri.store import retention
from centri.store.database import write

Told = Callable[[int], None]


def prune(project: Project, *, told: Told = lambda _: None) -> dict[str, int]:
    """Let go what is older than ``settings.keep``; answers how many rows went, by table. ``told`` hears of each chunk."""
    before = project.now() - project.settings.keep
    return {table.name: _pruned(project, table, before, told) for table in retention.done_with(before)}


def _pruned(project: Project, table: Table, before: datetime, told: Told) -> int:
    gone, last = 0, retention.MOST
    while last == retention.MOST:
        with write(project.engine) as conn:
            last = retention.prune(conn, table, before=before)
        gone += last
        told(last)
    return gone
