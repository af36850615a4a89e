"""What a person decides about a connection, and how each one stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from centri.engine.metering import allowances
from centri.engine.project import Project
from centri.errors import Stop
from centri.store import calls, connections, deliveries
from centri.store.connections import Row
from centri.store.database import read, write
from centri.sync.budget import Allowance, Budget, Purpose, tightest


@dataclass(frozen=True, slots=True)
class Standing:
    """How a connection stands. ``waiting`` counts the writes owed to its CRM; ``allowance`` is the limit with the fewest left."""

    known: Row
    calls: Mapping[Purpose, int]
    allowance: Allowance | None
    reserve: float
    waiting: int

    @property
    def name(self) -> str:
        return str(self.known["connection"])

    @property
    def armed(self) -> bool:
        return self.known["armed_at"] is not None

    @property
    def paused(self) -> bool:
        return self.known["paused_at"] is not None


def standings(conn: Connection, budgets: Mapping[str, Budget], *, now: datetime) -> list[Standing]:
    """Every connection that has a budget or of which something is known, by name."""
    known, used = connections.all_(conn), calls.used(conn, now=now)
    owed = deliveries.owed(conn)
    found = []
    for name in sorted(budgets.keys() | known.keys()):
        row, budget, ours = known.get(name) or connections.unknown(name), budgets.get(name, Budget()), used.get(name, {})
        limit = tightest(allowances(row, sum(ours.values()), budget))
        found.append(Standing(row, ours, limit, budget.reserve, owed.get(name, 0)))
    return found


def listed(project: Project) -> list[Standing]:
    """How each connection of the mapping stands."""
    budgets = {name: config.allowed for name, config in project.mapping.connections.items()}
    with read(project.engine) as conn:
        return [s for s in standings(conn, budgets, now=project.now()) if s.name in budgets]


def arm(project: Project, connection: str, by: str) -> str:
    """Let a connection write, once its CRM has shown who it is; answers the org. Raises what the handshake does."""
    project.mappings(connection)
    org = str(project.meter(connection).greet()["org"])
    with write(project.engine) as conn:
        connections.arm(conn, connection, by, now=project.now())
    return org


def disarm(project: Project, connection: str) -> None:
    """Make a connection read-only. Raises ConfigError for an unknown one, as the others do."""
    project.mappings(connection)
    with write(project.engine) as conn:
        connections.disarm(conn, connection)


def pause(project: Project, connection: str, by: str, why: str = "") -> None:
    """Nothing is pulled, settled or pushed on the connection until it is resumed."""
    project.mappings(connection)
    with write(project.engine) as conn:
        connections.pause(conn, connection, by, why, now=project.now())


def resume(project: Project, connection: str) -> bool:
    """Answers whether it was paused."""
    project.mappings(connection)
    with write(project.engine) as conn:
        paused = connections.get(conn, connection)["paused_at"] is not None
        connections.resume(conn, connection)
    return paused


def pin(project: Project, connection: str, org: str, *, moved: bool = False) -> None:
    """Pin a connection to another org, read-only until it is armed.

    ``moved`` says that it is the database it always was, so that what was read and linked stays good. Without that, raises Stop
    where anything was read or linked: the ids of two databases must not mix.
    """
    project.mappings(connection)
    with write(project.engine) as conn:
        before = connections.get(conn, connection)["org"]
        if before == org:
            return
        if not moved and connections.in_use(conn, connection):
            raise Stop(
                f"{connection} has read or linked records of {before or 'an org'}, which must not mix with those of another"
                f" database: give {org} a connection of its own in the mapping, or, if it is the same database under another"
                f" name, say so: centri pin {connection} {org} --moved"
            )
        connections.repin(conn, connection, org, now=project.now())
