"""A small business whose figures can be counted by hand: what reports are measured on.

Three partners (Alpine, Bavaria, Castell), leads and deals of the first quarter of 2026. It is looked at on 2026-03-20 at 12:00.
Each row says in ``_of`` which partners know of it: all where it is left out, none but the vendor where it is empty.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Engine, delete, insert

from centri.store.database import write
from centri.store.tables import metadata

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)

CLARA, RITA, ROB, BERND, CELINE = (
    f"{name}.example" for name in ("clara@alpine", "rita@alpine", "rob@alpine", "bernd@bavaria", "celine@castell")
)
VENDOR = ()
PEOPLE = {CLARA: "P1", RITA: "P1", ROB: "P1", BERND: "P2", CELINE: "P3"}


def at(text: str) -> datetime:
    """A moment of 2026, such as ``02-03 09:00``."""
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=UTC)


def rows() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every row with its table, those first that others name."""
    yield from _parties()
    yield from _leads()
    yield from _assignments()
    yield from _opportunities()
    yield from _deals()
    yield from _grants()
    yield from _audit()


def _parties() -> Iterator[tuple[str, dict[str, Any]]]:
    for id, email, name in (("V1", "drew@vendor.example", "Drew"), ("V2", "dana@vendor.example", "Dana")):
        yield "vendor_user", {"id": id, "email": email, "name": name, "role": "ae" if id == "V1" else "channel_manager"}
    yield "partner_account", {"id": "P1", "name": "Alpine", "tier": "gold", "response_sla_hours": 24, "_of": "P1"}
    yield "partner_account", {"id": "P2", "name": "Bavaria", "tier": "silver", "_of": "P2"}
    yield "partner_account", {"id": "P3", "name": "Castell", "_of": "P3"}
    for email, partner in PEOPLE.items():
        name = email.partition("@")[0]
        role = "rep" if name in ("rita", "rob") else "cpa"
        who = {"first_name": name.capitalize(), "last_name": f"of {partner}", "role": role, "_of": partner}
        yield "partner_user", {"id": name, "email": email, "partner_account_id": partner, **who}
    for id, name in (("A1", "Globex"), ("A2", "Initech"), ("A3", "Soylent"), ("A4", "Umbrella")):
        yield "account", {"id": id, "name": name}
    yield "program", {"id": "DR", "code": "DR-STD"}


def _leads() -> Iterator[tuple[str, dict[str, Any]]]:
    def lead(id: str, received: str, source: str | None, state: str, **values: Any) -> tuple[str, dict[str, Any]]:
        told = {"id": id, "company": f"Company {id}", "received_at": at(received), "lead_source": source, "state": state}
        return "lead", {**told, **values}

    sold = {"converted_at": at("02-13 09:00"), "converted_opportunity_id": "O1", "qualification": "sql"}
    yield lead("L1", "02-03 09:00", "Web", "converted", score=80, segment_code="MM", _of="P1", **sold)
    worked = {"first_response_at": at("02-28 20:00"), "last_activity_at": at("02-28 20:00")}
    yield lead("L2", "02-20 09:00", "Web", "working", score=60, segment_code="MM", _of="P1 P2 P3", **worked)
    yield lead("L3", "03-15 09:00", "Trade fair", "assigned", score=30, segment_code="SMB", _of="P1 P2")
    yield lead("L4", "03-19 20:00", None, "new", _of=VENDOR)
    own = {"source_kind": "partner", "sourced_by_partner_id": "P2", "converted_at": at("03-15 09:00")}
    yield lead("L5", "03-10 09:00", "Partner", "converted", score=90, segment_code="SMB", _of="P2",
               qualification="sql", converted_opportunity_id="O3", **own)  # fmt: skip
    yield lead("L6", "02-10 09:00", "Trade fair", "disqualified", score=10, segment_code="SMB", _of=VENDOR)
    yield lead("L7", "02-12 09:00", "Web", "merged", master_lead_id="L1", _of="P1")
    yield lead("L8", "02-12 09:00", "Web", "working", deleted_at=at("02-13 09:00"), _of=VENDOR)
    back = {"state_changed_at": at("03-16 09:00")}
    yield lead("L9", "03-12 09:00", "Web", "recycled", score=55, segment_code="MM", _of="P1 P2", **back)


