"""How a registered deal and its review are printed."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from centri.cli.desk import facts, told
from centri.cli.output import say, table

if TYPE_CHECKING:
    from centri.engine.deal_reviews import Review


def print_deal(row: Mapping[str, Any]) -> None:
    """A deal, then what it lacks, then what belongs to it."""
    facts(row)
    if row["missing"]:
        say(f"missing: {', '.join(row['missing'])}")
    for name in ("proofs", "extensions", "credit"):
        for part in row[name]:
            say(f"{name}: " + ", ".join(f"{word} {told(part)[word]}" for word in part if part[word] is not None))


def review_document(found: "Review") -> dict[str, Any]:
    """A review as JSON."""
    kept = ("other_type", "system", "other_ref", "label", "score", "reasons")
    return {
        "ok": True,
        "deal": told(found.deal),
        "complete": f"{found.required - len(found.missing)}/{found.required}",
        "missing": list(found.missing),
        "rivals": list(found.rivals),
        "protected_for": found.protected_for,
        "candidates": [{name: c[name] for name in kept} for c in found.candidates],
    }


def print_review(found: "Review") -> None:
    """A review for people: how complete it is, what it may be, what stands in its way."""
    deal = found.deal
    say(f"{deal['number']} revision {deal['revision_no']}: {deal['state'].replace('_', ' ')}, {deal['account_name']}")
    lacking = f"; missing: {', '.join(found.missing)}" if found.missing else ""
    say(f"complete: {found.required - len(found.missing)}/{found.required}{lacking}")
    rows = [
        (f"{c['score']:.0%}", c["other_type"], c["label"], c["system"], "; ".join(c["reasons"] or ())) for c in found.candidates
    ]
    if rows:
        table("\nmay be the same, or about it:", ("likely", "what", "name", "where", "because"), rows, numbers=["likely"])
    for number in found.rivals:
        say(f"in the way: {number} is approved for the same account and product")
    if found.protected_for:
        say(f"in the way: the account is reserved for {found.protected_for}")
    if not (found.missing or found.rivals or found.protected_for):
        say(f"nothing stands in its way: centri deal approve {deal['number']}")
