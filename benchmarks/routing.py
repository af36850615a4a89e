"""How long it takes to route and offer leads: 10,000 over 500 partners, the explanation of each decision stored.

    python benchmarks/routing.py [--leads 10000] [--partners 500] [--url URL]

Half of the leads go to a shark tank of four, half to a weighted rotation, every eighth is of a named account. Without ``--url``
an SQLite file is made in a folder that is thrown away. Prints one JSON document.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select

from centri.engine.project import open_project
from centri.engine.routing import route_leads
from centri.settings import Settings
from centri.store import prm
from centri.store.database import migrate, read, write
from centri.store.partner_tables import partner_competency, routing_decision
from centri.store.prm_tables import account, lead_assignment, lead_offer, named_account, partner_account, partner_user

RULES = """\
connections: {east: {type: memory}}
entities: {}
pools:
  tank: {criteria: {country: {same_as: country}, competency: security}, max_offers: 4, rank: [performance]}
  turns: {strategy: weighted, criteria: {country: {same_as: country}}}
routing:
  - {name: named, when: {named_account: exclusive}, then: {partner: named_account}}
  - {name: customers, when: {match: customer}, then: {partner: owner}}
  - {name: small, when: {segment: SMB}, then: {pool: tank}}
  - {name: rest, then: {pool: turns}}
"""
COUNTRIES = ("DE", "US", "GB", "FR", "NL", "ES", "IT", "SE")


def fill(engine: Any, leads: int, partners: int) -> None:
    draw = random.Random(7)
    with write(engine) as conn:
        ids = [f"P{at}" for at in range(partners)]
        rows = [
            {
                "id": id,
                "name": f"Partner {id}",
                "country_code": draw.choice(COUNTRIES),
                "performance_score": draw.random() * 100,
                "routing_weight": draw.randint(1, 5),
            }
            for id in ids
        ]
        conn.execute(insert(partner_account), rows)
        conn.execute(insert(partner_competency), [{"partner_account_id": id, "competency_code": "security"} for id in ids[::2]])
        conn.execute(insert(partner_user), [{"partner_account_id": id, "email": f"{id}@p.example", "role": "cpa"} for id in ids])
        conn.execute(
            insert(account), [{"id": f"A{at}", "name": f"Account {at}", "account_class": "customer"} for at in range(500)]
        )
        pinned = {"protection": "exclusive", "reason": "contract"}
        conn.execute(
            insert(named_account),
            [{"account_id": f"A{at}", "partner_account_id": draw.choice(ids), **pinned} for at in range(500)],
        )
        made = [
            prm.Change(
                f"L{at:06d}",
                {
                    "last_name": f"Lead {at}",
                    "company": f"Company {at}",
                    "email": f"l{at}@c{at}.example",
                    "country_code": draw.choice(COUNTRIES),
                    "segment_code": draw.choice(("SMB", "MID")),
                    "product_interest": ["security"],
                    "state": "ready",
                    **({"matched_account_id": f"A{draw.randrange(500)}", "match_class": "named"} if at % 8 == 0 else {}),
                },
            )
            for at in range(leads)
        ]
        for at in range(0, leads, 1000):
            prm.write(conn, "lead", made[at : at + 1000], actor="benchmark", now=prm_now())


def prm_now() -> Any:
    from datetime import UTC, datetime

    return datetime.now(UTC)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leads", type=int, default=10_000)
    parser.add_argument("--partners", type=int, default=500)
    parser.add_argument("--url")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="centri-") as folder:
        home = Path(folder)
        (home / "mappings.yaml").write_text(RULES, encoding="utf-8")
        url = asked.url or f"sqlite:///{home}/prm.db"
        migrate(url)
        project = open_project(Settings(home, home / "mappings.yaml", url))
        fill(project.engine, asked.leads, asked.partners)
        began = time.perf_counter()
        done = route_leads(project)
        seconds = time.perf_counter() - began
        with read(project.engine) as conn:
            tables = (routing_decision, lead_assignment, lead_offer)
            counts = {t.name: conn.execute(select(func.count()).select_from(t)).scalar_one() for t in tables}
        project.close()
    print(json.dumps({"leads": done.leads, "seconds": round(seconds, 2), "outcomes": done.outcomes, **counts}, indent=2))


if __name__ == "__main__":
    main()
