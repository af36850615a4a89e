"""How well and how fast leads are matched to accounts: centri beside the matchers of others, on the same files, in one run.

    python benchmarks/matching.py SPLIT [--peers a,b] [--leads N] [--keep] [--json] [--out results.json]

SPLIT is the folder of a labelled set: ``accounts.csv.gz``, ``leads.csv.gz``, ``gold.csv.gz``, and ``train/`` with the same of
other leads. Each peer runs in an environment of its own, made at its first use below ``--cache`` (or
``CENTRI_BENCHMARK_CACHE``) from pinned packages, as one process after the other; centri runs as it is installed here, untrained
and trained on ``train/``. What is supervised learns from ``train/``, and its seconds count. All but centri are given names
cleaned alike (``peers/common.py``), in their favour. A matcher that cannot be installed or fails stands in the table with the
reason.

Seconds are wall time of the whole command, from reading the files to the written links; processor seconds tell more on a machine
that others use; memory is the peak of the command and all its processes.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import leadbench_score
import pandas as pd
from matching_peers import ENVIRONMENTS, PEERS, Peer
from matching_run import CannotInstall, Ran, interpreter, measured
from rich.console import Console
from rich.table import Table

HERE = Path(__file__).resolve().parent
OURS = ("centri", "centri-trained")
LIMIT = 30 * 60  # seconds for one command of ours
SHOWN = ("recall_at_p0.95", "recall_at_p0.99", "recall@1", "recall@10", "ece_top1")


@dataclass(frozen=True)
class Files:
    """One run's inputs and where what it makes is kept."""

    split: Path
    work: Path
    cache: Path
    first: int | None
    keep: bool
    centri: Path

    @property
    def accounts(self) -> Path:
        return self._unpacked("accounts")

    def leads(self, most: int | None) -> Path:
        """The leads that are asked about: the first of them, where a subset was asked for or the peer cannot take all."""
        count = self.count(most)
        plain = self._unpacked("leads")
        if count is None:
            return plain
        file = self.work / f"leads-{count}.csv"
        pd.read_csv(plain, dtype=str, keep_default_na=False).head(count).to_csv(file, index=False)
        return file

    def count(self, most: int | None) -> int | None:
        return min((number for number in (self.first, most) if number), default=None)

    def result(self, name: str, most: int | None) -> Path:
        return self.work / f"{name}-{self.count(most) or 'all'}.csv"

    def _unpacked(self, name: str) -> Path:
        file = self.work / f"{name}.csv"
        if not file.exists():
            rows = pd.read_csv(self.split / f"{name}.csv.gz", dtype=str, keep_default_na=False)
            rows.to_csv(file, index=False)
        return file


def of_peer(peer: Peer, files: Files) -> dict[str, Any]:
    """One peer's row: installed if need be, run and scored."""
    log = files.work / f"{peer.name}.log"
    out = files.result(peer.name, peer.most)
    try:
        python = interpreter(files.cache, peer.environment, ENVIRONMENTS[peer.environment], log)
    except CannotInstall as failure:
        return {"matcher": peer.name, "failure": f"cannot be installed here: {failure}"}
    command = [
        str(python),
        "-m",
        f"peers.{peer.module}",
        "--accounts",
        str(files.accounts),
        "--leads",
        str(files.leads(peer.most)),
    ]
    command += ["--out", str(out), *(["--train", str(files.split / "train")] if peer.learns else []), *peer.options]
    return _row(peer.name, files, peer.most, out, lambda: measured(command, log, peer.minutes * 60, HERE), supervised=peer.learns)


def of_centri(name: str, files: Files) -> dict[str, Any]:
    """Our own row, by the command line; the trained one's seconds hold its training."""
    out = files.result(name, None)
    matching = [
        "match",
        "file",
        "--accounts",
        str(files.accounts),
        "--leads",
        str(files.leads(None)),
        "--out",
        str(out),
        "--top",
        "10",
    ]
    if name == "centri":
        return _row(name, files, None, out, lambda: _centri(files, name, matching), supervised=False)
    model, train = files.work / "centri.model", files.split / "train"
    learning = ["match", "train", "--yes", "--out", str(model)]
    for option, file in (("accounts", "accounts"), ("leads", "leads"), ("labels", "gold")):
        learning += [f"--{option}", str(train / f"{file}.csv.gz")]
    return _row(name, files, None, out, lambda: _both(files, name, learning, [*matching, "--model", str(model)]), supervised=True)


def _both(files: Files, name: str, learning: list[str], matching: list[str]) -> Ran:
    taught = _centri(files, f"{name}-train", learning)
    if taught.failure:
        return taught
    ran = _centri(files, name, matching)
    return Ran(taught.seconds + ran.seconds, taught.processor + ran.processor, max(taught.mebibytes, ran.mebibytes), ran.failure)


