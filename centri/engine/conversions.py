"""A lead that became something else in the CRM: links are added, the old one is kept and takes no more writes."""

from __future__ import annotations

from dataclasses import replace

from centri.anomalies import Anomaly
from centri.engine.items import Item
from centri.engine.project import Project
from centri.records import PRM, Ref
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
