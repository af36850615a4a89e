"""How much a mapping change may change before it counts as a failure: ``changed=10%,held=0``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from centri.errors import ConfigError

WORDS = ("changed", "entered", "left", "held", "told")
_FORM = re.compile(r"\s*(?P<word>\w+)\s*=\s*(?P<number>\d+)(?P<percent>%?)\s*")


@dataclass(frozen=True, slots=True)
class Count:
    """So many of so many."""

    number: int
    of: int


@dataclass(frozen=True, slots=True)
class Threshold:
    """At most ``most`` records, or where ``share`` is set at most that many per cent of them."""

    word: str
    most: int
    share: bool = False

    def __str__(self) -> str:
        return f"{self.word}={self.most}{'%' if self.share else ''}"

    def passed(self, count: Count) -> bool:
        """Whether there are more than that. Any number is more than a share of nothing."""
        return count.number * 100 > self.most * count.of if self.share else count.number > self.most


def parse(text: str | None) -> tuple[Threshold, ...]:
    """Raises ConfigError naming everything that is no threshold."""
    parts = [part for part in (text or "").split(",") if part.strip()]
    found = [(part, _FORM.fullmatch(part)) for part in parts]
    wrong = [part.strip() for part, match in found if not match or match["word"] not in WORDS or _over(match)]
    if wrong or (text is not None and not parts):
        named = ", ".join(map(repr, wrong)) or "nothing"
        raise ConfigError(f"--fail-on takes {', '.join(WORDS)}, each with a count or a share: changed=10%,held=0; not {named}")
    return tuple(Threshold(m["word"], int(m["number"]), bool(m["percent"])) for _, m in found if m)


def passed(thresholds: tuple[Threshold, ...], counts: Mapping[str, Count]) -> Iterator[tuple[Threshold, Count]]:
    """The thresholds that are passed, each with the count that does."""
    yield from ((t, counts[t.word]) for t in thresholds if t.passed(counts[t.word]))


def _over(match: re.Match[str]) -> bool:
    return bool(match["percent"]) and int(match["number"]) > 100
