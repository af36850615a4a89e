"""What matching in the store costs with so many accounts: building the index, opening it, adding one, matching one, memory.

``python benchmarks/match_store.py 1000000`` makes that many invented accounts in an SQLite file (``--url`` names another store,
which must be empty) in a folder that is thrown away, and prints one JSON document.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Engine, insert

from centri.dedupe.companies.company import company
from centri.engine.match_index import Companies
from centri.store.database import migrate, open_engine, write
from centri.store.prm_tables import account

_CHUNK = 5_000
_SYLLABLES = [a + b for a in "bdfgklmnprstvz" for b in "aeiou"]
_TRADES = ("Systems", "Logistics", "Foods", "Health", "Energy", "Consulting", "Engineering", "Media", "Analytics", "Partners")
_FORMS = ("GmbH", "Inc.", "LLC", "Ltd", "S.A.", "AG", "B.V.", "")
_COUNTRIES = ("DE", "US", "GB", "FR", "NL", "ES", "IT", "SE")


def invented(count: int) -> Iterator[dict[str, Any]]:
    """Accounts with names of two to four words, most with a web site."""
    rng = random.Random(4)
    for number in range(count):
        words = ["".join(rng.choices(_SYLLABLES, k=rng.randint(2, 4))).title() for _ in range(rng.randint(1, 2))]
        name = " ".join([*words, rng.choice(_TRADES), rng.choice(_FORMS)]).strip()
        site = f"{''.join(words).lower()}{number % 97}.example" if rng.random() < 0.8 else None
        yield {"id": f"{number:036d}", "name": name, "website": site, "domain": site, "country_code": rng.choice(_COUNTRIES)}


def fill(engine: Engine, count: int) -> None:
    rows: list[dict[str, Any]] = []
    with write(engine) as conn:
        for row in invented(count):
            rows.append(row)
            if len(rows) == _CHUNK:
                conn.execute(insert(account), rows)
                rows = []
        if rows:
            conn.execute(insert(account), rows)


def timed(act: Callable[[], Any]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def asked(count: int, most: int = 300) -> list[Any]:
    """Leads of accounts that there are, written a little otherwise."""
    rng, found = random.Random(9), []
    for row in invented(count):
        if rng.random() < 2 * most / count:
            name = row["name"].replace("e", "", 1) if rng.random() < 0.5 else row["name"].upper()
            found.append(company(row["id"], {"company": name, "country_code": row["country_code"]}))
    return found[:most]


def measure(url: str, home: Path, count: int) -> dict[str, Any]:
    """In a process of its own, so that its memory is that of who matches."""
    engine = open_engine(url)
    kept = Companies(engine, home)
    opened = timed(kept.look)
    first = timed(kept.index)
    leads = asked(count)
    with kept.matcher() as matcher:
        matcher.rank(leads[:20])
        singles = [timed(lambda one=one: matcher.rank([one])) for one in leads]
    added = []
    for number in range(10):
        row = {"id": f"new {number}", "name": f"Zorblatt {number} Works", "website": f"zorblatt{number}.example"}
        with write(engine) as conn:
            began = time.perf_counter()
            conn.execute(insert(account), [row])
        stored = time.perf_counter() - began
        added.append((stored, timed(kept.index)))
    return {
        "open_seconds": round(opened, 3),
        "first_index_seconds": round(first, 3),
        "one_lead_ms": {"p50": _ms(np.percentile(singles, 50)), "p99": _ms(np.percentile(singles, 99))},
        "add_one_ms": _ms(np.median([stored for stored, _ in added])),
        "seen_after_add_ms": _ms(np.median([seen for _, seen in added])),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def _ms(seconds: Any) -> float:
    return round(float(seconds) * 1000, 2)


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("accounts", type=int)
    given.add_argument("--url")
    given.add_argument("--measure", metavar="HOME", help="only measure, over what is kept there")
    options = given.parse_args()
    if options.measure:
        print(json.dumps(measure(options.url, Path(options.measure), options.accounts)))
        return
    with tempfile.TemporaryDirectory(prefix="centri-") as folder:
        url, home = options.url or f"sqlite:///{folder}/prm.db", Path(folder) / "match"
        migrate(url)
        engine = open_engine(url)
        filled = timed(lambda: fill(engine, options.accounts))
        built = timed(lambda: Companies(engine, home).rebuild())
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        size = sum(path.stat().st_size for path in home.rglob("*.npy")) // 2**20
        here = [sys.executable, __file__, str(options.accounts), "--url", url, "--measure", str(home)]
        told = json.loads(subprocess.run(here, check=True, capture_output=True, text=True).stdout)
        made = {"accounts": options.accounts, "fill_seconds": round(filled, 1), "build_seconds": round(built, 1)}
        print(json.dumps({**made, "build_peak_mib": peak, "snapshot_mib": size, **told}, indent=2))


if __name__ == "__main__":
    main()
