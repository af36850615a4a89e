"""Conditions of rules as data: what a fact must be, and in what words it is not."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any

from centri.partners.terms import in_words

Look = Callable[[str], Any]
"""What is seen of a fact, by its name."""


class Test(StrEnum):
    """How a condition compares what is seen with what is wanted."""

    __test__ = False  # pytest takes names that begin so for tests

    IS = "is"
    """One of the values."""
    NOT = "not"
    """None of the values."""
    AT_LEAST = "at_least"
    """A number that is no smaller."""
    AT_MOST = "at_most"
    """A number that is no larger."""
    STARTS_WITH = "starts_with"
    """A text that begins with one of these."""
    CONTAINS = "contains"
    """A text that holds one of these anywhere."""
    WITHIN = "within"
    """A day or moment that is no longer ago than this."""
    SAME_AS = "same_as"
    """For a partner: the same as this fact of the lead, or one of the same."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A fact meets a test. Texts are compared whatever their case; a fact with many values meets it where one does.

    Durations of ``within`` are timedeltas; what ``same_as`` wants is the name of a fact.
    """

    fact: str
    test: Test
    wanted: tuple[Any, ...]

    def holds(self, seen: Any, at: datetime, wanted: Iterable[Any]) -> bool:
        """Whether what is seen at a moment meets the test; of ``same_as``, ``wanted`` are the values of the other fact."""
        values = _several(seen) or (None,)
        match self.test:
            case Test.IS:
                return any(_alike(value, w) for value in values for w in wanted)
            case Test.NOT:
                return not any(_alike(value, w) for value in values for w in wanted)
            case Test.SAME_AS:
                return any(_alike(value, w) for value in values for w in wanted if w is not None)
        return any(value is not None and _meets(self.test, value, w, at) for value in values for w in wanted)


@dataclass(frozen=True, slots=True)
class Failure:
    """A condition that does not hold, what was seen, and what was wanted."""

    fact: str
    test: Test
    wanted: tuple[Any, ...]
    seen: Any

    def __str__(self) -> str:
        wanted = " or ".join(map(told, self.wanted)) or "nothing"
        match self.test:
            case Test.IS:
                return f"{self._is}, not {wanted}"
            case Test.NOT:
                return f"{self._is}, which is ruled out"
            case Test.SAME_AS:
                return f"{self._is}, and the lead's is {wanted}"
            case Test.AT_LEAST | Test.AT_MOST:
                return f"{self._is}, which is not {self.test.value.replace('_', ' ')} {wanted}"
            case Test.WITHIN:
                return f"{self._is}, which is not within {wanted}"
        return f"{self._is}, which does not {'start with' if self.test is Test.STARTS_WITH else 'contain'} {wanted}"

    @property
    def _is(self) -> str:
        return f"{self.fact} is {', '.join(sorted(map(told, _several(self.seen)))) or 'blank'}"

    def as_json(self) -> dict[str, Any]:
        seen = sorted(map(told, self.seen)) if isinstance(self.seen, list | tuple | frozenset) else plain(self.seen)
        return {"fact": self.fact, "test": self.test.value, "wanted": [plain(w) for w in self.wanted], "seen": seen}


@dataclass(frozen=True, slots=True)
class When:
    """One of several blocks of conditions holds: all conditions of that block. Without any block it always does."""

    blocks: tuple[tuple[Condition, ...], ...] = ()

    @classmethod
    def all(cls, *conditions: Condition) -> When:
        """One block."""
        return cls((conditions,))

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Those of all blocks."""
        return tuple(condition for block in self.blocks for condition in block)

    def failures(self, look: Look, at: datetime, other: Look | None = None) -> tuple[Failure, ...]:
        """The conditions that fail in the block that comes nearest; empty where all of a block hold.

        ``other`` looks at the lead where these conditions are about a partner.
        """
        nearest: tuple[Failure, ...] | None = None
        for block in self.blocks:
            failed = tuple(f for f in (_failure(c, look, at, other or look) for c in block) if f)
            if not failed:
                return ()
            if nearest is None or len(failed) < len(nearest):
                nearest = failed
        return nearest or ()

    def met_by(self, look: Look, at: datetime) -> tuple[tuple[str, str], ...]:
        """What decided: each fact of the block that holds with what was seen of it; empty where none holds."""
        for block in self.blocks:
            if not any(_failure(c, look, at, look) for c in block):
                return tuple((c.fact, _shown(look(c.fact))) for c in block)
        return ()


def _failure(condition: Condition, look: Look, at: datetime, other: Look) -> Failure | None:
    seen = look(condition.fact)
    wanted = _several(other(condition.wanted[0])) if condition.test is Test.SAME_AS else condition.wanted
    return None if condition.holds(seen, at, wanted) else Failure(condition.fact, condition.test, tuple(wanted), seen)


def _several(seen: Any) -> tuple[Any, ...]:
    """The values of a fact; none where it is blank."""
    if isinstance(seen, Collection) and not isinstance(seen, str):
        return tuple(seen)
    return () if seen is None else (seen,)


def _alike(a: Any, b: Any) -> bool:
    if isinstance(a, str) and isinstance(b, str):
        return a.casefold() == b.casefold()
    return isinstance(a, bool) == isinstance(b, bool) and bool(a == b)


def _meets(test: Test, value: Any, wanted: Any, at: datetime) -> bool:
    match test:
        case Test.AT_LEAST:
            return bool(value >= wanted)
        case Test.AT_MOST:
            return bool(value <= wanted)
        case Test.WITHIN:
            return bool(at - _moment(value) <= wanted)
        case Test.STARTS_WITH:
            return str(value).casefold().startswith(str(wanted).casefold())
    return str(wanted).casefold() in str(value).casefold()


def _moment(value: Any) -> datetime:
    """A day is its beginning in UTC."""
    found = datetime.fromisoformat(value if isinstance(value, str) else value.isoformat())
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _shown(seen: Any) -> str:
    return ", ".join(sorted(map(told, _several(seen)))) or "blank"


def told(value: Any) -> str:
    """A value in the words of the mapping file."""
    plainly = plain(value)
    return "blank" if plainly is None else str(plainly).lower() if isinstance(plainly, bool) else str(plainly)


def plain(value: Any) -> Any:
    """A value as JSON holds it."""
    if isinstance(value, timedelta):
        return in_words(value)
    return value.isoformat() if isinstance(value, date) else value