def _assignments() -> Iterator[tuple[str, dict[str, Any]]]:
    def given(id: str, lead: str, seq: int, kind: str, state: str, **values: Any) -> tuple[str, dict[str, Any]]:
        moments = {name: at(value) if name.endswith(("_at", "_by")) else value for name, value in values.items()}
        return "lead_assignment", {"id": id, "lead_id": lead, "seq": seq, "kind": kind, "state": state, **moments}

    def offer(
        assignment: str, partner: str, state: str, offered: str, responded: str | None = None
    ) -> tuple[str, dict[str, Any]]:
        times = {"offered_at": at(offered), "responded_at": at(responded) if responded else None}
        return "lead_offer", {"assignment_id": assignment, "partner_account_id": partner, "state": state, **times, "_of": partner}

    alpine, bavaria = {"partner_account_id": "P1", "_of": "P1"}, {"partner_account_id": "P2", "_of": "P2"}
    yield given("L1-1", "L1", 1, "manual", "completed", **alpine, partner_user_id="rita", offered_at="02-03 10:00",
                accept_by="02-05 10:00", accepted_at="02-03 12:00", qualify_by="02-08 12:00", retained_at="02-04 12:00",
                ended_at="02-13 09:00")  # fmt: skip
    yield offer("L1-1", "P1", "accepted", "02-03 10:00", "02-03 12:00")
    yield given("L2-1", "L2", 1, "manual", "pulled_back", **bavaria, offered_at="02-20 09:00", accept_by="02-22 09:00",
                accepted_at="02-20 13:00", qualify_by="02-25 13:00", ended_at="02-25 14:00")  # fmt: skip
    yield offer("L2-1", "P2", "accepted", "02-20 09:00", "02-20 13:00")
    yield given("L2-2", "L2", 2, "shark_tank", "retained", partner_account_id="P1", _of="P1 P3", offered_at="02-25 14:00",
                accept_by="02-27 14:00", accepted_at="02-25 20:00", qualify_by="03-02 20:00",
                retained_at="02-28 20:00")  # fmt: skip
    yield offer("L2-2", "P1", "accepted", "02-25 14:00", "02-25 20:00")
    yield offer("L2-2", "P3", "lost_race", "02-25 14:00")
    yield given("L3-1", "L3", 1, "shark_tank", "offered", offered_at="03-19 09:00", accept_by="03-21 09:00", _of="P1 P2")
    yield offer("L3-1", "P1", "offered", "03-19 09:00")
    yield offer("L3-1", "P2", "viewed", "03-19 09:00")
    yield given("L5-1", "L5", 1, "internal", "completed", **bavaria, accepted_at="03-10 09:00", retained_at="03-10 09:00",
                ended_at="03-15 09:00")  # fmt: skip
    yield given("L9-1", "L9", 1, "manual", "expired", **alpine, offered_at="03-12 10:00", accept_by="03-14 10:00",
                ended_at="03-14 10:30")  # fmt: skip
    yield offer("L9-1", "P1", "expired", "03-12 10:00")
    yield given("L9-2", "L9", 2, "manual", "declined", **bavaria, offered_at="03-15 09:00", accept_by="03-17 09:00",
                ended_at="03-16 09:00")  # fmt: skip
    yield offer("L9-2", "P2", "declined", "03-15 09:00", "03-16 09:00")
    for lead, kind, when in (
        ("L1", "contact_established", "02-04 12:00"),
        ("L2", "call", "02-28 20:00"),
        ("L2", "task", "02-26 09:00"),
    ):
        yield "activity", {"subject_type": "lead", "subject_id": lead, "kind": kind, "occurred_at": at(when), "_of": "P1"}


