"""How somebody wants to be told, and what somebody was told."""

from __future__ import annotations

from typing import Any

from centri.engine.acts import acting, person
from centri.engine.notice_texts import text
from centri.engine.project import Project
from centri.errors import Rejected
from centri.mappings.words import near
from centri.partners.notice_kinds import KINDS
from centri.partners.notices import DIGEST, EVERY, Channel, Mode
from centri.store import notices as store
from centri.store.database import read
from centri.store.partner_tables import notification

STATES: tuple[str, ...] = notification.c.state.info["choices"]


def prefer(
    project: Project, email: str, kind: str, mode: Mode, channel: Channel | None = None, *, actor: str | None = None
) -> None:
    """Let the person with this address be told of a kind (``*``: of all) in this way from now on.

    Partners' people may only say it for themselves. Raises Rejected.
    """
    if kind != EVERY and (kind not in KINDS or kind == DIGEST):
        known = sorted({*KINDS, EVERY} - {DIGEST})
        raise Rejected("validation", f"no notification is called {kind!r}{near(kind, known)}")
    with acting(project, "notifications prefer", actor) as act:
        user, vendor = person(act.conn, email)
        principal = (user or vendor or {})["id"]
        if act.user and act.user["id"] != principal:
            raise Rejected("permission", f"{act.actor} says only how {act.actor} is told")
        stored = store.preference(act.conn, principal, kind)
        values = {"mode": mode, "channel": channel or (stored or {}).get("channel") or act.channel}
        if stored:
            act.change("notification_preference", stored["id"], values)
        else:
            act.add("notification_preference", {"principal": principal, "kind": kind, **values})


def told(
    project: Project, *, state: str | None = None, to: str | None = None, about: str | None = None, most: int = 100,
    actor: str | None = None,
) -> list[dict[str, Any]]:  # fmt: skip
    """Notifications, the latest first, each with its subject and its recipient's address.

    A partner's person sees its own alone. Raises Rejected.
    """
    if state and state not in STATES:
        raise Rejected("validation", f"no state is called {state!r}{near(state, STATES)}")
    with read(project.engine) as conn:
        user, _ = person(conn, actor) if actor else (None, None)
        recipient = user["id"] if user else _id_of(conn, to) if to else None
        if user and to and to.lower() != user["email"].lower():
            raise Rejected("permission", f"{actor} sees only what {actor} was told")
        rows = store.listed(conn, state=state, recipient=recipient, about=about, most=most)
        people = store.people(conn, {(row["recipient_type"], row["recipient_id"]) for row in rows})
    return [{**row, "to": people.get((row["recipient_type"], row["recipient_id"]), ""), "subject": _subject(row)} for row in rows]


def _id_of(conn: Any, email: str) -> str:
    try:
        user, vendor = person(conn, email)
    except Rejected:
        return email
    return str((user or vendor or {})["id"])


def _subject(row: store.Row) -> str:
    return text(row["kind"], row["data"], for_vendor=row["recipient_type"] != "partner_user").subject
