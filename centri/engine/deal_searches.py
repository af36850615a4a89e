"""Records of the CRMs that may be a registered deal and are not in the PRM: staged and not settled, or asked for."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from centri.anomalies import Untranslatable
from centri.connectors.base import PullRequest
from centri.dedupe import identity
from centri.engine.project import Project
from centri.errors import CentriError
from centri.mappings.schema import EntityMapping
from centri.partners.deals import likeness
from centri.records import Record
from centri.store import links, staging
from centri.store.database import read
from centri.sync.filters import Condition, Filter
from centri.sync.link import LinkState
from centri.sync.references import References

log = logging.getLogger(__name__)

_MOST = 200
"""Records of one object that are looked at."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something that may be the same deal. ``ref`` is an id of the ``system``: ``prm``, or a connection. ``score`` is 0 to 1."""

    type: str
    system: str
    ref: str
    label: str
    score: float
    reasons: tuple[str, ...]


def elsewhere(project: Project, deal: Mapping[str, Any], accounts: Mapping[str, float], *, ask: bool) -> list[Candidate]:
    """The CRMs' opportunities with these accounts, and their leads of the same person or company, that no row here stands for."""
    found = []
    for mapping in _mappings(project):
        theirs = _crm_accounts(project, mapping.connection, accounts)
        records = {r.ref.id: r for r in _staged(project, mapping)}
        if ask:
            records |= {r.ref.id: r for r in _asked(project, mapping, deal, theirs)}
        known = _known(project, mapping, records)
        found += [c for id, r in records.items() if id not in known and (c := _judged(mapping, r, deal, theirs))]
    return found


def _mappings(project: Project) -> Iterator[EntityMapping]:
    for mapping in project.mapping.mappings:
        told_of = mapping.entity in ("opportunity", "lead") and mapping.connection in project.mapping.connections
        if told_of and not mapping.is_push_lead:
            yield mapping


def _crm_accounts(project: Project, connection: str, accounts: Mapping[str, float]) -> dict[str, float]:
    """What the accounts are called in a CRM, with their probabilities."""
    with read(project.engine) as conn:
        linked = links.of_prm(conn, "account", list(accounts))
    return {k.crm.id: accounts[id] for id, some in linked.items() for k in some if k.crm.system == connection}


def _staged(project: Project, mapping: EntityMapping) -> Iterator[Record]:
    """What came in and waits: for its parent, or for a person."""
    with read(project.engine) as conn:
        yield from (staged.record for staged in staging.waiting(conn, mapping.connection, mapping.entity, most=_MOST))


def _asked(project: Project, mapping: EntityMapping, deal: Mapping[str, Any], theirs: Mapping[str, float]) -> Iterator[Record]:
    """What the CRM itself finds; nothing where it cannot be asked, or not in this way."""
    for condition in _conditions(mapping, deal, theirs):
        request = PullRequest(mapping.object, mapping.crm_fields, where=Filter((condition,)), deleted=False, page_size=_MOST)
        try:
            for page in project.connector(mapping.connection).pull(request):
                yield from page.records[:_MOST]
                break
        except CentriError as error:
            log.warning("%s cannot be searched for duplicates of a deal: %s", mapping.connection, error)
            return


def _conditions(mapping: EntityMapping, deal: Mapping[str, Any], theirs: Mapping[str, float]) -> Iterator[Condition]:
    wanted: Mapping[str, tuple[Any, ...]] = {
        "account_id": tuple(theirs) if mapping.entity == "opportunity" else (),
        "email": (deal["contact_email"],) if mapping.entity == "lead" and deal["contact_email"] else (),
        "company": (deal["account_name"],) if mapping.entity == "lead" and deal["account_name"] else (),
    }
    for field, values in wanted.items():
        if values and (rule := mapping.fields.get(field)):
            yield Condition(rule.crm, values)


def _known(project: Project, mapping: EntityMapping, records: Mapping[str, Record]) -> set[str]:
    """Those that a row here stands for: it was looked at already."""
    with read(project.engine) as conn:
        linked = links.of_crm(conn, mapping.connection, mapping.object, list(records))
    standing = (LinkState.ACTIVE, LinkState.MERGED)
    return {id for id, some in linked.items() if any(k.state in standing for k in some)}


def _judged(mapping: EntityMapping, record: Record, deal: Mapping[str, Any], theirs: Mapping[str, float]) -> Candidate | None:
    """The record as a candidate; None where it is over, or nothing speaks for it."""
    if record.deleted or record.merged_into or record.converted_to:
        return None
    said = {rule.prm: record.values.get(rule.crm) for rule in mapping.rules}
    made: dict[str, Any] = defaultdict(lambda: None, said)
    judge = _opportunity if mapping.entity == "opportunity" else _lead
    score, why = judge(mapping, made, record, deal, theirs)
    label = made["name"] or " ".join(filter(None, (made["first_name"], made["last_name"]))) or made["company"] or record.ref.id
    return Candidate(mapping.entity, mapping.connection, record.ref.id, str(label), score, (why,)) if score else None


def _opportunity(
    mapping: EntityMapping, said: Mapping[str, Any], record: Record, deal: Mapping[str, Any], theirs: Mapping[str, float]
) -> tuple[float, str]:
    if _is_over(mapping, record) or str(said["account_id"]) not in theirs:
        return 0.0, ""
    score, why = likeness(theirs[str(said["account_id"])], deal["product_family"], said["product_family"])
    return score, f"{why}, an opportunity of the CRM"


def _lead(
    mapping: EntityMapping, said: Mapping[str, Any], record: Record, deal: Mapping[str, Any], theirs: Mapping[str, float]
) -> tuple[float, str]:
    address = identity.email({"email": deal["contact_email"]})
    if address and identity.email({"email": said["email"]}) == address:
        return 0.9, "the same person, a lead of the CRM"
    name = identity.company({"company": deal["account_name"]})
    if name and identity.company({"company": said["company"]}) == name:
        return 0.6, "the same company, a lead of the CRM"
    return 0.0, ""


def _is_over(mapping: EntityMapping, record: Record) -> bool:
    """Whether the CRM says that an opportunity is won or lost."""
    rule = mapping.fields.get("stage_category")
    if rule is None:
        return False
    try:
        return rule.inward(record.values, References()) in ("won", "lost")
    except Untranslatable:
        return False
