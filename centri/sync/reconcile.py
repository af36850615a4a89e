"""Two records and their link to a decision: the whole truth table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from centri.records import Record
from centri.sync.link import Link, LinkState
from centri.sync.merge import FieldDecision, Rule, Situation, merge
from centri.sync.policies import Take


class Action(StrEnum):
    """What is to happen with one pair of records."""

    NOTHING = "nothing"
    CREATE_IN_PRM = "create in PRM"
    CREATE_IN_CRM = "create in CRM"
    ADOPT = "adopt"
    UPDATE = "update"
    UNLINK = "unlink"
    DELETE_IN_PRM = "delete in PRM"
    REVIEW = "review"
    WAIT = "wait"
    HOLD = "hold"


class OnDelete(StrEnum):
    """What a deletion on one side means for the other."""

    HOLD = "hold"
    UNLINK = "unlink"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Decision:
    """What happens with one pair, field by field, and because of what.

    ``kind`` names the anomaly of a hold or a wait; a wait without kind is nobody's business yet. ``waits_for`` is the CRM id
    of the parent that is waited for.
    """

    action: Action
    because: str
    crm: Record | None
    prm: Record | None
    link: Link | None = None
    fields: tuple[FieldDecision, ...] = ()
    kind: str = ""
    waits_for: str = ""
    withheld: bool = False
    """The CRM is not told: it refused these very values, and nothing has changed since."""

    @property
    def held(self) -> tuple[FieldDecision, ...]:
        return tuple(f for f in self.fields if f.take is Take.HOLD)

    @property
    def to_prm(self) -> tuple[FieldDecision, ...]:
        return tuple(f for f in self.fields if f.to_prm)

    @property
    def to_crm(self) -> tuple[FieldDecision, ...]:
        return tuple(f for f in self.fields if f.to_crm)


def reconcile(
    crm: Record | None,
    link: Link | None,
    prm: Record | None,
    rules: Sequence[Rule],
    situation: Situation | None = None,
    *,
    on_delete: OnDelete = OnDelete.HOLD,
) -> Decision:
    """The decision on one pair.

    ``crm`` None means the CRM has not been heard of since the link was made, ``prm`` None that there is no such row. A
    deletion shows as a Record with ``deleted``; an absent record never means that it was deleted.
    """
    crm_gone, prm_gone = crm is not None and crm.deleted, prm is not None and prm.deleted
    if link is None:
        return _unlinked(crm, prm, rules, situation, crm_gone=crm_gone, prm_gone=prm_gone)
    if crm_gone and prm_gone:
        known = link.state is LinkState.DELETED_REMOTE
        return Decision(Action.NOTHING if known else Action.UNLINK, "deleted on both sides", crm, prm, link)
    if crm_gone or prm_gone:
        return _one_side_gone(crm, prm, link, on_delete, crm_gone=crm_gone)
    if crm is None or prm is None:
        return Decision(Action.NOTHING, "only one side is known", crm, prm, link)
    fields = merge(link, crm, prm, rules, situation)
    if all(f.take is Take.NONE for f in fields):
        return Decision(Action.NOTHING, "as last agreed", crm, prm, link, fields)
    return Decision(Action.UPDATE, "fields differ from what was last agreed", crm, prm, link, fields)


def _unlinked(
    crm: Record | None, prm: Record | None, rules: Sequence[Rule], situation: Situation | None, *, crm_gone: bool, prm_gone: bool
) -> Decision:
    if crm_gone or prm_gone:
        return Decision(Action.NOTHING, "deleted before it was ever linked", crm, prm)
    if crm is not None and prm is not None:
        return Decision(Action.ADOPT, "found to be the same", crm, prm, None, merge(None, crm, prm, rules, situation))
    if crm is not None:
        return Decision(Action.CREATE_IN_PRM, "new in the CRM", crm, None, None, _first(crm, None, rules, situation))
    if prm is not None:
        return Decision(Action.CREATE_IN_CRM, "new in the PRM", None, prm, None, _first(None, prm, rules, situation))
    return Decision(Action.NOTHING, "nothing is known of either side", None, None)


def _first(
    crm: Record | None, prm: Record | None, rules: Sequence[Rule], situation: Situation | None
) -> tuple[FieldDecision, ...]:
    """The merge of a record with a counterpart that does not exist yet."""
    there = crm or prm
    assert there is not None
    empty = Record(there.ref, {})
    return merge(None, crm or empty, prm or empty, rules, replace(situation or Situation(), creating=True))


def _one_side_gone(crm: Record | None, prm: Record | None, link: Link, on_delete: OnDelete, *, crm_gone: bool) -> Decision:
    where, kind = ("the CRM", "deleted_remote") if crm_gone else ("the PRM", "deleted_prm")
    if on_delete is OnDelete.UNLINK:
        return Decision(Action.UNLINK, f"deleted in {where}", crm, prm, link)
    if on_delete is OnDelete.DELETE and crm_gone:
        return Decision(Action.DELETE_IN_PRM, f"deleted in {where}", crm, prm, link)
    return Decision(Action.HOLD, f"deleted in {where}, alive in the other", crm, prm, link, kind=kind)
