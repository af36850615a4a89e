"""What is known of many companies beside their names, in a few arrays: read one by one, whoever has millions of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from centri.dedupe.companies.rules import Facts
from centri.dedupe.companies.segment import Texts
from centri.dedupe.companies.text import hashes

Array = NDArray[Any]

TEXTS = ("company_class", "country", "city", "parent", "last_activity", "created")
NUMBERS = ("contacts", "open_opportunities")
_COLUMNS = (*TEXTS, *NUMBERS)


def columns(facts: Sequence[Facts]) -> dict[str, Array]:
    """Facts as arrays, in their order."""
    kept: dict[str, Array] = {}
    for name in TEXTS:
        texts = Texts.of([getattr(fact, name) for fact in facts])
        kept[name + ".letters"], kept[name + ".offsets"] = texts.letters, texts.offsets
    for name in NUMBERS:
        kept[name] = np.array([getattr(fact, name) for fact in facts], dtype=np.int32)
    return kept


@dataclass(frozen=True, eq=False)
class FactTable(Mapping[str, Facts]):
    """Facts by the id of their company. ``ids`` and ``kept`` (see :func:`columns`) are in the same order."""

    ids: Texts
    number: Array
    order: Array
    kept: Mapping[str, Array]

    @classmethod
    def of(cls, ids: Texts, kept: Mapping[str, Array]) -> FactTable:
        number = hashes(ids.letters, ids.offsets)
        order = np.argsort(number, kind="stable")
        return cls(ids, number[order], order, kept)

    @property
    def has_families(self) -> bool:
        """Whether any company has a parent."""
        return bool(self.kept["parent.offsets"][-1])

    def __getitem__(self, id: str) -> Facts:
        return self.at(np.array([self._row(id)]))[0]

    def at(self, rows: Array) -> list[Facts]:
        """The facts of some companies by their places."""
        texts = zip(*(self._texts(name, rows) for name in TEXTS), strict=True)
        numbers = zip(*(self.kept[name][rows].tolist() for name in NUMBERS), strict=True)
        return [Facts(**dict(zip(_COLUMNS, (*t, *n), strict=True))) for t, n in zip(texts, numbers, strict=True)]

    def _texts(self, name: str, rows: Array) -> list[str]:
        return Texts(self.kept[name + ".letters"], self.kept[name + ".offsets"]).at(rows)

    def _row(self, id: str) -> int:
        asked = Texts.of([id])
        wanted = hashes(asked.letters, asked.offsets)[0]
        at = int(np.searchsorted(self.number, wanted))
        while at < len(self.number) and self.number[at] == wanted:
            if self.ids[row := int(self.order[at])] == id:
                return row
            at += 1
        raise KeyError(id)

    def __iter__(self) -> Iterator[str]:
        return (self.ids[at] for at in range(len(self.ids)))

    def __len__(self) -> int:
        return len(self.ids)

    def repeated(self) -> list[str]:
        """The ids that stand more than once, in order."""
        near = np.flatnonzero(self.number[1:] == self.number[:-1]).tolist()
        found = {
            self.ids[int(self.order[at])] for at in near if self.ids[int(self.order[at])] == self.ids[int(self.order[at + 1])]
        }
        return sorted(found)


def joined(given: Sequence[Mapping[str, Array]]) -> dict[str, Array]:
    """Arrays of facts, one after another."""
    kept = {name: np.concatenate([part[name] for part in given]) for name in NUMBERS}
    for name in TEXTS:
        letters, offsets = name + ".letters", name + ".offsets"
        ends = np.cumsum([0, *(int(part[offsets][-1]) for part in given)])
        kept[letters] = np.concatenate([part[letters][: part[offsets][-1]] for part in given])
        kept[offsets] = np.concatenate([ends[:1], *(part[offsets][1:] + end for part, end in zip(given, ends[:-1], strict=True))])
    return kept
