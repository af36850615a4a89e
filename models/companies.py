"""Make the model of companies that the package brings: ``python models/companies.py [--check]``.

It is learned from an invented world alone: no real company is in it. The same command makes the same file.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import orjson
from company_noise import leads
from company_world import world

from centri.dedupe.companies import evidence as pairs
from centri.dedupe.companies.company import Company, company
from centri.dedupe.companies.index import Asked, Index
from centri.dedupe.companies.learning import Examples, learn
from centri.dedupe.companies.segment import segment

FILE = Path(__file__).parents[1] / "centri" / "dedupe" / "data" / "companies.json"

SIZES = ((4_000, 2_500), (30_000, 13_000), (100_000, 13_000))
"""Worlds of several sizes: companies, and leads that refer to them."""

STRANGERS = 0.45
"""How much leads without an account, but with one that is near, count in the calibration: in life fewer are near."""


def examples(count: int, asked: int, seed: int) -> Examples:
    """Candidates of the leads of one world, of which a quarter of the companies are no accounts."""
    rng = random.Random(seed)
    firms = world(count, seed)
    rng.shuffle(firms)
    accounts, others = firms[: count * 3 // 4], firms[count * 3 // 4 :]
    known = [
        company(str(at), {"name": f.name, "website": f.website, "country": f.country, "city": f.city})
        for at, f in enumerate(accounts)
    ]
    index = Index([segment(known)])
    told = leads(accounts, others, asked, seed + 1)
    queries: list[Company] = [
        company(str(at), {k: v for k, v in asdict(lead).items() if k != "right"}) for at, lead in enumerate(told)
    ]
    question = Asked.of(queries)
    found = index.find(question)
    evidence, nearest = pairs.evidence(index, question, found)
    name = np.where(nearest >= 0, index.segments[0].core[np.maximum(nearest, 0)], 0)
    right = np.array([c in told[q].right for q, c in zip(found.query.tolist(), found.company.tolist(), strict=True)])
    return Examples(evidence, found.query, name, right)


def everything(sizes: tuple[tuple[int, int], ...] = SIZES, seed: int = 20) -> Examples:
    """The examples of several worlds, one after another."""
    parts, shift = [], 0
    for step, (count, asked) in enumerate(sizes):
        part = examples(count, asked, seed + 100 * step)
        parts.append(Examples(part.evidence, part.query + shift, part.name, part.right))
        shift += asked
    return Examples(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("evidence", "query", "name", "right")))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="make it anew and tell whether the file is the same")
    check, started = parser.parse_args().check, time.perf_counter()
    told = everything()
    about = {"trained on": "an invented world", "leads": int(sum(asked for _, asked in SIZES)), "candidates": len(told.query)}
    model = learn(told, about, strangers=STRANGERS)
    text = orjson.dumps(model.as_json(), option=orjson.OPT_SORT_KEYS)
    print(f"{len(told.query)} candidates, {len(text) // 1024} KiB, {time.perf_counter() - started:.0f} s", file=sys.stderr)
    if check:
        return 0 if FILE.read_bytes() == text else 1
    FILE.write_bytes(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
