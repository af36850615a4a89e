"""What the rows of a rehearsal's store are called, so that two rehearsals call the same thing the same."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from centri.sync.diff import Place

Link = Mapping[str, Any]
"""A row of ``sync_link``."""

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class Names:
    """Rows of the PRM, and records that a mapping made in a CRM, called by the recorded records that they stand for.

    ``recorded`` holds (connection, object, CRM id). ``born`` are the PRM rows of what was made in a CRM, by CRM id.
    """

    def __init__(self, links: Iterable[Link], recorded: Collection[tuple[str, str, str]]) -> None:
        self.born: dict[str, str] = {}
        self._known: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
        for k in links:
            place = (k["connection"], k["object"], k["crm_id"])
            if place in recorded:
                self._known[k["prm_id"]].append(place)
            else:
                self.born[k["crm_id"]] = k["prm_id"]

    def record(self, crm_id: str) -> str:
        """The id of a CRM record, or what it was made for."""
        return f"(new, for {self._row('', self.born[crm_id])})" if crm_id in self.born else crm_id

    def place(self, connection: str, object: str, crm_id: str) -> Place:
        return Place(connection, "", object, self.record(crm_id))

    def others(self, link: Link) -> list[str]:
        """The recorded records of the same PRM row."""
        mine = (link["connection"], link["object"], link["crm_id"])
        return sorted(" ".join(place) for place in set(self._known[link["prm_id"]]) if place != mine)

    def value(self, connection: str, value: Any) -> Any:
        """A value with names in place of ids that were made up on the way; PRM rows as that connection knows them."""
        if isinstance(value, list):
            return [self.value(connection, item) for item in value]
        if isinstance(value, dict):
            return {name: self.value(connection, item) for name, item in value.items()}
        return _ID.sub(lambda found: self._named(connection, found[0]), value) if isinstance(value, str) else value

    def _named(self, connection: str, id: str) -> str:
        return self._row(connection, id) if id in self._known else self.record(id)

    def _row(self, connection: str, prm_id: str) -> str:
        known = sorted(self._known.get(prm_id, ()), key=lambda place: (place[0] != connection, place))
        return " ".join(known[0]) if known else "(a row of the PRM)"
