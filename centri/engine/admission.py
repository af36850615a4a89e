"""Who may go to work on a connection: nobody while it is paused, and nobody on another org than the one it is pinned to."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine

from centri.connectors.base import Connector
from centri.errors import Stop
from centri.store import connections
from centri.store.connections import Row
from centri.store.database import read, write

LOOPBACK = "loopback"
"""Who arms a connection that leads to this machine only."""


def refuse_paused(engine: Engine, connection: str) -> None:
    """Raises Stop while the connection is paused."""
    with read(engine) as conn:
        known = connections.get(conn, connection)
    if known["paused_at"]:
        raise Stop(paused(known))


def paused(known: Row) -> str:
    """Since when, by whom and why a connection is paused, and what ends that."""
    name, why = known["connection"], f": {known['paused_why']}" if known["paused_why"] else ""
    since = f"{known['paused_at']:%Y-%m-%d %H:%M} UTC by {known['paused_by']}{why}"
    return f"{name} is paused since {since}; to let it go on: centri resume {name}"


def greet(engine: Engine, connection: str, connector: Connector, now: datetime) -> Row:
    """Shake hands with the CRM, and tell what is known of the connection. The first handshake pins the org.

    Raises Stop where another org answers than the pinned one, or one that does not say who it is.
    """
    hand = connector.handshake()
    if not hand.org:
        raise Stop(f"{connection}: the CRM does not tell which org it is, so nothing is read or written")
    with write(engine) as conn:
        known = connections.greeted(conn, connection, hand.org, arm=LOOPBACK if hand.loopback else None, now=now)
    if known["org"] != hand.org:
        raise Stop(_stranger(connection, known["org"], hand.org))
    return known


def _stranger(connection: str, pinned: str, answering: str) -> str:
    return (
        f"{connection} is pinned to {pinned}, but {answering} answers; nothing was read or written. If the address is wrong,"
        f" mend it. Another database needs a connection of its own in the mapping. If this is the same database under another"
        f" name: centri pin {connection} {answering} --moved"
    )
