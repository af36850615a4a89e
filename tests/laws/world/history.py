"""Which fields were ever tied to each other, and since when each has been agreed on: what the oracle remembers between calms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from facts import Link, nodes
from ledger import Node
from scene import Scene

from centri.mappings.rules import FieldRule
from centri.sync.merge import Direction


class History:
    """Links move and end; what flowed through them has flowed. ``clean`` is the act at which a field was last seen agreed."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.clean: dict[Node, int] = {}
        self.ever: dict[tuple[Node, Node], tuple[Link, FieldRule]] = {}
        self.linked_at: dict[tuple[str, ...], int] = {}

    def looks(self) -> None:
        """Remember every link that there is: links move and end, what flowed through them has flowed."""
        links = self.scene.links()
        active = Counter(
            (k["connection"], k["object"], k["prm_id"], k["entity"], k["role"]) for k in links if k["state"] == "active"
        )
        assert max(active.values(), default=1) == 1, f"linked twice: {active.most_common(1)}"
        for link in links:
            key = (link["connection"], link["object"], link["crm_id"], link["entity"], link["prm_id"], link["role"])
            self.linked_at.setdefault(key, self.scene.ledger.now)
            for mapping in self.scene.project.mapping.of(link["connection"]):
                if (mapping.entity, mapping.object) == (link["entity"], link["object"]):
                    for rule in mapping.rules:
                        self.ever.setdefault(nodes(link, rule), (link, rule))

    def family(self, node: Node) -> set[Node]:
        """Every field that was ever tied to this one, over however many links; what is told once, at birth, is not."""
        found, coming = {node}, [node]
        while coming:
            here = coming.pop()
            for pair, (_, rule) in self.ever.items():
                if here in pair and rule.direction is not Direction.NONE:
                    fresh = set(pair) - found
                    found |= fresh
                    coming.extend(fresh)
        return found

    def since(self, some: Iterable[Node]) -> int:
        return min((self.clean.get(n, 0) for n in some), default=0)
