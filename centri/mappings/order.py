"""In which order mappings are followed: parents before children."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Protocol, TypeVar


class Child(Protocol):
    """A mapping that refers to rows of ``parents``, which are entities."""

    @property
    def entity(self) -> str: ...

    @property
    def parents(self) -> Collection[str]: ...


AnyChild = TypeVar("AnyChild", bound=Child)


def parents_first(mappings: Sequence[AnyChild]) -> tuple[AnyChild, ...]:
    """Parents before children, else as they were. Raises CycleError where there is no such order."""
    sorter = _sorter(mappings)
    sorter.prepare()
    order: list[AnyChild] = []
    ready: list[int] = []
    while sorter.is_active():
        ready = sorted((*ready, *sorter.get_ready()))
        order.append(mappings[ready[0]])
        sorter.done(ready.pop(0))
    return tuple(order)


def circle(mappings: Sequence[AnyChild]) -> tuple[AnyChild, ...]:
    """Mappings that refer to each other in a circle, first and last the same; none where there is an order."""
    try:
        _sorter(mappings).prepare()
    except CycleError as error:
        return tuple(mappings[i] for i in reversed(error.args[1]))
    return ()


def _sorter(mappings: Sequence[Child]) -> TopologicalSorter[int]:
    return TopologicalSorter({i: [j for j, p in enumerate(mappings) if p.entity in m.parents] for i, m in enumerate(mappings)})
