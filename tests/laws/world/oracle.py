"""What must be true once people stop and nothing fails any more."""

from __future__ import annotations

from agreement import Agreement
from facts import Facts
from flow import Flow
from history import History
from owed import Owed
from scene import Scene


class Oracle:
    """Looks at the world after each sync, and judges it each time it is calm."""

    def __init__(self, scene: Scene) -> None:
        self.scene, self.history = scene, History(scene)

    def looks(self) -> None:
        self.history.looks()
        for crm in self.scene.crms.values():
            assert not crm.overwritten, f"written over unread: {crm.overwritten}"

    def judges(self) -> None:
        """Raises AssertionError for whatever ought not to be."""
        self.looks()
        facts = Facts.of(self.scene)
        Owed(facts).judges()
        excused = Agreement(self.history).judges(facts)
        Flow(self.history).judges(facts, excused)
