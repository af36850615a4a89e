"""How long ``centri check --offline`` works on a mapping of many fields, and how long ``centri --help`` takes to answer.

    python benchmarks/check.py [--fields 500] [--times 5]

Makes a mapping of so many fields, with every kind of transform that the shipped one uses, and the metadata that it is
checked against. Printed, in seconds of processor time, the best of several runs in fresh processes: the bare interpreter, the
help, the check, and what the check adds to the interpreter.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from centri.connectors.recorded import Fixtures
from centri.descriptions import Description, Field, FieldType

CHOICES = ("Hot", "Warm", "Cold")
KINDS = (
    ("city", "{{crm: {crm}, transform: {{truncate: 255}}}}", FieldType.TEXT),
    ("email", "{{crm: {crm}, transform: email}}", FieldType.TEXT),
    ("phone_e164", "{{crm: {crm}, transform: {{phone: DE}}}}", FieldType.TEXT),
    ("country_code", "{{crm: {crm}, transform: country}}", FieldType.TEXT),
    ("qualification", "{{crm: {crm}, transform: {{choice: rating}}}}", FieldType.CHOICE),
    ("received_at", "{{crm: {crm}, transform: datetime, direction: in}}", FieldType.DATETIME),
    ("employees_raw", "{{crm: {crm}, transform: text, direction: in}}", FieldType.INTEGER),
)
HEAD = "choices:\n  rating: {inward: {Hot: raw, Warm: mql, Cold: sql}}\n"


def business(folder: Path, count: int) -> None:
    """As many connections as it takes: a PRM field stands once in each mapping."""
    connections = [f"crm{n}" for n in range(-(-count // len(KINDS)))]
    rows, left = [], count
    for connection in connections:
        fields = {}
        rows += [f"    {connection}:", "      object: Lead", "      fields:"]
        for prm, rule, type in KINDS[:left]:
            crm = prm.title().replace("_", "")
            rows.append(f"        {prm}: {rule.format(crm=crm)}")
            fields[crm] = Field(crm, type, length=255, choices=CHOICES if type is FieldType.CHOICE else ())
        left -= len(KINDS)
        Fixtures(folder / "fixtures").keep_description(connection, Description("Lead", fields))
    named = "".join(f"  {name}: {{type: memory}}\n" for name in connections)
    text = f"connections:\n{named}{HEAD}entities:\n  lead:\n" + "\n".join(rows) + "\n"
    (folder / "mappings.yaml").write_text(text, encoding="utf-8")


def best(times: int, *arguments: str, folder: Path) -> float:
    """Seconds of processor time of the quickest run. Raises RuntimeError where a run fails."""
    return min(_once(arguments, folder) for _ in range(times))


def _once(arguments: tuple[str, ...], folder: Path) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    ran = subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=dict(os.environ), capture_output=True, text=True, check=False
    )
    if ran.returncode:
        raise RuntimeError(ran.stdout + ran.stderr)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fields", type=int, default=500)
    parser.add_argument("--times", type=int, default=5)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        business(folder, wanted.fields)
        bare = best(wanted.times, "-c", "pass", folder=folder)
        shown = best(wanted.times, "-m", "centri", "--help", folder=folder)
        checked = best(wanted.times, "-m", "centri", "check", "--offline", folder=folder)
    print(f"bare interpreter     {bare:6.2f} s")
    print(f"centri --help        {shown:6.2f} s")
    print(f"centri check         {checked:6.2f} s for {wanted.fields} fields")
    print(f"  beyond the start   {checked - bare:6.2f} s")


if __name__ == "__main__":
    main()
