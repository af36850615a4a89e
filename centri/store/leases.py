"""Who may work on what: a lease for each (connection, object), with a fencing token that every commit checks."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import Connection, Engine, select, update

from centri.errors import RetryLater
from centri.store.database import write
from centri.store.journal_tables import sync_lease
from centri.store.upsert import upsert

LASTING = timedelta(minutes=10)


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


@contextmanager
def leased(engine: Engine, name: str, *, now: datetime) -> Iterator[Lease]:
    """Hold the lease of that name. Raises RetryLater where another run holds it, has not let it run out, and is alive."""
    holder = f"{socket.gethostname()}:{os.getpid()}:{uuid4()}"
    with write(engine) as conn:
        row = conn.execute(select(sync_lease).where(sync_lease.c.name == name).with_for_update()).mappings().first()
        if row and row["holder"] and row["until"] > now and not _died_here(row["holder"]):
            raise RetryLater(f"another run is working on {name} until {row['until']:%H:%M:%S} UTC at the latest; try again then")
        token = (row["token"] if row else 0) + 1
        upsert(conn, sync_lease, [{"name": name, "holder": holder, "token": token, "until": now + LASTING}], ("name",))
    try:
        yield Lease(name, holder, token)
    finally:
        with write(engine) as conn:
            mine = (sync_lease.c.name == name, sync_lease.c.holder == holder)
            conn.execute(update(sync_lease).where(*mine).values(holder=None, until=None))


def _died_here(holder: str) -> bool:
    """Whether the holder was a process of this machine that is no more."""
    host, pid, _ = holder.split(":", 2)
    if host != socket.gethostname() or int(pid) == os.getpid():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
