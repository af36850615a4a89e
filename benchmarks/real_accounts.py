"""Loads a folder of real companies and leads into the Salesforce sandbox, syncs it into a fresh store, and prints what it took.

    python benchmarks/real_accounts.py FOLDER [--database URL] [--profile FILE]

FOLDER holds accounts.csv.gz (account_id, name, website, country, city, type, status, created, last_activity, parent_id) and
leads.csv.gz (lead_id, first_name, last_name, email, company, website, country, city). The sandbox runs in a process of its
own, so the memory printed is that of the sync alone. Figures: wall seconds, records a second, peak resident memory (MiB) of
this process after each phase; memory is flat where it does not grow with the records read.
"""

import argparse
import cProfile
import csv
import gzip
import sys
import time
from pathlib import Path

from measuring import peak, sandboxed

from centri.engine.project import open_project
from centri.engine.sync import sync
from centri.settings import Settings
from centri.store.database import migrate

HANDED_OUT = {"Status": "Open - Not Contacted", "CENTRI_Distribute__c": "true"}
TYPES = {"partner": "Channel Partner / Reseller", "competitor": "Other", "customer": "Customer - Direct"}


def convert(source: Path, target: Path, accounts: int | None) -> None:
    folder = target / "salesforce"
    folder.mkdir(parents=True)
    with gzip.open(source / "accounts.csv.gz", "rt") as rows, (folder / "Account.csv").open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["Name", "Website", "BillingCountry", "BillingCity", "Type"])
        for n, row in enumerate(csv.DictReader(rows)):
            if accounts is not None and n >= accounts:
                break
            kind = TYPES.get(row["type"]) or TYPES.get(row["status"], "Prospect")
            writer.writerow([row["name"][:255], row["website"][:255], row["country"], row["city"][:40], kind])
    with gzip.open(source / "leads.csv.gz", "rt") as rows, (folder / "Lead.csv").open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["FirstName", "LastName", "Email", "Company", "Website", "Country", "City", *HANDED_OUT])
        for row in csv.DictReader(rows):
            person = (row["first_name"][:40], row["last_name"][:80] or "-", row["email"])
            company = (row["company"][:255] or "-", row["website"], row["country"][:80], row["city"][:40])
            writer.writerow([*person, *company, *HANDED_OUT.values()])


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("folder", type=Path)
    options.add_argument("--database", default="")
    options.add_argument("--accounts", type=int, default=None)
    options.add_argument("--profile", type=Path)
    given = options.parse_args()
    with sandboxed(given.database, lambda folder: convert(given.folder, folder, given.accounts)) as settings:
        run(settings, given.profile)


def run(settings: Settings, profile: Path | None) -> None:
    migrate(settings.database)
    project = open_project(settings)
    print(f"before: {peak():.0f} MiB")
    for name in ("first sync", "second sync"):
        profiler = cProfile.Profile() if profile and name == "first sync" else None
        if profiler:
            profiler.enable()
        started = time.perf_counter()
        result = sync(project, "salesforce")
        seconds = time.perf_counter() - started
        if profiler and profile:
            profiler.disable()
            profiler.dump_stats(profile)
        records = sum(t.read for t in result.tallies.values())
        print(f"{name}: {records} records in {seconds:.1f} s, {records / seconds:.0f}/s, peak {peak():.0f} MiB")
        for entity, tally in result.as_json().items():
            print(f"  {entity:16} {tally}")
    project.close()


if __name__ == "__main__":
    sys.path.insert(0, str(Path.cwd()))
    main()
