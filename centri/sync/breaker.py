"""A record that a CRM and we write back and forth is left alone for a while.

A change counts when we are about to write a field again that the CRM changed since we wrote it last. So a person's work
counts for nothing, on whichever side, however fast: it flows one way. What counts is the other side answering every write
of ours with one of its own, as an automation does that disagrees with us, or two CRMs that disagree with each other.

The breaker is *closed* while at most so many of these fell within the window, and *open* for as long as the window from the
one that is too many: the record waits. Then it is *half open*: one write is let through, and if the CRM changes that too,
the breaker opens again at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from centri.records import MISSING, same
from centri.sync.link import Link, recall
from centri.sync.merge import FieldDecision

WINDOW = timedelta(hours=1)
"""How long changes are counted together, and how long an open breaker stays so."""

USUAL = 10
"""How many changes of one record within the window are borne, where the mapping says nothing."""

KIND = "ping_pong"
"""The anomaly of a record whose breaker is open."""

_TOLD, _CHANGED = "told", "changed"


def counted(link: Link, fields: Sequence[FieldDecision], most: int, now: datetime) -> Link:
    """The link with what a decision adds to its count. An open breaker counts nothing more."""
    link = _rested(link, most, now)
    if is_open(link, most):
        return link
    fate = dict(link.changes_of) | dict.fromkeys(_changed_again(link, fields), _CHANGED)
    writing = {f.crm_field for f in fields if f.to_crm}
    changes = link.changes + any(fate.get(name) == _CHANGED for name in writing)
    fate |= dict.fromkeys(writing, _TOLD)
    since = now if changes > most else link.changes_since or (now if fate else None)
    return replace(link, changes=changes, changes_since=since, changes_of=fate)


def is_open(link: Link, most: int) -> bool:
    """Whether the record waits: more changes than ``most`` were counted."""
    return link.changes > most


def until(link: Link) -> datetime | None:
    """When an open breaker lets one write through again."""
    return link.changes_since + WINDOW if link.changes_since else None


def _changed_again(link: Link, fields: Sequence[FieldDecision]) -> list[str]:
    """The CRM fields written within the window that the CRM has changed since it was last heard of."""
    known = recall(link.crm_seen)
    news = (f for f in fields if f.crm is not MISSING and not same(f.crm, known.get(f.crm_field, MISSING)))
    return [f.crm_field for f in news if f.crm_field in link.changes_of]


def _rested(link: Link, most: int, now: datetime) -> Link:
    """The link once its window is over: half open where the breaker was open, with nothing counted otherwise."""
    if link.changes_since is None or now - link.changes_since < WINDOW:
        return link
    if is_open(link, most):
        return replace(link, changes=most - 1, changes_since=None)
    return replace(link, changes=0, changes_since=None, changes_of={})
