"""Small files of invented companies, for tests of matching without a store."""

from __future__ import annotations

import csv
import gzip
import random
from collections.abc import Mapping, Sequence
from pathlib import Path

_FIRST = ("Alder", "Birk", "Corvan", "Dorlin", "Estvar", "Fenwick", "Galdor", "Hestia", "Ilvane", "Jorvik", "Kestral", "Lorwyn")
_SECOND = ("Optics", "Freight", "Dairy", "Robotics", "Paper", "Marine", "Textiles", "Energy", "Foods", "Software")
_FORMS = {"US": "Inc.", "DE": "GmbH", "GB": "Ltd", "FR": "SARL"}
_CITIES = {"US": "Austin", "DE": "Bremen", "GB": "Leeds", "FR": "Lyon"}

ACCOUNTS = ("account_id", "name", "website", "country", "city", "type", "status", "created", "last_activity", "parent_id")
LEADS = ("lead_id", "first_name", "last_name", "email", "company", "website", "country", "city")
LABELS = ("lead_id", "gold_ids")


def write(path: Path, head: Sequence[str], rows: Sequence[Mapping[str, str]]) -> Path:
    """A CSV file, packed where its name says so."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "wt", newline="") as file:
        writer = csv.DictWriter(file, head, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def read(path: Path) -> list[dict[str, str]]:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", newline="") as file:
        return list(csv.DictReader(file))


def accounts(count: int, seed: int = 1) -> list[dict[str, str]]:
    """Companies of invented names; the last column of a word makes each name one of its own."""
    rng = random.Random(seed)
    found = []
    for at in range(count):
        country = rng.choice(sorted(_FORMS))
        own = "".join(rng.choice("bdfgklmnprst") + rng.choice("aeiou") for _ in range(3)).capitalize()
        name = f"{own} {rng.choice(_FIRST)} {rng.choice(_SECOND)}"
        site = name.lower().replace(" ", "") + rng.choice((".com", ".example", ".de"))
        found.append({
            "account_id": f"A{at:05}", "name": f"{name} {_FORMS[country]}", "website": site if rng.random() < 0.7 else "",
            "country": country, "city": _CITIES[country], "type": "account", "status": rng.choice(("customer", "prospect")),
        })  # fmt: skip
    return found


def leads(known: Sequence[Mapping[str, str]], count: int, seed: int = 2) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Leads that mean one of some accounts, or, a third of them, none; and their labels."""
    rng = random.Random(seed)
    strangers = accounts(count, seed + 1000)
    told, right = [], []
    for at in range(count):
        stranger = rng.random() < 0.33
        meant = strangers[at] if stranger else rng.choice(list(known))
        told.append({"lead_id": f"L{at:05}", **_typed(rng, meant)})
        right.append({"lead_id": f"L{at:05}", "gold_ids": "" if stranger else meant["account_id"]})
    return told, right


def _typed(rng: random.Random, meant: Mapping[str, str]) -> dict[str, str]:
    words = meant["name"].split()[: rng.choice((3, 3, 4, 2))]
    name = " ".join(words)
    if rng.random() < 0.4:
        at = rng.randrange(1, len(name) - 1)
        name = name[:at] + name[at + 1 :]
    if rng.random() < 0.3:
        name = name.upper()
    mail = meant["website"] if meant["website"] and rng.random() < 0.5 else "gmail.com"
    return {"company": name, "email": f"jo@{mail}", "country": meant["country"] if rng.random() < 0.6 else ""}