def _opportunities() -> Iterator[tuple[str, dict[str, Any]]]:
    def sold(
        id: str, account: str, amount: str, currency: str, stage: str, created: str, **values: Any
    ) -> tuple[str, dict[str, Any]]:
        category = stage if stage in ("won", "lost") else "open"
        told = {"id": id, "name": f"Deal {id}", "account_id": account, "amount": amount, "currency": currency}
        return "opportunity", {**told, "partner_stage": stage, "stage_category": category, "created_at": at(created), **values}

    rita, rob, bernd = (
        {"partner_account_id": PEOPLE[email], "partner_user_id": email.partition("@")[0], "_of": PEOPLE[email]}
        for email in (RITA, ROB, BERND)
    )
    drew = {"motion": "direct", "sourced_by": "vendor", "owner_vendor_user_id": "V1", "_of": VENDOR}
    soon = {"close_date": date(2026, 4, 30), "probability": 60}
    yield sold("O1", "A1", "48000", "EUR", "negotiation", "02-13 09:00", originating_lead_id="L1", **rita, **soon)
    yield sold("O2", "A3", "20000", "EUR", "won", "01-10 09:00", closed_at=at("02-20 10:00"), **drew)
    yield sold("O3", "A4", "7500.50", "EUR", "won", "03-15 09:00", closed_at=at("03-18 09:00"), originating_lead_id="L5", **bernd)
    yield sold("O4", "A2", "12000", "USD", "won", "02-01 09:00", closed_at=at("03-05 09:00"), **rob)
    guess = {"amount_is_placeholder": True, "close_date": date(2026, 12, 31), "close_date_is_placeholder": True}
    yield sold("O5", "A3", "1", "EUR", "open", "03-10 09:00", probability=10, **guess, **rita)
    yield sold("O6", "A2", "5000", "EUR", "lost", "02-02 09:00", closed_at=at("03-10 09:00"), lost_reason="price", **rita)
    yield sold("O7", "A1", "30000", "EUR", "proposal", "03-01 09:00", close_date=date(2026, 4, 15), probability=50, **drew)
    yield sold("O8", "A2", "10000", "EUR", "won", "01-15 09:00", closed_at=at("02-25 09:00"), **rita)
    yield sold(
        "O9", "A2", "99999", "EUR", "won", "01-15 09:00", closed_at=at("02-25 09:00"), deleted_at=at("02-26 09:00"), **rita
    )


def _deals() -> Iterator[tuple[str, dict[str, Any]]]:
    def deal(id: str, number: str, partner: str, state: str, **values: Any) -> tuple[str, dict[str, Any]]:
        moments = {name: at(value) if name.endswith("_at") else value for name, value in values.items()}
        told = {"id": id, "number": number, "program_id": "DR", "partner_account_id": partner, "state": state, "_of": partner}
        return "deal_registration", {"account_name": f"Account of {id}", "created_at": at("02-28 09:00"), **told, **moments}

    answered = {"submitted_at": "03-01 09:00", "response_due_at": "03-03 09:00"}
    yield deal("D1", "DR-1", "P1", "rejected", **answered, reviewed_at="03-01 12:00", decision_text="another product, please")
    yield deal("D1b", "DR-1", "P1", "approved", revision_no=2, previous_id="D1", **answered, reviewed_at="03-02 09:00",
               approved_at="03-02 09:00", expires_at="04-10 09:00", amount="60000", currency="EUR")  # fmt: skip
    yield deal(
        "D2", "DR-2", "P2", "submitted", created_at="03-16 09:00", submitted_at="03-17 09:00", response_due_at="03-19 09:00"
    )
    yield deal("D3", "DR-3", "P1", "draft")
    yield deal(
        "D4", "DR-4", "P2", "rejected", **answered, reviewed_at="03-03 15:00", decision_text="registered by another partner"
    )


def _grants() -> Iterator[tuple[str, dict[str, Any]]]:
    def grant(
        kind: str, id: str, to: str, level: str = "write", reason: str = "owner", **values: Any
    ) -> tuple[str, dict[str, Any]]:
        who = "partner_account" if to.startswith("P") else "partner_user"
        partner = to if who == "partner_account" else next(p for e, p in PEOPLE.items() if e.startswith(f"{to}@"))
        told = {
            "subject_type": kind,
            "subject_id": id,
            "principal_type": who,
            "principal_id": to,
            "level": level,
            "reason": reason,
        }
        return "record_access", {**told, **values, "_of": partner}

    for kind, id, person in (
        ("lead", "L1", "rita"), ("lead", "L2", "rob"), ("opportunity", "O1", "rita"), ("opportunity", "O4", "rob"),
        ("opportunity", "O5", "rita"), ("opportunity", "O6", "rita"), ("opportunity", "O8", "rita"), ("deal", "D1b", "rita"),
        ("deal", "D3", "rita"),
    ):  # fmt: skip
        yield grant(kind, id, person)
        yield grant(kind, id, "P1", "write", "cpa")
    yield grant("lead", "L1", "rob", "read", "originator")
    yield grant("lead", "L1", "clara", "read", "grant")
    yield grant("lead", "L3", "P1", "offer", "offer")
    yield grant("lead", "L3", "P2", "offer", "offer")
    yield grant("lead", "L2", "P2", revoked_at=at("02-25 14:00"))
    for kind, id in (("lead", "L5"), ("opportunity", "O3"), ("deal", "D2"), ("deal", "D4")):
        yield grant(kind, id, "P2")


