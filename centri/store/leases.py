"""Who may work on what: a lease for each (connection, object), with a fencing token that every commit checks.

A lease that gives way is held by work that can wait, such as a backfill: whoever else wants it says so and waits for its
holder to come to a stopping place.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Engine, select, update
from tenacity import RetryError, Retrying, retry_if_result, stop_after_delay, wait_fixed

from centri.errors import RetryLater
from centri.store.database import write
from centri.store.journal_tables import sync_lease
from centri.store.upsert import upsert

LASTING = timedelta(minutes=10)

_LOOK_AGAIN = 0.1
"""Seconds until somebody who waits for a lease looks again."""

_LET_THROUGH = 20
"""So many times a holder that gives way looks whether those who wanted its lease come for it, before it takes it again."""

_PROCESS = uuid4().hex
"""Tells this process from an earlier one of the same number: in a container each new one has the number 1."""


class Lease:
    """The right to work on one thing. Each commit checks the token, so a holder that was overtaken cannot write."""

    def __init__(self, name: str, holder: str, token: int) -> None:
        self.name, self.holder, self.token = name, holder, token

    def renew(self, conn: Connection, now: datetime) -> None:
        """Check and prolong the lease within a transaction. Raises RetryLater where somebody else has taken it since."""
        t = sync_lease.c
        mine = (t.name == self.name, t.token == self.token, t.holder == self.holder)
        if conn.execute(update(sync_lease).where(*mine).values(until=now + LASTING)).rowcount != 1:
            raise RetryLater(f"another run has taken over {self.name}")

    def wanted(self, conn: Connection) -> bool:
        """Whether somebody waits for this lease, which gives way."""
        found = select(sync_lease.c.wanted_at).where(sync_lease.c.name == self.name)
        return conn.execute(found).scalar_one_or_none() is not None


@contextmanager
def leased(engine: Engine, name: str, *, now: datetime, gives_way: bool = False) -> Iterator[Lease]:
    """Hold the lease of that name. Raises RetryLater where another run holds it, has not let it run out, and is alive.

    Work that gives way waits for all other, for ten minutes at most; other work waits for it, as long as one part of it takes.
    """
    claim = _Claim(engine, name, now, gives_way=gives_way)
    lease = Lease(name, claim.holder, claim.taken())
    try:
        yield lease
    finally:
        with write(engine) as conn:
            mine = (sync_lease.c.name == name, sync_lease.c.holder == claim.holder)
            conn.execute(update(sync_lease).where(*mine).values(holder=None, until=None, gives_way=False))


class _Claim:
    """One attempt after the other to get a lease."""

    def __init__(self, engine: Engine, name: str, now: datetime, *, gives_way: bool) -> None:
        self.engine, self.name, self.now, self.gives_way = engine, name, now, gives_way
        self.holder = f"{socket.gethostname()}:{os.getpid()}:{_PROCESS}:{uuid4()}"
        self.attempts = 0

    def taken(self) -> int:
        """The token, once the lease is ours."""
        patience = stop_after_delay(LASTING.total_seconds())
        turns = Retrying(retry=retry_if_result(lambda token: token is None), wait=wait_fixed(_LOOK_AGAIN), stop=patience)
        try:
            token = turns(self._attempt)
        except RetryError:
            minutes = LASTING.total_seconds() / 60
            raise RetryLater(f"{self.name} was not let go by another run for {minutes:.0f} minutes") from None
        assert token is not None
        return token

    def _attempt(self) -> int | None:
        """The token; None where it is to be tried again."""
        self.attempts += 1
        t = sync_lease.c
        with write(self.engine) as conn:
            row = conn.execute(select(sync_lease).where(t.name == self.name).with_for_update()).mappings().first()
            if row and row["holder"] and row["until"] > self.now and not _died_here(row["holder"]):
                self._wait(conn, dict(row))
                return None
            if row and row["wanted_at"] and self.gives_way and self.attempts < _LET_THROUGH:
                return None
            token = (row["token"] if row else 0) + 1
            mine = {"holder": self.holder, "token": token, "until": self.now + LASTING, "gives_way": self.gives_way}
            upsert(conn, sync_lease, [{"name": self.name, "wanted_at": None, **mine}], ("name",))
            return token

    def _wait(self, conn: Connection, row: Mapping[str, Any]) -> None:
        """Work that can wait does, whoever holds it; other work waits for such alone. Raises RetryLater."""
        if not (row["gives_way"] or self.gives_way):
            until = f"{row['until']:%H:%M:%S} UTC at the latest"
            raise RetryLater(f"another run is working on {self.name} until {until}; try again then")
        if row["gives_way"] and not self.gives_way:
            conn.execute(update(sync_lease).where(sync_lease.c.name == self.name).values(wanted_at=self.now))


def _died_here(holder: str) -> bool:
    """Whether the holder was a process of this machine that is no more."""
    host, pid, process = holder.split(":")[:3]
    if host != socket.gethostname():
        return False
    if int(pid) == os.getpid():
        return process != _PROCESS
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def holds_any(conn: Connection, host: str, pid: int, *, now: datetime) -> bool:
    """Whether a process of some machine holds a lease that it has prolonged within the last ten minutes."""
    t = sync_lease.c
    mine = select(t.name).where(t.holder.startswith(f"{host}:{pid}:", autoescape=True), t.until > now)
    return conn.execute(mine).first() is not None
