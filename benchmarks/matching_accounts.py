"""Account sets of any size that look like a given one: its own rows, then companies made of its words, the same each time.

A name takes its number of words from one real name and each word from another that has a word at that place, so that lengths
and frequent words keep their shares. The word of names of one word, and some that occur once or twice, are joined anew of two
halves: a vocabulary grows with the number of companies, and one that did not would make rare words common.
"""

from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

SEED = 6
NEW_WORDS = 0.6  # of the rare words drawn, the share that is joined anew
RARE = 2  # words that occur so often at most


def extended(accounts: pd.DataFrame, size: int) -> pd.DataFrame:
    """The first ``size`` of the rows, or all of them and as many made companies as are missing."""
    if size <= len(accounts):
        return accounts.head(size)
    draw = np.random.default_rng(SEED)
    count = size - len(accounts)
    names = _names(accounts.name.tolist(), count, draw)
    like = accounts.iloc[draw.integers(0, len(accounts), count)].reset_index(drop=True)  # country, city, type of one company
    ids = [f"G{number:07d}" for number in range(count)]
    made = like.assign(account_id=ids, name=names, website=_websites(names, like.website), parent_id="")
    return pd.concat([accounts, made], ignore_index=True)


def written(accounts: Path, size: int, folder: Path) -> Path:
    """The file of so many accounts, made if it is not there."""
    file = folder / f"accounts-{size}.csv"
    if not file.exists():
        extended(pd.read_csv(accounts, dtype=str, keep_default_na=False), size).to_csv(file, index=False)
    return file


def _names(real: list[str], count: int, draw: np.random.Generator) -> list[str]:
    worded = [name.split() for name in real if name.split()]
    frequency = Counter(word for words in worded for word in words)
    rare = [word for word, times in frequency.items() if times <= RARE and len(word) > 3]
    at_place: dict[int, list[str]] = {}
    for words in worded:
        for place, word in enumerate(words):
            at_place.setdefault(place, []).append(word)
    lengths = np.array([len(words) for words in worded])[draw.integers(0, len(worded), count)]
    drawn = {place: draw.random(count) for place in at_place}
    anew, halves = draw.random(count), draw.integers(0, len(rare), (count, 2))
    made = []
    for row, length in enumerate(lengths):
        words = [at_place[place][int(drawn[place][row] * len(at_place[place]))] for place in range(length)]
        if length == 1 or (frequency[words[0]] <= RARE and anew[row] < NEW_WORDS):
            words[0] = _joined(rare[halves[row, 0]], rare[halves[row, 1]])
        made.append(" ".join(words))
    return made


def _joined(first: str, second: str) -> str:
    return first[: (len(first) + 1) // 2] + second[len(second) // 2 :].lower()


def _websites(names: list[str], like: "pd.Series[str]") -> list[str]:
    """A domain of the name where the company it is like has one, under the same ending."""
    made = []
    for name, site in zip(names, like, strict=True):
        label = "".join(letter for letter in name.lower() if letter.isascii() and letter.isalnum())[:40]
        ending = site.rstrip("/").split("://")[-1].split("/")[0].rpartition(".")[2]
        made.append(f"{label}.{ending}" if site and label and ending else "")
    return made