def _audit() -> Iterator[tuple[str, dict[str, Any]]]:
    told = (
        ("lead", "L1", "state", "ready", "assigned", "02-03 10:00", "P1"),
        ("lead", "L1", "state", "assigned", "working", "02-04 12:00", "P1"),
        ("lead", "L1", "score", 10, 80, "02-05 12:00", "P1"),
        ("lead", "L1", "state", "working", "converted", "02-13 09:00", "P1"),
        ("lead", "L9", "state", "assigned", "recycled", "03-14 10:30", VENDOR),
        ("opportunity", "O1", "partner_stage", None, "qualification", "02-13 09:00", "P1"),
        ("opportunity", "O1", "partner_stage", "qualification", "negotiation", "02-23 09:00", "P1"),
        ("deal_registration", "D2", "state", None, "draft", "03-16 09:00", "P2"),
        ("deal_registration", "D2", "state", "draft", "submitted", "03-17 09:00", "P2"),
    )
    for entity, id, field, old, new, when, of in told:
        yield "audit_log", {"entity": entity, "entity_id": id, "field": field, "old": old, "new": new, "at": at(when), "_of": of}


def _sync() -> Iterator[tuple[str, dict[str, Any]]]:
    for status, when in (("ok", "03-19 08:00"), ("failed", "03-20 08:00")):
        yield "sync_run", {"connection": "north", "name": "settle lead", "status": status, "started_at": at(when)}
    staged = {"connection": "north", "object": "Lead", "entity": "lead", "values": {}}
    yield "sync_staging", {**staged, "crm_id": "1", "state": "open"}
    yield "sync_staging", {**staged, "crm_id": "2", "state": "done"}
    for prm, state in (("L1", "queued"), ("L2", "rejected"), ("L5", "done")):
        sent = {"connection": "north", "object": "Lead", "entity": "lead", "prm_id": prm, "role": "origin", "op": "update"}
        yield "sync_delivery", {**sent, "values": {}, "state": state}
    for n, (severity, state) in enumerate((("error", "open"), ("warning", "open"), ("error", "resolved"))):
        yield (
            "sync_anomaly",
            {"subject": str(n), "connection": "north", "kind": "validation", "severity": severity, "state": state},
        )
    for entity, id, state in (("account", "A1", "active"), ("account", "A2", "deleted_remote"), ("lead", "L1", "active")):
        link = {"connection": "north", "object": entity, "crm_id": id, "entity": entity, "prm_id": id, "role": "origin"}
        yield "sync_link", {**link, "state": state}
    yield "sync_dirty", {"entity": "lead", "prm_id": "L1", "connection": "north", "revision": 2}


def tell(engine: Engine, *, only: str | None = None) -> None:
    """Put the story into an empty store; ``only``: as if there were no other partner, and nothing that is the vendor's alone."""
    by_table: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for table, row in rows():
        of = row.pop("_of", None)
        if only is None or of is None or only in of:
            by_table[table].append(row if table == "partner_account" else _apart(row, only))
    with write(engine) as conn:
        for table, told in by_table.items():
            for row in told:
                conn.execute(insert(metadata.tables[table]).values(row))
        conn.execute(delete(metadata.tables["sync_dirty"]))  # what the triggers entered
        for table, row in () if only else _sync():
            conn.execute(insert(metadata.tables[table]).values(row))


def _apart(row: dict[str, Any], only: str | None) -> dict[str, Any]:
    """The row without the name of a partner that is not there."""
    return {**row, "partner_account_id": None} if only and row.get("partner_account_id") not in (None, only) else row
