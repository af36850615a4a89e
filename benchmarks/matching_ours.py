"""What ``benchmarks/matching_speed.py`` measures of centri, one step a function; each runs in a process of its own.

    python benchmarks/matching_ours.py STEP --accounts A.csv --leads L.csv --folder F --centri PATH

Prints a JSON object of the step's figures. What one lead costs against a standing index, and opening and adding to one, is
measured over the store: ``match_store.py``.
"""

import argparse
import json
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

Figures = dict[str, float]


@dataclass(frozen=True)
class Asked:
    """``folder`` is for what a step keeps for a later one, such as an index."""

    accounts: Path
    leads: Path
    folder: Path
    centri: Path


def build(asked: Asked) -> Figures:
    """Seconds until an index of the accounts stands: by the command line, those of matching a single lead."""
    return {"seconds": _matched(asked, _first(asked, 1))}


def batch(asked: Asked) -> Figures:
    """Seconds for all leads with the index warm: what they take longer than a single one."""
    many = pd.read_csv(asked.leads, usecols=["lead_id"]).shape[0]
    alone = _matched(asked, _first(asked, 1))
    together = _matched(asked, asked.leads)
    return {"leads": many, "seconds": together - alone, "with_index": together}


STEPS: dict[str, Callable[[Asked], Figures]] = {"build": build, "batch": batch}


def _first(asked: Asked, count: int) -> Path:
    file = asked.folder / f"leads-first-{count}.csv"
    pd.read_csv(asked.leads, dtype=str, keep_default_na=False, nrows=count).to_csv(file, index=False)
    return file


def _matched(asked: Asked, leads: Path) -> float:
    command = [str(asked.centri), "match", "file", "--accounts", str(asked.accounts), "--leads", str(leads)]
    began = time.perf_counter()
    ran = subprocess.run([*command, "--out", str(asked.folder / "matched.csv")], capture_output=True, text=True, check=False)
    if ran.returncode:
        raise SystemExit(ran.stderr or ran.stdout)
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", choices=STEPS)
    for name in ("accounts", "leads", "folder", "centri"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    given = parser.parse_args()
    print(json.dumps(STEPS[given.step](Asked(given.accounts, given.leads, given.folder, given.centri))))


if __name__ == "__main__":
    main()
