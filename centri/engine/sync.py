"""One whole round of a connection: pull, settle, push, and what came of each entity."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field

from centri.engine.parcels import Pushed
from centri.engine.project import Project
from centri.engine.pull import Pulled, pull
from centri.engine.push import push
from centri.engine.settle import Settled, Watch, settle, unwatched
from centri.mappings.schema import EntityMapping
from centri.sync.plan import Plan


@dataclass(slots=True)
class Tally:
    """One entity's share of a round, as ``centri sync --json`` prints it; ``held`` counts records newly set aside."""

    read: int = 0
    unchanged: int = 0
    to_prm: int = 0
    to_crm: int = 0
    created: int = 0
    held: int = 0
    api_calls: int = 0
    seconds: float = 0.0


@dataclass(slots=True)
class Round:
    """What a round did, by entity, with the first decisions that changed something.

    ``read_only`` counts writes that wait because the connection is not armed; ``postponed`` says why retries wait,
    ``suspended`` why entities are left alone.
    """

    connection: str
    tallies: dict[str, Tally] = field(default_factory=dict)
    plans: list[Plan] = field(default_factory=list)
    unreachable: str = ""
    postponed: str = ""
    read_only: int = 0
    suspended: dict[str, str] = field(default_factory=dict)

    def tally(self, entity: str) -> Tally:
        return self.tallies.setdefault(entity, Tally())

    def pulled(self, report: Pulled, owner: str) -> None:
        """Enter a pull; its calls and seconds go to ``owner``, the first entity that reads the object."""
        for entity, number in report.read.items():
            self.tally(entity).read += number
        if report.look:
            for entity, number in report.look.held.items():
                self.tally(entity).held += number
            self.suspended |= report.look.suspended
        self.tally(owner).api_calls += report.api_calls
        self.tally(owner).seconds += report.seconds

    def settled(self, report: Settled) -> None:
        for entity, counts in report.counts.items():
            tally = self.tally(entity)
            tally.unchanged += counts.unchanged
            tally.to_prm += counts.to_prm
            tally.created += counts.created
        for entity, number in report.held.items():
            self.tally(entity).held += number
        self.tally(report.entity).seconds += report.seconds
        self.plans.extend(report.plans)

    def pushed(self, report: Pushed, owner: str) -> None:
        """Enter a push: what the CRM accepted counts, not what was meant for it."""
        for entity, number in report.written.items():
            self.tally(entity).to_crm += number
        for entity, number in report.held.items():
            self.tally(entity).held += number
        self.tally(owner).api_calls += report.api_calls
        self.tally(owner).seconds += report.seconds
        self.unreachable = self.unreachable or report.unreachable
        self.postponed = self.postponed or report.postponed
        self.read_only += report.read_only

    def as_json(self) -> dict[str, dict[str, float]]:
        return {entity: {k: round(v, 3) for k, v in asdict(tally).items()} for entity, tally in self.tallies.items()}


def sync(
    project: Project, connection: str, entity: str | None = None, *,
    told: Callable[[str], None] = lambda _: None, watch: Watch = unwatched, result: Round | None = None,
) -> Round:  # fmt: skip
    """Pull, settle and push one connection, or one entity of it. Raises what the verbs raise.

    Where a ``result`` is given, what was done until then stands in it even so. ``watch`` is shown what is decided.
    """
    mappings = project.mappings(connection, entity=entity)
    result = result or Round(connection)
    for object in pull_order(mappings):
        told(f"pull {object}")
        result.pulled(pull(project, connection, object), owner_of(mappings, object))
    for name in entities(mappings):
        told(f"settle {name}")
        result.settled(settle(project, connection, name, watch=watch))
    for object in push_order(project.mappings(connection)):
        told(f"push {object}")
        result.pushed(push(project, connection, object), owner_of(project.mappings(connection), object))
    return result


def entities(mappings: Iterable[EntityMapping]) -> list[str]:
    """Entities, parents first."""
    return list(dict.fromkeys(m.entity for m in mappings))


def push_order(mappings: Sequence[EntityMapping]) -> list[str]:
    """Objects, parents first: what a lead or a note refers to is there before it."""
    return list(dict.fromkeys(m.object for m in mappings))


def pull_order(mappings: Sequence[EntityMapping]) -> list[str]:
    """Objects, leads last: whoever has read an opportunity has then also read which lead became it."""
    leads = {m.object for m in mappings if m.entity == "lead" or m.is_push_lead}
    objects = push_order(mappings)
    return [o for o in objects if o not in leads] + [o for o in objects if o in leads]


def owner_of(mappings: Sequence[EntityMapping], object: str) -> str:
    """The entity to whose account an object's calls and seconds go."""
    return next(m.entity for m in mappings if m.object == object and not m.is_push_lead)
