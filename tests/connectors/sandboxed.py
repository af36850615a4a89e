"""Worlds behind the sandbox: people act on the org in this process, the connector speaks to it over real HTTP."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, ClassVar

from conformance import EPOCH
from ports import free_port
from world import PATIENCE, World

from centri.connectors.base import Connector
from centri.connectors.registry import open_connector
from centri.sandbox.server import Sandbox
from centri.sandbox.state import Org


@cache
def sandbox() -> Sandbox:
    """One for the whole test process; its threads end with it."""
    return Sandbox()


class SandboxWorld(World):
    """``writes`` is a pattern of the paths that write, ``somebody`` a user of the CRM who is not ours: ``person`` is the id."""

    type: ClassVar[str]
    writes: ClassVar[str]
    somebody: ClassVar[Mapping[str, Any]]

    def __init__(self) -> None:
        self.org.reset()
        self.org.clock.set(int(EPOCH.timestamp()), frozen=True)
        self.person = self.org.load(self.org.user_object, dict(self.somebody)).id
        self.connector = self.connect()

    @property
    @abstractmethod
    def org(self) -> Org: ...

    @abstractmethod
    def options(self) -> dict[str, Any]:
        """As the connection block of a mapping file gives them."""

    def connect(self, **changes: Any) -> Connector:
        return open_connector(self.type, f"our-{self.type}", {**self.options(), **changes}, patience=PATIENCE)

    def tick(self) -> None:
        self.org.clock.set(self.org.clock.now() + 1, frozen=True)

    def create(self, values: Mapping[str, Any]) -> str:
        return self.org.create(self.object, dict(values), user=self.person).id

    def update(self, id: str, values: Mapping[str, Any]) -> None:
        self.org.update(self.object, id, dict(values), user=self.person)

    def delete(self, id: str) -> None:
        self.org.delete(self.object, id, user=self.person)

    def load(self, count: int) -> None:
        for n in range(count):
            self.org.load(self.object, {**self.required, self.name: f"n{n}"}, user=self.person)

    def stored(self) -> dict[str, Mapping[str, Any]]:
        return {row.id: row.values for row in self.org.rows(self.object)}

    def expire(self) -> None:
        self.org.sessions.expire()

    def lose_answer(self) -> None:
        self.org.faults.arm(method="POST", path=self.writes, kind="after", status=504)

    def _nobody(self) -> str:
        """An address of this machine where nobody listens."""
        return f"http://127.0.0.1:{free_port()}"

    def calls(self, pattern: str) -> list[dict[str, Any]]:
        """The logged calls whose path matches."""
        return [entry for entry in self.org.log if re.search(pattern, entry["path"])]


def fresh(world: type[SandboxWorld]) -> Iterator[SandboxWorld]:
    """A world for one test, closed after it."""
    made = world()
    try:
        yield made
    finally:
        made.connector.close()
        made.org.reset()
