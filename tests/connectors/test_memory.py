"""The reference connector passes what every other must."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import pytest
from conformance import EPOCH, SECOND, Conformance
from world import World

from centri.connectors.base import PullRequest, PushRequest
from centri.connectors.memory import MemoryConnector, MemoryCrm
from centri.descriptions import FieldType
from centri.errors import Rejected, RetryLater


class MemoryWorld(World):
    object, nobody, name, city, required = "Lead", "nobody", "name", "city", {}

    def __init__(self) -> None:
        self.now = EPOCH
        self.crm = MemoryCrm(_tidy, lambda: self.now)
        self.crm.define(self.object, {self.name: FieldType.TEXT, self.city: FieldType.TEXT})
        self.connector = MemoryConnector("play", self.crm)

    def tick(self) -> None:
        self.now += SECOND

    def create(self, values: Mapping[str, Any]) -> str:
        return self.crm.save(self.object, values).id

    def update(self, id: str, values: Mapping[str, Any]) -> None:
        self.crm.save(self.object, values, id)

    def delete(self, id: str) -> None:
        self.crm.delete(self.object, id)

    def load(self, count: int) -> None:
        for n in range(count):
            self.create({self.name: f"n{n}"})

    def stored(self) -> dict[str, Mapping[str, Any]]:
        return {row.id: row.values for row in self.crm.objects[self.object].values() if not row.deleted}

    def merge(self, winner: str, loser: str) -> None:
        self.crm.delete(self.object, loser, merged_into=winner)

    def convert(self, id: str, *, opportunity: bool) -> Mapping[str, str]:
        became = {"account": "a1", "contact": "c1"} | ({"opportunity": "o1"} if opportunity else {})
        self.crm.convert(self.object, id, became)
        return became

    def refused(self) -> tuple[Mapping[str, Any], str]:
        return {self.name: "refuse me"}, "validation"

    def lose_answer(self) -> None:
        self.crm.lost_answers.append(RetryLater("the answer got lost"))

    def unreachable(self) -> tuple[MemoryConnector, str]:
        self.crm.faults.append(RetryLater("play: memory://nowhere cannot be reached"))
        return self.connector, "memory://nowhere"


def _tidy(object: str, values: Mapping[str, Any]) -> Mapping[str, Any]:
    if "refuse me" in values.values():
        raise Rejected("validation", "that will not do")
    return {f: (v.strip(" ") or None) if isinstance(v, str) else v for f, v in values.items()}


class TestMemory(Conformance):
    cannot: ClassVar[Mapping[str, str]] = {
        "tokens": "memory asks nobody to log in",
        "throttling": "memory fails when a test says so and retries nothing by itself",
    }

    @pytest.fixture
    def world(self) -> Iterator[MemoryWorld]:
        return MemoryWorld()

    def test_an_injected_failure_fails_one_call(self, world: MemoryWorld) -> None:
        world.create({"name": "Ada"})
        world.crm.faults.extend([None, RetryLater("busy")])
        request = PullRequest("Lead", ("name",))
        assert len(list(world.connector.pull(request))) == 1
        with pytest.raises(RetryLater, match="busy"):
            list(world.connector.pull(request))
        assert len(list(world.connector.pull(request))) == 1

    def test_the_guard_sees_two_edits_within_one_second(self, world: MemoryWorld) -> None:
        created = world.create({"name": "Ada"})
        version = next(iter(world.connector.pull(PullRequest("Lead", ("name",))))).records[0].version
        world.update(created, {"name": "Grace"})
        (outcome,) = world.connector.push(PushRequest("Lead", [world.delivery(created, {"city": "Bern"}, expected=version)]))
        assert type(outcome).__name__ == "Moved"
