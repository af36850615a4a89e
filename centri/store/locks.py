"""What only one transaction at a time may do, wherever it runs."""

from __future__ import annotations

from zlib import crc32

from sqlalchemy import Connection, func, select

_OURS = 0x63656E74
"""Sets our locks in PostgreSQL apart from other programs' ("cent")."""


def one_at_a_time(conn: Connection, what: str) -> None:
    """Wait until no other transaction does this; others wait until ours is over. SQLite's writers always do."""
    if conn.dialect.name == "postgresql":
        conn.execute(select(func.pg_advisory_xact_lock(_OURS, crc32(what.encode()) - 2**31)))
