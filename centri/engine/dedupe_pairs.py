"""What people say of two records: that they are the same, or that they are not."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from centri.engine.acts import acting
from centri.engine.dedupe import ENTITIES
from centri.engine.project import Project
from centri.errors import ConfigError, Rejected
from centri.records import PRM, Ref
from centri.store import duplicates, prm
from centri.store.database import read, write


@dataclass(frozen=True, slots=True)
class Said:
    """What was said of two records. ``unlinked``: a lead was the other, a contact, until now."""

    word: str
    one: Ref
    other: Ref
    unlinked: bool = False


def join(project: Project, one: str, other: str, *, why: str = "", yes: bool = True) -> Said:
    """Two records are the same: the next `centri dedupe` merges them. Raises ConfigError, Rejected where they cannot be."""
    first, second = _refs(project, one, other)
    return _say(project, Said(duplicates.SAME, first, second), why, yes=yes)


def split(project: Project, one: str, other: str, *, why: str = "", yes: bool = True) -> Said:
    """Two records are not the same, whatever they are like; a lead that was taken for a contact is one no more.

    Raises ConfigError, Rejected where one went into the other already.
    """
    first, second = _refs(project, one, other)
    with read(project.engine) as conn:
        for mine, theirs in ((first, second), (second, first)):
            if prm.master(prm.read(conn, mine.object, [mine.id]).records[mine.id]) == theirs.id:
                undo = f"centri dedupe undo {theirs.id}"
                raise Rejected("illegal_transition", f"{mine.object} {mine.id} went into {theirs.id}; take that back: {undo}")
        linked = _linked(conn, first, second)
    if linked and yes:
        with acting(project, "dedupe split", None) as act:
            act.change("lead", linked, {"duplicate_of_contact_id": None})
    return _say(project, Said(duplicates.APART, first, second, unlinked=bool(linked)), why, yes=yes)


def _say(project: Project, said: Said, why: str, *, yes: bool) -> Said:
    if yes:
        with write(project.engine) as conn:
            duplicates.say(conn, said.word, said.one, said.other, actor="centri", why=why, now=project.now())
    return said


def _linked(conn: Connection, one: Ref, other: Ref) -> str:
    """The lead that was taken for the contact, of two records; blank where none was."""
    for mine, theirs in ((one, other), (other, one)):
        if (mine.object, theirs.object) == ("lead", "contact"):
            row = prm.read(conn, "lead", [mine.id]).records[mine.id]
            return mine.id if row.values["duplicate_of_contact_id"] == theirs.id else ""
    return ""


def _refs(project: Project, one: str, other: str) -> tuple[Ref, Ref]:
    with read(project.engine) as conn:
        first, second = _ref(conn, one), _ref(conn, other)
    kinds = {first.object, second.object}
    if first == second or (len(kinds) > 1 and kinds != {"lead", "contact"}):
        raise Rejected("validation", f"{first.object} {one} and {second.object} {other} are not two records that can be compared")
    return first, second


def _ref(conn: Connection, id: str) -> Ref:
    """The record with this id, or the one whose id begins so."""
    found = [Ref(PRM, entity, row) for entity in ENTITIES for row in _beginning(conn, entity, id)]
    exact = [ref for ref in found if ref.id == id] or found
    if len(exact) != 1:
        many = "several records have ids that begin with" if exact else "no lead, contact or account has the id"
        raise ConfigError(f"{many} {id!r}; `centri dedupe leads` shows ids")
    return exact[0]


def _beginning(conn: Connection, entity: str, id: str) -> list[str]:
    t = prm.ENTITIES[entity].c
    return list(conn.execute(select(t.id).where(t.id.startswith(id, autoescape=True)).limit(2)).scalars()) if id else []
