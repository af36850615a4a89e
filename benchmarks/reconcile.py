"""How long a sweep takes over linked records that all agree, and over the same with one in 256 edited unheard.

    python benchmarks/reconcile.py [--rows 20000] [--database URL]

Fills the Salesforce sandbox, which runs in a process of its own, with made-up accounts, syncs them twice into a fresh store,
and sweeps twice. Printed: wall and processor seconds, API calls, and the peak of this process's resident memory in MiB, which
is flat where a sweep does not add to what the syncs took.
"""

import argparse
import csv
import sys
import time
from pathlib import Path

from measuring import peak, sandboxed
from sqlalchemy import text

from centri.engine.project import Project, open_project
from centri.engine.reconcile import reconcile
from centri.engine.sync import sync
from centri.settings import Settings
from centri.store.database import migrate, write

EDITED = ("UPDATE account SET city = 'Bonn' WHERE id LIKE '%00'", "DELETE FROM sync_dirty")
"""As if one account in 256 had been edited with the triggers off."""


def fill(folder: Path, count: int) -> None:
    (folder / "salesforce").mkdir(parents=True)
    with (folder / "salesforce" / "Account.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["Name", "Website", "BillingCity", "BillingCountry", "Type"])
        writer.writerows((f"Account {n}", f"https://a{n}.example", "Berlin", "Germany", "Prospect") for n in range(count))
    with (folder / "salesforce" / "Lead.csv").open("w", newline="") as file:
        csv.writer(file).writerow(["LastName", "Company"])


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rows", type=int, default=20_000)
    options.add_argument("--database", default="")
    given = options.parse_args()
    with sandboxed(given.database, lambda folder: fill(folder, given.rows)) as settings:
        measure(settings)


def measure(settings: Settings) -> None:
    migrate(settings.database)
    project = open_project(settings)
    for name in ("first sync", "second sync"):
        started = time.perf_counter()
        sync(project, "salesforce", "account")
        print(f"{name}: {time.perf_counter() - started:.1f} s, peak {peak():.0f} MiB", flush=True)
    sweep(project, "all agree")
    with write(project.engine) as conn:
        for statement in EDITED:
            conn.execute(text(statement))
    sweep(project, "one in 256 edited")
    project.close()


def sweep(project: Project, name: str) -> None:
    busy = time.process_time()
    (report,) = reconcile(project, "salesforce", "account")
    busy = time.process_time() - busy
    tally, failure = report.tallies["account"], report.failure or ""
    print(
        f"sweep, {name}: {report.records} records in {report.seconds:.1f} s ({report.records / report.seconds:.0f}/s), "
        f"{busy:.1f} s of processor, {report.api_calls} calls, {tally.linked} linked, {tally.differences} differ, "
        f"peak {peak():.0f} MiB {failure}"
    )


if __name__ == "__main__":
    sys.path.insert(0, str(Path.cwd()))
    main()
