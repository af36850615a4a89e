"""Both sides agree under the mapping, field by field, or there is a reason why they need not."""

from __future__ import annotations

from facts import Facts, Link, nodes, shown, tidied, tried
from history import History
from ledger import Node

from centri.mappings.rules import FieldRule
from centri.records import MISSING, same
from centri.sync.link import Role
from centri.sync.merge import Direction
from centri.sync.references import pending


class Agreement:
    """Walks every link and every rule of its mapping, and translates with the rule itself."""

    def __init__(self, history: History) -> None:
        self.history, self.scene = history, history.scene

    def judges(self, facts: Facts) -> set[Node]:
        """The fields that are excused from being alike."""
        excused: set[Node] = set()
        for link in facts.links:
            for rule in facts.mapping(link).rules:
                pair = nodes(link, rule)
                if link["state"] != "active":
                    assert self._rests(facts, link), f"rests without a reason: {shown(facts, link)}"
                    excused.update(pair)
                elif link["converted"] or facts.told_of(link, rule.prm):
                    excused.update(pair)
                elif facts.crm_gone(link) or facts.row(link)["$deleted"]:
                    raise AssertionError(f"one side is gone and nobody says so: {shown(facts, link)}")
                elif rule.direction is not Direction.NONE and not self._alike(facts, link, rule):
                    assert self._kept_apart(facts, link, rule), f"{rule.prm} differs: {shown(facts, link)}"
                    excused.update(pair)
        return excused

    def _rests(self, facts: Facts, link: Link) -> bool:
        """Why the two sides of a link have nothing to do with each other any more."""
        row = self.scene.crms[link["connection"]].objects[link["object"]][link["crm_id"]]
        if link["state"] == "merged":
            return row.merged_into is not None
        if link["state"] == "disconnected":
            return bool(row.converted_to)
        return row.deleted or (facts.row(link)["$deleted"] and bool(facts.told_of(link, "")))

    def _alike(self, facts: Facts, link: Link, rule: FieldRule) -> bool:
        crm, row, refs = facts.crm_values(link), facts.row(link), facts.refs[link["connection"]]
        held = {name: crm.get(name) for name in facts.mapping(link).crm_fields}
        if rule.direction is not Direction.OUT and same(tried(lambda: rule.inward(held, refs)), row.get(rule.prm)):
            return True
        if rule.direction is Direction.IN:
            return False
        told = tried(lambda: rule.outward(row, refs))
        if told is MISSING:
            return False
        stored = tidied(self.scene, link["connection"], link["object"], told)
        return all(same(crm.get(name), value) for name, value in stored.items())

    def _kept_apart(self, facts: Facts, link: Link, rule: FieldRule) -> bool:
        """Why two sides may differ without anybody being told."""
        return (
            self._adopted_so(facts, link, rule)
            or self._append_only(facts, link)
            or self._mastered_elsewhere(facts, link, rule)
            or self._born_without_it(link, rule)
            or self._parent_is_not_there(facts, link, rule)
            or self._filled_already(facts, link, rule)
        )

    def _adopted_so(self, facts: Facts, link: Link, rule: FieldRule) -> bool:
        """Two records that people had made before the sync found them to be the same; nobody has touched the field since."""
        key = (link["connection"], link["object"], link["crm_id"], link["entity"], link["prm_id"], link["role"])
        found = link["role"] != Role.ORIGIN and (link["object"], link["crm_id"]) not in self.scene.crms[link["connection"]].ours
        both = facts.crm_values(link).get(rule.crm) is not None and facts.row(link).get(rule.prm) is not None
        touched = self.scene.ledger.of(frozenset(self.history.family(nodes(link, rule)[1])), since=self.history.linked_at[key])
        return found and both and not touched

    def _append_only(self, facts: Facts, link: Link) -> bool:
        """A note that somebody has changed since it was written."""
        made = [nodes(link, rule) for rule in facts.mapping(link).rules]
        edits = self.scene.ledger.of(frozenset(n for pair in made for n in pair))
        return facts.mapping(link).append_only and len({e.at for e in edits}) > 1

    def _mastered_elsewhere(self, facts: Facts, link: Link, rule: FieldRule) -> bool:
        mine = [k for k in facts.links if (k["entity"], k["prm_id"], k["state"]) == (link["entity"], link["prm_id"], "active")]
        origin = next((k for k in mine if k["role"] == Role.ORIGIN), mine[0])
        return rule.direction is Direction.IN and (rule.master or origin["connection"]) != link["connection"]

    def _born_without_it(self, link: Link, rule: FieldRule) -> bool:
        """The sync made the CRM's record, does not tell this field, and nobody has given it a value there since."""
        ours = (link["object"], link["crm_id"]) in self.scene.crms[link["connection"]].ours
        touched = self.scene.ledger.of(frozenset({nodes(link, rule)[0]}))
        return rule.direction is Direction.IN and ours and not touched

    def _parent_is_not_there(self, facts: Facts, link: Link, rule: FieldRule) -> bool:
        """A reference to a record that this CRM, or the PRM, has not: it waits."""
        if not rule.references:
            return False
        refs, crm, row = facts.refs[link["connection"]], facts.crm_values(link), facts.row(link)
        arrived = any((e, crm.get(rule.crm)) in refs.by_crm for e in rule.references) or crm.get(rule.crm) is None
        told = tried(lambda: rule.outward(row, refs))
        return not arrived or told is MISSING or any(pending(v) for v in told.values())

    def _filled_already(self, facts: Facts, link: Link, rule: FieldRule) -> bool:
        """Both sides changed a field whose policy is to fill blanks alone."""
        crm, row = nodes(link, rule)
        both = facts.crm_values(link).get(rule.crm) is not None and facts.row(link).get(rule.prm) is not None
        others = frozenset(self.history.family(row) - {crm})
        ledger = self.scene.ledger
        return (
            getattr(rule.policy, "__name__", "") == "fill_blanks"
            and both
            and bool(ledger.of(frozenset({crm}), since=self.history.since([crm, row])))
            and bool(ledger.of(others, since=self.history.since([crm, row])))
        )
