"""How fast centri matches leads to accounts, and how that grows with the accounts.

    python benchmarks/matching_speed.py SPLIT [--sizes 100000,1000000] [--leads 10000] [--json] [--out results.json]

SPLIT is the folder of a labelled set; its accounts are extended to the sizes by made companies (``matching_accounts.py``), the
same ones in each run. Told for each size: leads a second with the index warm, the seconds to build the index, and the peak of
memory of building and of matching; and over the sizes the exponent with which the time of a lead grows with the accounts: 1 in
proportion, 0 not at all.

What is measured is in ``matching_ours.py``; each step is a process of its own.
"""

import argparse
import json
import math
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd
from matching_accounts import written
from matching_ours import STEPS
from matching_run import measured
from rich.console import Console
from rich.table import Table

HERE = Path(__file__).resolve().parent
LIMIT = 60 * 60  # seconds for one step
ROWS = (
    ("leads a second, index warm", "batch", "per_second"),
    ("build the index, s", "build", "seconds"),
    ("peak of building, MiB", "build", "mebibytes"),
    ("peak of matching, MiB", "batch", "mebibytes"),
)


def of_size(size: int, asked: argparse.Namespace, told: Console) -> dict[str, Any]:
    """All steps' figures for one number of accounts."""
    work = asked.cache.resolve() / "speed"
    folder = work / str(size)
    folder.mkdir(parents=True, exist_ok=True)
    with told.status(f"{size:,} accounts are made"):
        accounts = written(asked.split / "accounts.csv.gz", size, work)
    leads = work / f"leads-{asked.leads}.csv"
    rows = pd.read_csv(asked.split / "leads.csv.gz", dtype=str, keep_default_na=False)
    rows.head(asked.leads).to_csv(leads, index=False)
    steps = {}
    for step in STEPS:
        with told.status(f"{size:,} accounts: {step}"):
            steps[step] = _step(step, accounts, leads, folder, asked.centri.absolute())
        told.print(f"{size:,} accounts, {step}: {steps[step]}", highlight=False, soft_wrap=True)
    return {"accounts": size, "steps": steps}


def _step(step: str, accounts: Path, leads: Path, folder: Path, centri: Path) -> dict[str, Any]:
    log = folder / f"{step}.log"
    command = [sys.executable, str(HERE / "matching_ours.py"), step, "--accounts", str(accounts), "--leads", str(leads)]
    ran = measured([*command, "--folder", str(folder), "--centri", str(centri)], log, LIMIT, folder)
    if ran.failure:
        return {"failure": ran.failure}
    figures: dict[str, Any] = json.loads(log.read_text(encoding="utf-8").splitlines()[-1])
    if "leads" in figures:
        figures["per_second"] = figures["leads"] / max(figures["seconds"], 1e-9)
    return {**figures, "mebibytes": ran.mebibytes} if figures else {}


def exponent(results: list[dict[str, Any]]) -> float | None:
    """How the seconds of a lead grow from the smallest to the largest number of accounts."""
    done = [(one["accounts"], one["steps"]["batch"]["per_second"]) for one in results if "per_second" in one["steps"]["batch"]]
    if len(done) < 2:
        return None
    (small, quick), (large, slow) = min(done), max(done)
    return math.log(quick / slow) / math.log(large / small)


def shown(results: list[dict[str, Any]]) -> Table:
    """The table that a person reads."""
    table = Table(title="centri by the number of accounts")
    table.add_column("")
    for one in results:
        table.add_column(f"{one['accounts']:,}", justify="right")
    for title, step, figure in ROWS:
        table.add_row(title, *(_cell(one["steps"][step], figure) for one in results))
    grows = exponent(results)
    table.add_row("exponent between the sizes", *([""] * (len(results) - 1)), "" if grows is None else f"{grows:.2f}")
    return table


def _cell(step: dict[str, Any], figure: str) -> str:
    if "failure" in step:
        return f"[red]{step['failure'][:60]}"
    return f"{step[figure]:,.2f}" if figure in step else "not told"


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cache = os.environ.get("CENTRI_BENCHMARK_CACHE") or str(Path(tempfile.gettempdir()) / "centri-benchmark")
    parser.add_argument("split", type=Path)
    parser.add_argument("--sizes", default="100000,1000000", help="numbers of accounts, with commas between")
    parser.add_argument("--leads", type=int, default=10_000)
    parser.add_argument("--cache", type=Path, default=Path(cache), help="where made accounts and indexes are kept")
    parser.add_argument(
        "--centri", type=Path, default=Path(sys.executable).with_name("centri"), help="the command that is measured"
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--out", type=Path, help="write the JSON to a file")
    return parser.parse_args()


def main() -> None:
    asked = _asked()
    told = Console(stderr=True)
    results = [of_size(int(size), asked, told) for size in asked.sizes.split(",")]
    text = json.dumps({"sizes": results, "exponent": exponent(results)}, indent=1)
    if asked.out:
        asked.out.write_text(text + "\n", encoding="utf-8")
    print(text) if asked.json else Console(width=None if sys.stdout.isatty() else 120).print(shown(results))


if __name__ == "__main__":
    main()
