"""What ``centri dedupe`` prints: groups with their evidence, what is taken back, what was said."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from centri.cli.output import say, table
from centri.cli.store import value

if TYPE_CHECKING:
    from centri.engine.dedupe import Deduped
    from centri.engine.dedupe_pairs import Said
    from centri.engine.dedupe_plan import Plan
    from centri.engine.dedupe_undo import Inverse, Unmerged
    from centri.records import Ref

_SIBLINGS = 5
"""How many leads of the same organisation are named; all are counted."""


def document(done: "Deduped") -> dict[str, Any]:
    """Everything, for machines."""
    counts = {name: getattr(done, name) for name in ("records", "groups", "merges", "linked", "review", "applied", "meanwhile")}
    return {
        "ok": True,
        "entity": done.entity,
        "applied_by": done.run_id or None,
        "counts": counts,
        "refusal": done.refusal or None,
        "merged": done.merged,
        "groups": [_group(plan) for plan in done.shown],
        "contradictions": [[_ref(one), _ref(other)] for one, other in done.refused],
    }


def _ref(ref: "Ref") -> dict[str, str]:
    return {"entity": ref.object, "id": ref.id}


def _group(plan: "Plan") -> dict[str, Any]:
    return {
        "survivor": plan.survivor.id,
        "merged": [ref.id for ref in plan.losers],
        "because": plan.because,
        "contact": plan.contact.id if plan.contact else None,
        "review": plan.review or None,
        "probability": round(plan.group.probability, 4),
        "members": [{**_ref(ref), "score": plan.group.scores.get(ref)} for ref in plan.group.members],
        "evidence": [
            {"one": _ref(e.one), "other": _ref(e.other), "score": e.score, "parts": [_part(part) for part in e.parts]}
            for e in plan.group.evidence
        ],
        "fields": {
            name: {"before": before, "value": taken.value, "of": [ref.id for ref in taken.of], "because": taken.because}
            for name, (before, taken) in plan.changed.items()
        },
        "moves": dict(plan.moves),
        "siblings": {"count": len(plan.siblings), "leads": [_sibling(row) for row in plan.siblings]},
    }


def _part(part: Any) -> dict[str, Any]:
    return {"field": part.field, "level": part.level, "weight": part.weight}


def _sibling(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("id", "first_name", "last_name", "company", "state")}


def print_found(done: "Deduped") -> None:
    """The groups, and what was done or is to be typed."""
    for plan in done.shown:
        say("\n".join(_lines(plan)) + "\n")
    if done.groups > len(done.shown):
        say(f"... and {done.groups - len(done.shown):,} more groups; --show lists more of them\n")
    for one, other in done.refused:
        say(f"{one.object} {one.id} and {other.id} are said to be one, and to be not one; centri dedupe split or join them anew")
    say(_end(done))


def _lines(plan: "Plan") -> Iterator[str]:
    yield f"{plan.entity} {plan.survivor.id}  {_name(plan, plan.survivor.id)}  ({plan.group.probability:.0%})"
    for ref in plan.losers:
        yield f"    merges   {ref.id}  {_name(plan, ref.id)}"
    if plan.contact:
        yield f"    is       contact {plan.contact.id}"
    for e in plan.group.evidence:
        parts = "; ".join(f"{part.field} {part.level} {part.weight:+.1f}" for part in e.parts)
        yield f"    because  {_short(e.one)} and {_short(e.other)} {e.score:.0%}: {parts}"
    for name, (before, taken) in plan.changed.items():
        yield f"    takes    {name} {value(taken.value)} (was {value(before)}): {taken.because}"
    if plan.moves:
        yield "    moves    " + ", ".join(f"{number} {name}" for name, number in plan.moves.items())
    if plan.siblings:
        named = "; ".join(f"{_person(row)} {row['id']}" for row in plan.siblings[:_SIBLINGS])
        yield f"    besides  {len(plan.siblings)} of the same organisation: {named}"
    if plan.review:
        yield f"    waits    {plan.review}; {_cure(plan)}"


def _cure(plan: "Plan") -> str:
    pair = " ".join([plan.survivor.id, *(ref.id for ref in plan.losers[:1])])
    return f"centri dedupe join {pair}, or centri dedupe split {pair}" if plan.losers else "look at it"


def _name(plan: "Plan", id: str) -> str:
    return _person(plan.rows[id])


def _person(row: Mapping[str, Any]) -> str:
    said = (row.get("name"), row.get("first_name"), row.get("last_name"), row.get("company"), row.get("email"))
    return " ".join(str(text) for text in said if text)


def _short(ref: "Ref") -> str:
    return f"{ref.object} {ref.id[:8]}"


def _end(done: "Deduped") -> str:
    counts = f"{done.groups:,} groups among {done.records:,} {done.entity}s: {done.merges:,} merges"
    linked = f", {done.linked:,} are contacts" if done.linked else ""
    waiting = f", {done.review:,} wait for a person" if done.review else ""
    return f"{counts}{linked}{waiting}.\n{_then(done)}"


def _then(done: "Deduped") -> str:
    if done.run_id:
        meanwhile = f"; {done.meanwhile} groups were changed meanwhile, run it again" if done.meanwhile else ""
        return (
            f"Done by run {done.run_id}{meanwhile}. centri sync tells the CRMs; centri dedupe log lists what can be taken back."
        )
    if done.refusal:
        return f"Nothing was done, and --yes would be refused: {done.refusal}"
    if done.merges or done.linked:
        return f"Nothing was done. To do it: centri dedupe {done.entity}s --yes"
    return "There is nothing to merge."


def inverses_document(done: "Unmerged") -> dict[str, Any]:
    """What is taken back, for machines."""
    return {"ok": True, "applied_by": done.run_id or None, "merges": [_inverse(one) for one in done.inverses]}


def _inverse(one: "Inverse") -> dict[str, Any]:
    return {
        "number": one.number,
        "entity": one.entity,
        "survivor": one.survivor,
        "merged": one.loser,
        "back": {id: dict(values) for id, values in one.back.items()},
        "moved_back": len(one.moved),
        "left_alone": [{"table": k.table, "id": k.id, "field": k.field, "now": k.now, "before": k.before} for k in one.kept],
    }


def print_inverses(done: "Unmerged", name: str) -> None:
    """What is taken back, what is left alone, and what was done or is to be typed."""
    for one in done.inverses:
        rows = [(id, field, value(before)) for id, values in one.back.items() for field, before in values.items()]
        head = f"merge {one.number}: {one.entity} {one.loser} comes out of {one.survivor}, {len(one.moved)} rows move back"
        table(head, (one.entity, "field", "becomes again"), rows)
        if one.kept:
            kept = [(k.table, k.id, k.field, value(k.now), value(k.before)) for k in one.kept]
            table("\nLeft alone, because it was changed since", ("table", "id", "field", "now", "before"), kept)
    say(
        f"\ntaken back by run {done.run_id}; centri sync tells the CRMs"
        if done.run_id
        else f"\nNothing was done. To do it: centri dedupe undo {name} --yes"
    )


def said_document(said: "Said") -> dict[str, Any]:
    """What was said, for machines."""
    return {"ok": True, "word": said.word, "one": _ref(said.one), "other": _ref(said.other), "unlinked": said.unlinked}


def said_line(said: "Said") -> str:
    """What was said, and what follows."""
    pair = f"{said.one.object} {said.one.id} and {said.other.object} {said.other.id}"
    if said.word == "same":
        return f"{pair} are the same; centri dedupe {said.one.object}s --yes merges them"
    unlinked = "; the lead is no longer taken for the contact" if said.unlinked else ""
    return f"{pair} are not the same, and are never merged{unlinked}"
