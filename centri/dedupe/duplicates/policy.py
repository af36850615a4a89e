"""How duplicates of an entity are told, and what remains of them: one entry of the ``dedupe:`` block."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from centri.dedupe.duplicates.rules import Rules
from centri.dedupe.duplicates.survivor import Survival

if TYPE_CHECKING:
    from centri.dedupe.duplicates.judging import Judge


def _people() -> Judge:
    from centri.dedupe.duplicates.people_model import default

    return default()


def _companies() -> Judge:
    from centri.dedupe.duplicates.companies import companies

    return companies


JUDGES: Mapping[str, Callable[[], Judge]] = {
    "lead": _people,
    "contact": _people,
    "account": _companies,
    "partner_account": _companies,
}
"""What says of two records of an entity whether they are one, unless rules are given; heavy, so loaded when it is asked."""


@dataclass(frozen=True, slots=True)
class DedupePolicy:
    """``rules`` decide what is a duplicate, where there are some; else the model of people, or the weights of companies."""

    rules: Rules | None = None
    survival: Survival = field(default_factory=Survival)

    def judge(self, entity: str) -> Judge:
        """What decides for an entity of :data:`JUDGES`. Raises KeyError for any other."""
        if self.rules is None:
            return JUDGES[entity]()
        from centri.dedupe.duplicates.ruled import by

        return by(self.rules)
