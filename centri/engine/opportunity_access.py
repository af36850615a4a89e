"""Whose an opportunity is within a partner, and who sees it."""

from __future__ import annotations

from sqlalchemy import func, select

from centri.engine import notices, sight
from centri.engine.acts import Act, Row, acting
from centri.engine.project import Project
from centri.errors import Rejected
from centri.store.prm_tables import account, partner_user


def assign_opportunity(project: Project, opportunity_id: str, actor: str | None, to: str) -> None:
    """Give an opportunity to another of the partner's people, by e-mail address; who had it goes on reading it.

    Its owner may do it, the partner's administrators, and the vendor. Raises Rejected.
    """
    with acting(project, "opportunity assign", actor) as act:
        row = sight.seen(act, "opportunity", opportunity_id)
        _may_assign(act, row)
        user = colleague(act, row["partner_account_id"], to)
        if user["id"] == row["partner_user_id"]:
            return
        act.change("opportunity", opportunity_id, {"partner_user_id": user["id"]})
        hand_over(act, opportunity_id, row["partner_user_id"], user)
        tell_assigned(act, {**row, "partner_user_id": user["id"]})


def own(act: Act, opportunity_id: str, partner: str | None, person: str | None) -> None:
    """A partner's new opportunity: its person's to write, its administrators' to read; all theirs where nobody is named."""
    if partner is None:
        return
    mine: list[sight.Given] = [(partner, person, "write", "owner")]
    overseers: list[sight.Given] = [(partner, None, "read", "cpa")] if person else []
    sight.give(act, "opportunity", opportunity_id, *mine, *overseers)


def hand_over(act: Act, opportunity_id: str, before: str | None, user: Row) -> None:
    """Who had the opportunity keeps reading it as its originator, and writes no more."""
    sight.take(act, "opportunity", opportunity_id, reasons=("owner",))
    if before:
        sight.give(act, "opportunity", opportunity_id, (None, before, "read", "originator"))
    own(act, opportunity_id, user["partner_account_id"], user["id"])


def tell_assigned(act: Act, row: Row) -> None:
    """Tell the partner's person and its administrators that an opportunity is theirs."""
    t = account.c
    name = act.conn.execute(select(t.name).where(t.id == row["account_id"])).scalar()
    person: list[notices.Recipient] = [("partner_user", row["partner_user_id"])] if row["partner_user_id"] else []
    whom = dict.fromkeys([*person, *notices.partner_people(act, row["partner_account_id"])])
    key = f"{row['id']}:{row['partner_user_id'] or row['partner_account_id']}:{act.now:%Y%m%dT%H%M%S}"
    data = {"name": row["name"], "account_name": name}
    notices.notify(act, "opportunity_assigned", key, whom, data, ("opportunity", row["id"]))


def colleague(act: Act, partner_id: str | None, email: str) -> Row:
    """One of the partner's active people, by e-mail address. Raises Rejected where nobody is."""
    t = partner_user.c
    found = (
        act.conn.execute(
            select(partner_user).where(
                t.partner_account_id == partner_id,
                func.lower(t.email) == email.lower(),
                t.status == "active",
                t.deleted_at.is_(None),
            )
        )
        .mappings()
        .first()
    )
    if found is None:
        raise Rejected("validation", f"{email} is no active user of the partner that has this opportunity")
    return dict(found)


def _may_assign(act: Act, row: Row) -> None:
    user = act.user
    administers = user and user["role"] == "cpa" and user["partner_account_id"] == row["partner_account_id"]
    if user and not administers and user["id"] != row["partner_user_id"]:
        raise Rejected("permission", f"only its owner or its partner's administrator gives an opportunity away, not {act.actor}")
