"""The CRM behind a connector, as the people who work in it see it: what the conformance suite drives."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from centri.connectors.base import Connector
from centri.connectors.http import Patience
from centri.sync.delivery import Delivery

PATIENCE = Patience(attempts=3, first=0.0, longest=60.0, sleep=lambda _: None)
"""Tries as often as a test needs, and never waits."""


class World(ABC):
    """One object of one CRM, empty at first. Its clock stands still but for :meth:`tick`.

    ``nobody`` is an id that no record has. ``name`` and ``city`` are two of the object's text fields, ``required`` the
    values that every record needs.
    """

    object: str
    nobody: str
    name: str
    city: str
    required: Mapping[str, Any]
    connector: Connector

    def record(self, name: str, **more: Any) -> dict[str, Any]:
        """The values of a whole record."""
        return {**self.required, self.name: name, **more}

    def delivery(self, crm_id: str | None, values: Mapping[str, Any], **more: Any) -> Delivery:
        """The same id for the same ``number``, as an idempotency key must be."""
        number = more.pop("number", 1)
        return Delivery(f"00000000-0000-4000-8000-{number:012d}", self.object, crm_id, values, **more)

    @abstractmethod
    def tick(self) -> None:
        """A second passes."""

    @abstractmethod
    def create(self, values: Mapping[str, Any]) -> str:
        """A person creates a record; its id."""

    @abstractmethod
    def update(self, id: str, values: Mapping[str, Any]) -> None: ...

    @abstractmethod
    def delete(self, id: str) -> None: ...

    @abstractmethod
    def load(self, count: int) -> None:
        """So many records with one and the same stamp."""

    @abstractmethod
    def stored(self) -> dict[str, Mapping[str, Any]]:
        """The live records by id."""

    def merge(self, winner: str, loser: str) -> None:
        raise NotImplementedError

    def convert(self, id: str, *, opportunity: bool) -> Mapping[str, str]:
        """A person converts a lead; what became of it, by entity."""
        raise NotImplementedError

    def refused(self) -> tuple[Mapping[str, Any], str]:
        """Values that the CRM does not take, and the kind of anomaly that is."""
        raise NotImplementedError

    def expire(self) -> None:
        """The connector's token ends now."""
        raise NotImplementedError

    def throttle(self, times: int) -> None:
        """The next calls are refused for being too many."""
        raise NotImplementedError

    def lose_answer(self) -> None:
        """The next write is done, but its answer never arrives."""
        raise NotImplementedError

    def without_secret(self) -> tuple[Connector, str]:
        """A connector with a wrong secret, and that secret."""
        raise NotImplementedError

    def unreachable(self) -> tuple[Connector, str]:
        """A connector to an address where nobody listens, and that address."""
        raise NotImplementedError
