"""The word lists that decisions about identity rest on: data files beside this one, read once at import."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from anyascii import anyascii

_NOT_WORD = re.compile(r"[^a-z0-9]+")


def load(name: str) -> Any:
    """The content of ``data/NAME.json``."""
    return json.loads(files("centri.dedupe").joinpath("data", f"{name}.json").read_text(encoding="utf-8"))


def plain_words(text: str) -> list[str]:
    """The words of a text in plain small letters; whatever is neither letter nor digit divides."""
    return _NOT_WORD.sub(" ", anyascii(text).casefold().replace("&", " and ")).split()


@dataclass(frozen=True, slots=True)
class Dictionary:
    """Phrases and the codes they stand for; the first entry with a phrase in the text wins.

    A code of None says that its phrases are known and mean nothing here ("assistant to the CEO" is no CEO).
    ``abbreviations`` are written out word by word before phrases are looked for.
    """

    abbreviations: Mapping[str, str]
    entries: Sequence[tuple[str | None, tuple[str, ...]]]

    @classmethod
    def of(cls, abbreviations: Mapping[str, str], entries: Sequence[Sequence[Any]]) -> Dictionary:
        """A dictionary as the data files hold it: entries are pairs of a code and a list of phrases."""
        return cls(abbreviations, tuple((code, tuple(f" {phrase} " for phrase in phrases)) for code, phrases in entries))

    def code(self, text: str | None) -> str | None:
        """The code that a text stands for; None where no phrase is known. Never a guess."""
        written_out = " ".join(self.abbreviations.get(word, word) for word in plain_words(text or ""))
        framed = f" {written_out} "
        return next((code for code, phrases in self.entries if any(p in framed for p in phrases)), None)
