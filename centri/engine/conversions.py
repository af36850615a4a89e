"""A lead that became something else in the CRM: links are added, the old one is kept and takes no more writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from centri.anomalies import Anomaly
from centri.engine.items import Item
from centri.engine.project import Project
from centri.mappings.schema import EntityMapping
from centri.records import PRM, Ref
from centri.store import findings, links
from centri.sync.link import Link, LinkState, Role


def converted_links(project: Project, item: Item, link: Link) -> tuple[list[Link], list[Anomaly]]:
    """The lead's own link, closed for writing, and the links that its conversion adds; or what is wrong with it.

    Only a lead that carries an opportunity has to have become one: without it the two lose each other.
    """
    assert item.crm is not None
    if link.role is not Role.PUSH_LEAD:
        return [replace(link, converted=True)], []
    opportunity = item.crm.converted_to.get("opportunity")
    if not opportunity:
        return [replace(link, state=LinkState.DISCONNECTED)], [_disconnected(item, link)]
    target = next(m for m in project.mappings(item.mapping.connection, entity="opportunity") if not m.is_push_lead)
    became = Link(
        Ref(item.mapping.connection, target.object, opportunity), Ref(PRM, "opportunity", link.prm.id), Role.CONVERTED_TO
    )
    return [replace(link, converted=True, state=LinkState.ACTIVE), became], []


def reconnect(conn: Connection, mapping: EntityMapping, adopted: Sequence[str], now: datetime) -> None:
    """Opportunities of which the CRM now says itself what became of them: the leads that carried them are whole again.

    For CRMs where nobody can name an opportunity on a lead that was converted without one, but can write our id on it.
    """
    if mapping.entity != "opportunity" or mapping.is_push_lead or not adopted:
        return
    if leads := links.reconnect(conn, mapping.connection, mapping.entity, adopted):
        findings.resolve(conn, mapping.connection, mapping.entity, "settle", crm_ids=leads, prm_ids=(), still=(), now=now)


def _disconnected(item: Item, link: Link) -> Anomaly:
    assert item.crm is not None
    return Anomaly(
        "disconnected_conversion",
        item.crm.ref,
        "convert with an opportunity or link one",
        item.mapping.connection,
        item.mapping.entity,
        stage="settle",
        raw=dict(item.crm.values),
        detail={"prm_id": link.prm.id},
        mapping_version=item.mapping.sha,
    )
