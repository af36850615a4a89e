"""How long Dagster's definitions take to load, of a mapping of 4 connections, each with every entity that the PRM has.

    python benchmarks/definitions.py [--times 5]

Each time in a process of its own, as a code server or a run loads them: importing included. Printed: seconds from the start of
the interpreter, the least and the middle of the times, and how many assets there are.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ENTITIES = {
    "vendor_user": "name: Name, email: {crm: Email, transform: email}",
    "partner_account": "name: Name, website: Website",
    "account": "name: Name, website: Website, city: City",
    "contact": "first_name: FirstName, last_name: LastName, account_id: {crm: AccountId, reference: account}",
    "lead": "last_name: LastName, company: Company, city: City, title: Title",
    "opportunity": "name: Name, account_id: {crm: AccountId, reference: account}, next_step: NextStep",
    "note": "subject: Title, body: Body, parent: {crm: ParentId, reference: lead}",
}
CONNECTIONS = ("north", "south", "east", "west")

CODE = """
from centri.pipelines.definitions import defs
found = defs()
print(len(list(found.resolve_all_asset_specs())))
"""


def mapping(folder: Path) -> str:
    """Every entity that there is, on each connection."""
    lines = ["connections:", *(f"  {name}: {{type: csvfile, folder: {folder}/{name}}}" for name in CONNECTIONS), "entities:"]
    for entity, fields in ENTITIES.items():
        more = ", append_only: true" if entity == "note" else ""
        lines.append(f"  {entity}:")
        lines += [f"    {name}: {{object: {entity.title()}{more}, fields: {{{fields}}}}}" for name in CONNECTIONS]
    return "\n".join([*lines, ""])


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--times", type=int, default=5)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as made:
        path = Path(made) / "mappings.yaml"
        path.write_text(mapping(Path(made)))
        environment = {**os.environ, "CENTRI_MAPPINGS": str(path), "CENTRI_HOME": f"{made}/home"}
        seconds = []
        for _ in range(given.times):
            began = time.perf_counter()
            ran = subprocess.run([sys.executable, "-c", CODE], env=environment, capture_output=True, text=True, check=False)
            seconds.append(time.perf_counter() - began)
            if ran.returncode:
                sys.exit(ran.stderr)
    print(f"least {min(seconds):.2f} s, middle {statistics.median(seconds):.2f} s, {int(ran.stdout)} assets")


if __name__ == "__main__":
    main()
