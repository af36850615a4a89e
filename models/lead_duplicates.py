"""Makes the model that says which leads are one person, from people whom it invents.

    python models/lead_duplicates.py            writes centri/dedupe/data/duplicate_people.json
    python models/lead_duplicates.py --check    says whether a small model comes out as it did when the file was written

Nothing but what models/invented_people.py invents is learned from: no list of real people or companies is read.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from invented_people import FREE, NOBODYS, Habits, Human, Invention, Row
from people_names import family_name

from centri.dedupe.calibration import fit
from centri.dedupe.duplicates.blocking import pairs
from centri.dedupe.duplicates.evidence import RISING, evidence
from centri.dedupe.duplicates.people import People
from centri.dedupe.duplicates.person import person
from centri.dedupe.forest import Growth, grow

MODEL = Path(__file__).parents[1] / "centri" / "dedupe" / "data" / "duplicate_people.json"
LARGE, SMALL = (8000, 8000, 8000, 8000, 8000, 8000), (60, 150, 400, 900, 1500) * 6
GROWTH = Growth(trees=220, leaves=16, rate=0.08, least=30)


_SEED = "PYTHONHASHSEED"


def world(seed: int, size: int) -> tuple[list[Row], list[int]]:
    """Records, and the number of the person whom each is of."""
    made = Invention(seed, _habits(seed))
    draw = made.draw
    rows: list[Row] = []
    owner: list[int] = []
    people = 0

    def add(row: Row, who: int) -> None:
        rows.append(row)
        owner.append(who)

    companies = [made.company() for _ in range(max(2, size // 2))]
    while len(rows) < size:
        human, who = made.human(draw.choice(companies)), people
        people += 1
        first = made.record(human)
        add(first, who)
        for row in _repeated(made, human, first):
            add(row, who)
        for row in _confusable(made, human, draw.choice(rows) if draw.random() < 0.2 else first):
            add(row, people)
            people += 1
    order = draw.sample(range(len(rows)), len(rows))
    return [rows[i] for i in order], [owner[i] for i in order]


def _habits(seed: int) -> Habits:
    """Each world has its own."""
    draw = np.random.default_rng(seed)
    return Habits(
        free_mail=draw.uniform(0.1, 0.4),
        no_mail=draw.uniform(0.1, 0.35),
        same_mail=draw.uniform(0.25, 0.6),
        name_noise=draw.uniform(0.15, 0.5),
        company_noise=draw.uniform(0.5, 0.95),
        no_company=draw.uniform(0.0, 0.1),
        other_country=draw.uniform(0.02, 0.25),
        no_country=draw.uniform(0.1, 0.5),
        city=draw.uniform(0.1, 0.7),
        website=draw.uniform(0.0, 0.3),
        phone=float(draw.choice([0.0, 0.0, 0.3, 0.7])),
        common_surname=draw.uniform(0.0, 0.12),
    )


def _repeated(made: Invention, human: Human, first: Row) -> Iterator[Row]:
    """More records of a person: some written anew, some typed in after an earlier one."""
    draw, rows = made.draw, [first]
    while draw.random() < 0.24 and len(rows) < 7:
        earlier = draw.choice(rows)
        if draw.random() < 0.5:
            row = made.record(human)
            if earlier["email"] and draw.random() < made.habits.same_mail:
                row["email"] = earlier["email"]
        else:
            row = made.again(earlier, human)
        if draw.random() < 0.02:
            row["last_name"] = family_name(draw, "GB")  # married
        rows.append(row)
        yield row


_CONFUSABLE = (
    ("family", 0.09),
    ("given", 0.06),
    ("initial", 0.075),
    ("namesake", 0.06),
    ("mailbox", 0.02),
    ("colleague", 0.02),
)
"""Kinds of people who are easily taken for another, and how often one comes with somebody."""


def _confusable(made: Invention, human: Human, row: Row) -> Iterator[Row]:
    """Other people who look like this one."""
    draw = made.draw
    for kind, share in _CONFUSABLE:
        if draw.random() < share:
            other = made.relative(human, "colleague" if kind == "mailbox" else kind)
            if kind == "namesake":
                yield made.record(other)
                continue
            found = made.other_row({**row, "company": row["company"]}, other)
            if kind == "mailbox":
                host = draw.choice(FREE) if draw.random() < 0.4 else human.company.domain
                found["email"] = f"{draw.choice(NOBODYS)}@{host}"
            elif row["email"] and draw.random() < 0.06:
                found["email"] = row["email"]
            yield found


@dataclass(frozen=True)
class Learned:
    """What is learned from: a row for each pair, and whether the two are one person."""

    names: tuple[str, ...]
    asked: Any
    right: Any


def learned(worlds: Sequence[tuple[int, int]]) -> Learned:
    parts = [_of_world(*one) for one in worlds]
    return Learned(parts[0].names, np.concatenate([p.asked for p in parts]), np.concatenate([p.right for p in parts]))


def _of_world(seed: int, size: int) -> Learned:
    rows, owner = world(seed, size)
    people = [person(row) for row in rows]
    found = pairs(people)
    names, asked = evidence(People(people), found)
    who = np.array(owner)
    return Learned(names, asked, who[found.one] == who[found.other])


def model(large: Sequence[int], small: Sequence[int], growth: Growth) -> dict[str, Any]:
    """The model as its file holds it."""
    worlds = [(100 + n, size) for n, size in enumerate(large)] + [(500 + n, size) for n, size in enumerate(small)]
    taught, held = (
        learned(worlds),
        learned([(900, large[0]), (901, large[0]), *((950 + n, size) for n, size in enumerate(small))]),
    )
    forest = grow(taught.names, taught.asked, taught.right, RISING, growth)
    curve = fit(forest.log_odds(held.asked), held.right)
    return {"forest": forest.as_json(), "calibration": curve.as_json()}


def sample() -> str:
    """A digest of what a small model asks and answers: it moves when the invention, the evidence or the growing does."""
    made = model((300,), (60,), Growth(trees=5, leaves=4, least=10))
    forest = made["forest"]
    told = json.dumps([forest["feature"], *([round(x, 3) for x in forest[name]] for name in ("threshold", "value"))])
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def main() -> None:
    if os.environ.get(_SEED) != "0":  # lists of names are made of sets, whose order is another in every process without this
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, _SEED: "0"})  # noqa: S606 - this very script
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--check", action="store_true", help="compare a small model only, and write nothing")
    options.add_argument("--out", type=Path, default=MODEL)
    given = options.parse_args()
    if given.check:
        kept = json.loads(MODEL.read_text())["sample"]
        sys.exit(0 if kept == sample() else f"{MODEL.name} is of another time: python models/lead_duplicates.py makes it anew")
    made = {"sample": sample(), **model(LARGE, SMALL, GROWTH)}
    given.out.write_text(json.dumps(made, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
