"""The connector of CSV files passes what every other must, as far as files can."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from conformance import EPOCH, SECOND, Conformance
from world import World

from centri.connectors.base import PullRequest, PushRequest
from centri.connectors.codec import instant_text
from centri.connectors.csvfile import CsvConnector, CsvOptions
from centri.errors import ConfigError

COLUMNS = ["id", "modified_at", "deleted", "name", "city"]


class CsvWorld(World):
    object, nobody, name, city, required = "Lead", "nobody", "name", "city", {}

    def __init__(self, folder: Path) -> None:
        self.now, self.path = EPOCH, folder / "Lead.csv"
        self._save([])
        self.connector = CsvConnector("files", CsvOptions(str(folder)), clock=lambda: self.now + timedelta(milliseconds=7))

    def tick(self) -> None:
        self.now += SECOND

    def create(self, values: Mapping[str, Any]) -> str:
        rows = self._rows()
        row = {"id": f"r{len(rows)}", "modified_at": instant_text(self.now), **values}
        self._save([*rows, row])
        return row["id"]

    def update(self, id: str, values: Mapping[str, Any]) -> None:
        changes = {**values, "modified_at": instant_text(self.now)}
        self._save([row | changes if row["id"] == id else row for row in self._rows()])

    def delete(self, id: str) -> None:
        self.update(id, {"deleted": "true"})

    def load(self, count: int) -> None:
        stamp = instant_text(self.now)
        self._save([{"id": f"r{n * 7919 % count:05}", "modified_at": stamp, "name": f"n{n}"} for n in range(count)])

    def stored(self) -> dict[str, Mapping[str, Any]]:
        return {row["id"]: row for row in self._rows() if not row["deleted"]}

    def _rows(self) -> list[dict[str, str]]:
        with self.path.open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def _save(self, rows: list[dict[str, str]]) -> None:
        with self.path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS, restval="")
            writer.writeheader()
            writer.writerows(rows)


class TestCsvFile(Conformance):
    cannot: ClassVar[Mapping[str, str]] = {
        "authors": "a file does not say who changed a row, so every change counts as ours",
        "merge": "a file does not say which row a lost one was merged into",
        "conversion": "a file knows no lead conversion",
        "tokens": "nobody logs in to a file",
        "throttling": "a file is never busy",
        "network": "a file is read from a disk",
        "rules": "a file stores what it is given and refuses nothing",
    }

    @pytest.fixture
    def world(self, tmp_path: Path) -> Iterator[CsvWorld]:
        return CsvWorld(tmp_path)

    def test_a_failed_write_leaves_the_old_file(self, world: CsvWorld, monkeypatch: pytest.MonkeyPatch) -> None:
        created = world.create({"name": "Ada"})
        before = world.path.read_bytes()

        def full(_: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("os.fsync", full)
        with pytest.raises(OSError, match="space"):
            world.connector.push(PushRequest("Lead", [world.delivery(created, {"city": "Bern"})]))
        assert world.path.read_bytes() == before
        assert [path.name for path in world.path.parent.iterdir()] == ["Lead.csv"]

    def test_texts_of_several_lines_survive_a_write(self, world: CsvWorld) -> None:
        text = 'two\nlines, and "quotes"'
        created = world.create({"name": text})
        world.connector.push(PushRequest("Lead", [world.delivery(created, {"city": "Bern"})]))
        (page,) = world.connector.pull(PullRequest("Lead", ("name", "city")))
        assert page.records[0].values == {"name": text, "city": "Bern"}

    def test_a_file_without_its_own_columns_is_named(self, world: CsvWorld) -> None:
        world.path.write_text("id,name\n1,Ada\n", encoding="utf-8")
        with pytest.raises(ConfigError, match="modified_at"):
            world.connector.describe("Lead")