def _centri(files: Files, name: str, command: list[str]) -> Ran:
    if not files.centri.exists():
        return Ran(
            0.0, 0.0, 0.0, f"there is no {files.centri}: run this with the Python that centri is installed in, or --centri"
        )
    return measured([str(files.centri), *command], files.work / f"{name}.log", LIMIT, files.work)


def _row(name: str, files: Files, most: int | None, out: Path, run: Any, *, supervised: bool) -> dict[str, Any]:
    measures = out.with_suffix(".json")
    if files.keep and out.exists() and measures.exists():
        ran = Ran(**json.loads(measures.read_text(encoding="utf-8")))
    else:
        out.unlink(missing_ok=True)
        ran = run()
        measures.write_text(json.dumps(vars(ran)), encoding="utf-8")
    row: dict[str, Any] = {"matcher": name, "supervised": supervised, **vars(ran)}
    if ran.failure:
        return row
    gold = leadbench_score.gold_of(files.split, files.count(most))
    return {**row, "scores": leadbench_score.evaluated(leadbench_score.predicted(out), gold)}


def shown(rows: list[dict[str, Any]], accounts: int) -> Table:
    """The table that a person reads."""
    table = Table(title=f"Leads against {accounts:,} accounts")
    for title in ("matcher", "leads", "F1", "P / R", "R at P .95", "R at P .99", "R@1", "R@10", "ECE", "wall s", "CPU s", "MiB"):
        table.add_column(title, justify="left" if title == "matcher" else "right")
    for row in rows:
        if row["failure"]:
            table.add_row(row["matcher"], f"[red]{row['failure'][:90]}")
            continue
        scores, best = row["scores"], row["scores"]["best"]
        name = row["matcher"] + (" (supervised)" if row["supervised"] else "")
        figures = [f"{scores[name]:.3f}" if name in scores else "" for name in SHOWN]
        costs = [f"{row['seconds']:.1f}", f"{row['processor']:.1f}", f"{row['mebibytes']:,.0f}"]
        both = f"{best['precision']:.3f} / {best['recall']:.3f}"
        table.add_row(name, f"{scores['leads']:,}", f"{best['f1']:.3f}", both, *figures, *costs)
    return table


def _rows(names: list[str], files: Files, told: Console) -> Iterator[dict[str, Any]]:
    peers = {peer.name: peer for peer in PEERS}
    for name in names:
        with told.status(name):
            row = {"failure": "", **(of_peer(peers[name], files) if name in peers else of_centri(name, files))}
        told.print(f"{name}: {row['failure'] or row['scores']['best']}", highlight=False, soft_wrap=True)
        yield row


def _asked() -> argparse.Namespace:
    known = [*(peer.name for peer in PEERS), *OURS]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cache = os.environ.get("CENTRI_BENCHMARK_CACHE") or str(Path(tempfile.gettempdir()) / "centri-benchmark")
    parser.add_argument("split", type=Path)
    parser.add_argument("--peers", default=",".join(known), help="names, with commas between; all: %(default)s")
    parser.add_argument("--leads", type=int, help="only so many of the first leads")
    parser.add_argument(
        "--cache", type=Path, default=Path(cache), help="where environments and predictions are kept", metavar="FOLDER"
    )
    beside = Path(sys.executable).with_name("centri")
    parser.add_argument("--centri", type=Path, default=beside, help="the command of centri that is measured")
    parser.add_argument("--keep", action="store_true", help="use the predictions that an earlier run left")
    parser.add_argument("--anew", action="store_true", help="make the environments of the peers again")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--out", type=Path, help="write the JSON to a file")
    asked = parser.parse_args()
    asked.peers = [name for name in asked.peers.split(",") if name]
    if unknown := [name for name in asked.peers if name not in known]:
        parser.error(f"no matcher is called {', '.join(unknown)}: choose of {', '.join(known)}")
    if not (asked.split / "gold.csv.gz").exists():
        parser.error(f"{asked.split} has no gold.csv.gz: give the folder of a labelled set")
    return asked


def main() -> None:
    asked = _asked()
    cache = asked.cache.resolve()
    environments, work = cache / "environments", cache / "runs" / asked.split.resolve().name
    if asked.anew:
        shutil.rmtree(environments, ignore_errors=True)
    work.mkdir(parents=True, exist_ok=True)
    files = Files(asked.split.resolve(), work, environments, asked.leads, asked.keep, asked.centri.absolute())
    rows = list(_rows(asked.peers, files, Console(stderr=True)))
    text = json.dumps(rows, indent=1)
    if asked.out:
        asked.out.write_text(text + "\n", encoding="utf-8")
    with files.accounts.open("rb") as lines:
        accounts = sum(1 for _ in lines) - 1
    print(text) if asked.json else Console(width=None if sys.stdout.isatty() else 150).print(shown(rows, accounts))


if __name__ == "__main__":
    main()
