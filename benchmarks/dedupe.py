"""Finds the duplicates in a folder of leads with known answers by the default model, and prints how well and how fast.

    python benchmarks/dedupe.py FOLDER [--rule "first_name,last_name,company~90" ...]

FOLDER holds leads.csv.gz (lead_id, first_name, last_name, email, company, website, country, city) and gold.csv.gz (lead_id,
person_id). Figures: precision, recall and F1 of pairs of leads that are one person; wall seconds, the first run with what is
compiled and loaded once, the second without; peak resident memory (MiB).
"""

import argparse
import csv
import gzip
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from measuring import peak

from centri.dedupe.duplicates.rules import Rules
from centri.engine.dedupe_file import dedupe_file


def pairs(names: Iterable[object]) -> int:
    return sum(many * (many - 1) // 2 for many in Counter(names).values())


def scored(groups: Path, gold: Path) -> tuple[float, float, float]:
    """Precision, recall and F1."""
    with gzip.open(gold, "rt", encoding="utf-8") as rows:
        who = {row["lead_id"]: row["person_id"] for row in csv.DictReader(rows)}
    with groups.open(encoding="utf-8") as rows:
        group = {row["lead_id"]: row["group"] for row in csv.DictReader(rows)}
    right = pairs((group[lead], who[lead]) for lead in who)
    precision, recall = right / max(pairs(group.values()), 1), right / max(pairs(who.values()), 1)
    return precision, recall, 2 * precision * recall / max(precision + recall, 1e-9)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("folder", type=Path)
    options.add_argument("--rule", action="append", default=[])
    given = options.parse_args()
    rules = Rules.of(text.split(",") for text in given.rule) if given.rule else None
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "groups.csv"
        for run in ("first", "second"):
            began = time.perf_counter()
            done = dedupe_file(given.folder / "leads.csv.gz", out, judge=rules)
            seconds = time.perf_counter() - began
            print(
                f"{run} run: {seconds:.1f} s for {done.leads:,} leads, {done.groups.compared:,} pairs compared, {peak():.0f} MiB"
            )
        precision, recall, f1 = scored(out, given.folder / "gold.csv.gz")
    print(f"precision {precision:.4f}  recall {recall:.4f}  F1 {f1:.4f}  ({len(done.groups.groups):,} groups)")


if __name__ == "__main__":
    main()
