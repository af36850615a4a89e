"""A store that a test puts rows into and reads them from."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert, select

from centri.engine.project import Project
from centri.store import prm
from centri.store.database import read, write
from centri.store.tables import metadata


class StoreDesk:
    def __init__(self, project: Project) -> None:
        self.project = project

    def put(self, table: str, **values: Any) -> str:
        """A new row; answers its id."""
        t = metadata.tables[table]
        with write(self.project.engine) as conn:
            if table in prm.ENTITIES:
                id = f"{table}-{len(self.rows(table))}"[:36]
                prm.write(conn, table, [prm.Change(id, values)], actor="test", now=self.project.now())
                return id
            return str(conn.execute(insert(t).values(values).returning(t.c.id)).scalar_one())

    def rows(self, table: str, **where: Any) -> list[dict[str, Any]]:
        with read(self.project.engine) as conn:
            rows = [dict(row) for row in conn.execute(select(metadata.tables[table])).mappings()]
        return [row for row in rows if all(row[name] == value for name, value in where.items())]

    def row(self, table: str, **where: Any) -> dict[str, Any]:
        """The one row with these values."""
        (found,) = self.rows(table, **where)
        return found
