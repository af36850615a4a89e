"""The refusal of a catastrophe: a run that would change too large a share of what is linked does nothing at all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain

from centri.engine.chunks import dirty, staged
from centri.engine.decide import Decided, decide
from centri.engine.project import Project
from centri.errors import TooMany
from centri.mappings.schema import EntityMapping
from centri.records import IMPORT
from centri.store import links, prm, staging
from centri.store.database import read
from centri.sync.link import LinkState
from centri.sync.reconcile import Action

FEW = 50
"""Below so many linked records a share says nothing: a run is never refused."""


def refuse_if_unsafe(project: Project, mappings: Sequence[EntityMapping]) -> None:
    """Decide on everything that is owed for one entity without applying it, and count the linked records that would change.

    The pass is left out where what is owed could not exceed the share anyway. Raises TooMany, which says the share; every row
    stays staged, and ``Settings.allow`` lets a larger share pass once.
    """
    connection, entity = mappings[0].connection, mappings[0].entity
    most = max(project.settings.allow or 0.0, min(m.refuse_over for m in mappings))
    with read(project.engine) as conn:
        linked = links.count(conn, connection, entity)
        owed = staging.count_owed(conn, connection, entity) + prm.count_dirty(conn, connection, entity)
    if linked < FEW or owed <= most * linked:
        return
    changing = _changing(project, mappings)
    if len(changing) > most * linked:
        share, again = len(changing) / linked, "the same import" if connection == IMPORT else f"centri sync {connection} {entity}"
        raise TooMany(
            f"{connection} {entity}: {len(changing)} of {linked} linked records would change ({share:.0%}, over {most:.0%}); "
            f"nothing was changed. If that is meant: {again} --allow {_rounded_up(share)}%"
        )


def _changing(project: Project, mappings: Sequence[EntityMapping]) -> set[str]:
    connection, entity = mappings[0].connection, mappings[0].entity
    chunks = chain(staged(project, mappings), dirty(project, connection, entity))
    return {prm_id for chunk in chunks for prm_id in changed(decide(chunk))}


def changed(decided: Iterable[Decided]) -> set[str]:
    """The ids of the linked PRM records that decisions update, delete or unlink."""
    return {prm_id for pair in decided if (prm_id := _changes(pair))}


def _changes(decided: Decided) -> str | None:
    """The id of the linked PRM record that a decision updates, deletes or unlinks."""
    item, decision = decided
    if item.link is None or item.link.state is LinkState.MERGED:  # whether so many may be merged was asked when they were
        return None
    updates = decision.action is Action.UPDATE and (decision.to_prm or decision.to_crm)
    return item.link.prm.id if updates or decision.action in (Action.UNLINK, Action.DELETE_IN_PRM) else None


def _rounded_up(share: float) -> int:
    return min(100, int(share * 100) + 1)
