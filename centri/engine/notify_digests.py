"""Digests: what somebody wants to hear of once a day or once a week becomes one message."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any
from uuid import uuid4

from centri.engine.notice_texts import text
from centri.engine.project import Project
from centri.partners.notices import DIGEST
from centri.store import notices as store
from centri.store.database import write


def digest(project: Project) -> int:
    """Queue a digest for everyone for whom one is due; what it tells of is done with. Answers how many."""
    with write(project.engine) as conn:
        now = project.now()
        due = store.digestible(conn, now=now)
        groups = [list(rows) for _, rows in groupby(due, key=lambda r: (r["recipient_type"], r["recipient_id"], r["channel"]))]
        made = store.add(conn, [_digest(rows) | {"queued_at": now, "due_at": now} for rows in groups])
        if due:
            store.aggregate(conn, [row["id"] for row in due], now=now)
        return len(made)


def _digest(rows: Sequence[store.Row]) -> dict[str, Any]:
    """One row in place of many; its key names the first of them, so that none is told of by two."""
    first = rows[0]
    whom = {name: first[name] for name in ("recipient_type", "recipient_id", "channel")}
    key = f"{DIGEST}:{first['id']}:{first['recipient_id']}"
    told = {"events": [_event(row) for row in rows]}
    return {"kind": DIGEST, "dedupe_key": key, "data": told, "message_id": str(uuid4()), "state": "queued", **whom}


def _event(row: store.Row) -> dict[str, Any]:
    words = text(row["kind"], row["data"], for_vendor=row["recipient_type"] != "partner_user")
    about = {"type": row["subject_type"], "id": row["subject_id"]} if row["subject_id"] else None
    return {"id": row["message_id"], "type": row["kind"], "about": about, "subject": words.subject, "text": words.plain.strip()}
