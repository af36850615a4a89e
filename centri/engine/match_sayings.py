"""What a person says once and for all about a lead, an address, a domain or a name; the leads concerned are matched again."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from centri import values as canonical
from centri.dedupe import identity
from centri.dedupe.companies.company import company
from centri.dedupe.dictionaries import Anybody
from centri.engine.match import Matched, match_some
from centri.engine.project import Project
from centri.errors import ConfigError
from centri.store import audit, match_overrides
from centri.store.database import read, write
from centri.store.match_overrides import Override, Word
from centri.store.match_rows import COMPANIES, company_id
from centri.store.prm_tables import lead

_MOST_TOLD = 5


def say(
    project: Project, verdict: Word, about: str, whom: str, *, actor: str = "", note: str = "", kind: str = ""
) -> tuple[Override, Matched]:
    """``about`` is ``always`` or ``never`` the account or partner ``whom``. Answers what was kept, and what it changed.

    ``about`` is a lead's id, an e-mail address, a domain or a company's name, whichever it looks like, unless ``kind`` says.
    ``whom`` is an id, or a name that one alone has. Raises ConfigError.
    """
    with write(project.engine) as conn:
        kind, key = _key(conn, about, kind, project.mapping.dictionaries.anybody)
        said = Override(kind, key, found(conn, whom), verdict, actor, note)
        match_overrides.keep(conn, said, now=project.now())
        cause = audit.Cause(actor or "centri", "command", f"match {verdict}", "engine", project.mapping.sha)
        audit.record(
            conn, cause, [audit.Entry("match_override", key[:36], kind, None, [verdict, said.company])], now=project.now()
        )
    return said, match_some(project, concerned(project, kind, key), f"match {verdict}")


def unsay(project: Project, id: int) -> tuple[dict[str, Any], Matched]:
    """Take back what was said. Raises ConfigError where nothing has this number."""
    with write(project.engine) as conn:
        gone = match_overrides.remove(conn, id)
    if gone is None:
        raise ConfigError(f"nothing was said under number {id}; `centri match overrides` lists what was")
    return dict(gone), match_some(project, concerned(project, gone["kind"], gone["key"]), "match remove")


def found(conn: Connection, whom: str) -> str:
    """The company (``entity/id``) of an id or a name. Raises ConfigError where there is none, or are several."""
    bare = whom.partition("/")[2] if whom.partition("/")[0] in COMPANIES else whom
    hits: list[tuple[str, str, str]] = []
    for entity, table in COMPANIES.items():
        t = table.c
        query = select(t.id, t.name).where(t.deleted_at.is_(None))
        rows = conn.execute(query.where(t.id == bare)).all()
        rows = rows or conn.execute(query.where(t.name_norm == identity.company({"name": whom})).limit(_MOST_TOLD + 1)).all()
        hits += [(entity, row.id, row.name) for row in rows if whom in (row.id, company_id(entity, row.id)) or bare == whom]
    if len(hits) == 1:
        return company_id(*hits[0][:2])
    if not hits:
        raise ConfigError(f"there is no account or partner {whom!r}; give its id, or its name")
    told = ", ".join(f"{company_id(e, i)} ({name})" for e, i, name in hits[:_MOST_TOLD])
    raise ConfigError(f"several are called {whom!r}: {told}; give the id of one")


def _key(conn: Connection, about: str, kind: str, anybody: Anybody) -> tuple[str, str]:
    """What is spoken of, in the form that leads are looked up by. Raises ConfigError."""
    kind = kind or _kind(conn, about)
    forms = {
        "lead": about,
        "email": identity.email({"email": about}),
        "domain": canonical.domain(about),
        "name": _squashed(about, anybody),
    }
    key = forms.get(kind)
    if not key:
        raise ConfigError(f"{about!r} is no {kind}")
    if kind == "lead" and conn.execute(select(lead.c.id).where(lead.c.id == about)).first() is None:
        raise ConfigError(f"the store has no lead {about!r}")
    if kind == "domain" and key in anybody.domains:
        raise ConfigError(f"strangers share {key}: it says nothing about a company; name the lead or the address instead")
    return kind, key


def _kind(conn: Connection, about: str) -> str:
    if conn.execute(select(lead.c.id).where(lead.c.id == about)).first():
        return "lead"
    if "@" in about and identity.email({"email": about}):
        return "email"
    return "domain" if " " not in about and "." in about.strip(".") and canonical.domain(about) else "name"


def _squashed(name: str, anybody: Anybody) -> str:
    return company("", {"company": name}, anybody=anybody).name.squashed


def concerned(project: Project, kind: str, key: str) -> list[str]:
    """The leads that something is about, as far as an index finds them."""
    t = lead.c
    if kind == "lead":
        return [key]
    with read(project.engine) as conn:
        if kind in ("email", "domain"):
            column = t.email_norm if kind == "email" else t.email_domain
            return list(conn.execute(select(t.id).where(column == key)).scalars())
        names = conn.execute(select(t.company, t.company_norm).where(t.company_norm.is_not(None)).distinct()).all()
        norms = {row.company_norm for row in names if _squashed(row.company, project.mapping.dictionaries.anybody) == key}
        return list(conn.execute(select(t.id).where(t.company_norm.in_(norms))).scalars()) if norms else []
