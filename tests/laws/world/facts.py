"""The end state of one calm, read once, and how fields are named in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ledger import PRM, Node
from scene import Scene

from centri.anomalies import Untranslatable
from centri.errors import Rejected
from centri.mappings.rules import FieldRule
from centri.mappings.schema import EntityMapping
from centri.records import MISSING
from centri.sync.link import Role
from centri.sync.references import References, Standing

Link = Mapping[str, Any]
Value = tuple[str, Any]


def known(value: Any) -> Value:
    """A value as it is compared: 0 and False are two."""
    return type(value).__name__, repr(value)


@dataclass
class Facts:
    """The end state of one calm, read once."""

    scene: Scene
    links: list[Link]
    anomalies: list[Mapping[str, Any]]
    prm: Mapping[tuple[str, str, str], Mapping[str, Any]]
    refs: dict[str, References] = field(default_factory=dict)

    @classmethod
    def of(cls, scene: Scene) -> Facts:
        told = [a for a in scene.all_anomalies() if a["state"] in ("open", "ignored")]
        facts = cls(scene, scene.links(), told, scene.prm_rows())
        facts.refs = {name: facts._references(name) for name in scene.crms}
        return facts

    def _references(self, crm: str) -> References:
        here = [k for k in self.links if k["connection"] == crm and k["state"] == "active"]
        by_crm = {(k["entity"], k["crm_id"]): k["prm_id"] for k in reversed(here)}
        by_prm = {
            (k["entity"], k["prm_id"]): Standing(k["crm_id"], "lead" if k["role"] == Role.PUSH_LEAD else k["entity"])
            for k in here
        }
        for (_, entity, id), row in self.prm.items():
            became = ("opportunity", row.get("converted_opportunity_id"))
            if entity == "lead" and (entity, id) not in by_prm and became in by_prm:
                by_prm[entity, id] = by_prm[became]
        return References(by_crm, by_prm)

    def mapping(self, link: Link) -> EntityMapping:
        return next(
            m
            for m in self.scene.project.mapping.of(link["connection"])
            if (m.entity, m.object) == (link["entity"], link["object"])
        )

    def crm_values(self, link: Link) -> Mapping[str, Any]:
        return self.scene.crms[link["connection"]].objects[link["object"]][link["crm_id"]].values

    def crm_gone(self, link: Link) -> bool:
        return self.scene.crms[link["connection"]].objects[link["object"]][link["crm_id"]].deleted

    def row(self, link: Link) -> Mapping[str, Any]:
        return self.prm[PRM, link["entity"], link["prm_id"]]

    def told_of(self, link: Link, name: str) -> bool:
        """Whether an anomaly is open, or ignored, about a field of a link or its whole record."""
        return any(
            a["connection"] == link["connection"]
            and a["entity"] == link["entity"]
            and (a["crm_id"] == link["crm_id"] or (a["crm_id"] is None and a["prm_id"] == link["prm_id"]))
            and a["severity"] != "info"
            and a["field"] in ("", name)
            for a in self.anomalies
        )


def nodes(link: Link, rule: FieldRule) -> tuple[Node, Node]:
    """The CRM's and the PRM's field that a rule ties together."""
    crm = Node(link["connection"], link["object"], link["crm_id"], rule.crm)
    return crm, Node(PRM, link["entity"], link["prm_id"], rule.prm)


def tidied(scene: Scene, crm: str, object: str, told: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the CRM makes of values; where it refuses them, nothing is like them."""
    try:
        return scene.crms[crm].tidy(object, told)
    except Rejected:
        return told


def tried(work: Any) -> Any:
    try:
        return work()
    except Untranslatable:
        return MISSING


def shown(facts: Facts, link: Link) -> str:
    row = {n: facts.row(link).get(n) for n in (*facts.mapping(link).fields, "deleted_at")}
    about = {k: link[k] for k in ("connection", "object", "crm_id", "entity", "prm_id", "role", "state", "crm_seen", "prm_seen")}
    return f"\n  CRM {dict(facts.crm_values(link))}\n  PRM {row}\n  link {about}"
