"""A partner's own list of leads: each row becomes a lead that the partner works on, or fills what one of its leads lacks."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, true

from centri.anomalies import Anomaly
from centri.connectors.spreadsheet import Row
from centri.dedupe.duplicates.find import Group
from centri.dedupe.duplicates.survivor import Taken
from centri.engine import entries
from centri.engine.acts import Act, acting
from centri.engine.dedupe_apply import apply
from centri.engine.dedupe_plan import Plan
from centri.engine.import_cells import values_of
from centri.engine.import_plan import FileImport, Options, open_import
from centri.engine.imports import Imported, Reject
from centri.engine.lead_acts import bring_in
from centri.engine.project import Project
from centri.engine.pull import Progress, silent
from centri.errors import ConfigError, Rejected
from centri.mappings.translate import Translation, inward
from centri.records import IMPORT, PARTNERS_LIST, PRM, Ref
from centri.store import findings, prm
from centri.store.audit import Cause
from centri.store.prm_tables import lead

_PART = 500
"""Rows that are read at a time."""


def open_list(project: Project, path: Path, options: Options) -> FileImport:
    """Look at a partner's file and match its columns. Raises ConfigError, too, for a column that partners do not enter."""
    wanted = open_import(project, path, "lead", options)
    if strange := sorted({c.field for c in wanted.columns if c.field} - entries.LEAD):
        theirs = [c for c in wanted.columns if c.field in strange]
        named, left_out = ", ".join(f"{c.name} ({c.field})" for c in theirs), ",".join(f"{c.name}=" for c in theirs)
        raise ConfigError(f"{path}: partners enter no {named}; leave it out: --map {left_out!r}")
    return wanted


def load_leads(project: Project, wanted: FileImport, actor: str, *, plan: bool = False, progress: Progress = silent) -> Imported:
    """Take every row in, as :func:`centri.engine.partner_acts.create_lead` would; ``actor`` is one of the partner's people.

    A row about somebody whom the partner has as a lead already, by name and e-mail address or else company, fills what is blank
    there. One about somebody who stands in the list before is a duplicate: it is merged, with an entry in the merge log. A row
    with a value that is none is set aside as a whole, as an anomaly that ends when the row or the person gets in. All of the
    file is taken in one transaction, which a ``plan`` does not keep. Raises Rejected where the actor may not.
    """
    done = Imported()
    with suppress(_Seen), acting(project, "lead load", actor) as act:
        loading = _Loading(project, act, wanted, done)
        for rows in wanted.sheet.rows(_PART):
            for row in rows:
                done.outcomes[loading.outcome(row)] += 1
            done.rows += len(rows)
            progress(len(rows))
        loading.set_aside()
        if plan:
            raise _Seen
    return done


class _Seen(Exception):
    """Ends a plan."""


@dataclass(slots=True)
class _Loading:
    """One list on its way in. ``taken`` are its rows that got in, by number, each as :func:`_person` names it."""

    project: Project
    act: Act
    wanted: FileImport
    done: Imported
    born: set[str] = field(default_factory=set)
    taken: dict[int, str] = field(default_factory=dict)
    refused: list[Anomaly] = field(default_factory=list)

    def outcome(self, row: Row) -> str:
        told = inward(values_of(self.wanted, row), self.wanted.mapping)
        try:
            word = self._take(_entered(told))
        except Rejected as refusal:
            if refusal.kind == "permission":
                raise
            why = Reject(refusal.kind, refusal.fields[0] if refusal.fields else "", str(refusal))
            self.done.rejects[row.number] = [why]
            self.refused.append(self._anomaly(row.number, why, _person(told.values)))
            return "rejected"
        self.taken[row.number] = _person(told.values)
        return word

    def _take(self, entered: Mapping[str, Any]) -> str:
        act = self.act
        known = _known(act.conn, self._partner, entered)
        if known is None:
            self.born.add(bring_in(act, entered))
            return "new"
        news = {name: value for name, value in entered.items() if value and not known[name]}
        if known["id"] in self.born:
            self._merge(known, entered, news)
            return "merged"
        if news:
            act.change("lead", known["id"], news)
        return "updated" if news else "unchanged"

    def _merge(self, known: Mapping[str, Any], entered: Mapping[str, Any], news: Mapping[str, Any]) -> None:
        """The row becomes a lead of its own that goes into the other, so that a person can tell them apart again."""
        act, stored = self.act, dict(known)
        loser = bring_in(act, entered)
        survivor, gone = Ref(PRM, "lead", stored["id"]), Ref(PRM, "lead", loser)
        rows = prm.read(act.conn, "lead", [stored["id"], loser]).stored
        takes = {name: (None, Taken(value, (gone,), f"the survivor has none, {loser} has")) for name, value in news.items()}
        group = Group((survivor, gone), dict.fromkeys((survivor, gone), 1.0), ())
        fields = {name: taken for name, (_, taken) in takes.items()}
        one = Plan("lead", group, survivor, (gone,), "the first of the same person in a partner's list", fields, takes, rows)
        cause = Cause(act.actor, "command", act.name, "partner_user", self.project.mapping.sha)
        apply(self.project, act.conn, "", one, cause=cause)

    def set_aside(self) -> None:
        """Open an anomaly for each row that did not get in, and close those of this partner's that are over by now.

        No value stands in them: nobody could erase a person there who never became a record.
        """
        act, source, partner = self.act, self.wanted.source, self._partner
        people, now = set(self.taken.values()), act.now
        over = [
            one["id"]
            for one in findings.matching(act.conn, connection=IMPORT, stage=PARTNERS_LIST, state=list(findings.UNRESOLVED))
            if (where := one["detail"])["partner"] == partner
            and (where["person"] in people or (one["object"] == source and where["row"] in self.taken))
        ]
        findings.close(act.conn, over, "resolved", now=now)
        findings.open_(act.conn, self.refused, now=now)

    @property
    def _partner(self) -> str:
        return str(self.act.user["partner_account_id"]) if self.act.user else ""

    def _anomaly(self, row: int, why: Reject, person: str) -> Anomaly:
        cause = f" for its {why.field}" if why.field else ""
        note = f"row {row} of {self.wanted.source!r} was not taken{cause}; the rejects file shows it"
        ref = Ref(IMPORT, self.wanted.source, f"{self._partner}:{row}")
        detail = {"partner": self._partner, "row": row, "person": person}
        return Anomaly(why.kind, ref, note, IMPORT, "lead", why.field, PARTNERS_LIST, detail=detail)


def _entered(told: Translation) -> dict[str, Any]:
    """What a row says, as partners enter it. Raises Rejected for a value that is none."""
    for name, finding in told.findings.items():
        raise Rejected(finding.kind, finding.note, fields=(name,))
    return entries.lead({name: value for name, value in told.values.items() if value is not None})


def _person(values: Mapping[str, Any]) -> str:
    """Who a row is about, so that she is known again but not told: a digest of name and company."""
    told = "\n".join(str(values.get(name) or "").casefold() for name in ("first_name", "last_name", "company"))
    return sha256(told.encode()).hexdigest()[:20]


def _known(conn: Connection, partner: str, entered: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The partner's lead that is the same person; where she went into another, that one."""
    t = lead.c
    merged = t.state == "merged"
    mine = (t.sourced_by_partner_id == partner, t.deleted_at.is_(None), _same(entered))
    found = conn.execute(select(t.id, t.state, t.master_lead_id).where(*mine).order_by(merged, t.id).limit(1)).first()
    while found is not None and found.state == "merged":
        found = conn.execute(select(t.id, t.state, t.master_lead_id).where(t.id == found.master_lead_id)).first()
    return prm.read(conn, "lead", [found.id]).stored[found.id] if found else None


def _same(entered: Mapping[str, Any]) -> ColumnElement[bool]:
    """The same name, and the same e-mail address or else company; a blank first name beside an address contradicts none.

    An address alone is not enough: several people may share one, such as info@.
    """
    folded = {name: str(entered.get(name) or "").lower() for name in ("first_name", "last_name", "company", "email")}
    is_ = {name: func.lower(func.coalesce(lead.c[name], "")) == value for name, value in folded.items()}
    if not folded["email"]:
        return and_(is_["first_name"], is_["last_name"], is_["company"])
    blank = and_(lead.c.first_name.is_(None), lead.c.state != "merged")
    first = or_(is_["first_name"], blank) if folded["first_name"] else true()
    return and_(is_["email"], is_["last_name"], first)
