"""The walk through open reviews at a terminal, and the same as a list for machines."""

from typing import TYPE_CHECKING, Any

import typer

from centri.cli.output import console, say, table
from centri.dedupe.companies.described import meaning
from centri.dedupe.walk import KEYS, Kind, Walk, step

if TYPE_CHECKING:
    from rich.console import Console

    from centri.dedupe.companies.explanation import Weighed
    from centri.dedupe.walk import Said
    from centri.engine.match_reviews import Review, Reviews

_SPEAKING = 4
"""Pieces of evidence that are told for the first candidate, and as many against it."""


def listed(reviews: "Reviews") -> list[dict[str, Any]]:
    """Every open review as a document: the lead, the candidates, and the reason."""
    from centri.dedupe.companies.explanation import as_json

    return [as_json(review.explanation, review.names) for review in map(reviews.__getitem__, range(len(reviews)))]


def walk(reviews: "Reviews") -> int:
    """Ask one after another. Answers how many remain open."""
    at = Walk(len(reviews))
    if at.over:
        say("nothing waits for a review")
    while not at.over:
        try:
            review = reviews[at.at]
        except LookupError:  # somebody else was faster
            at = Walk(at.total, at.at + 1, at.answered + 1, at.skipped)
            continue
        _ask(review, at)
        at, said = _answered(at, len(review.candidates))
        if said:
            reviews.decide(review, said)
            say(_told(review, said))
    if at.total:
        say(f"{at.answered} decided, {at.open} remain")
    return at.open


def _answered(at: Walk, candidates: int) -> tuple[Walk, "Said | None"]:
    """What the first key that means something means."""
    while True:
        try:
            key = typer.getchar()
        except (KeyboardInterrupt, EOFError):
            key = "q"
        now, said = step(at, key, candidates)
        if now != at:
            return now, said
        say(f"{key!r} means nothing here; {_keys(candidates)}")


def _keys(candidates: int) -> str:
    shown = {key: told for key, told in KEYS.items() if candidates or key in ("n", "s", "q")}
    return "  ".join(f"{key}: {told}" for key, told in shown.items())


def _ask(review: "Review", at: Walk) -> None:
    stored, answer = review.stored, review.explanation.answer
    who = " ".join(filter(None, (stored["first_name"], stored["last_name"])))
    said = ", ".join(filter(None, (stored[name] for name in ("company", "website", "email", "city", "country_code"))))
    say(f"\n{at.at + 1} of {at.total}  {said}{f'  ({who})' if who else ''}")
    say(f"  {answer.because} ({answer.code})")
    for line in review.explanation.remarks:
        say(f"  {line}")
    rows = (_row(number, each, review) for number, each in enumerate(review.candidates, 1))
    table("", ("", "account", "probability", "company name", "domain", "country", "city"), rows, numbers=("probability",))
    if review.candidates:
        _evidence(console(), review.candidates[0])
    say(_keys(len(review.candidates)))


def _row(number: int, weighed: "Weighed", review: "Review") -> tuple[str, ...]:
    candidate = weighed.candidate
    levels = (candidate.levels[word].replace("_", " ") for word in ("company_name", "domain", "country", "city"))
    return (str(number), f"{review.names.get(candidate.id, candidate.name)} ({candidate.id})", f"{candidate.score:.3f}", *levels)


def _evidence(out: "Console", weighed: "Weighed") -> None:
    """What speaks for and against the first candidate most loudly."""
    parts = sorted(weighed.parts[1:], key=lambda part: part.weight)
    against = [part for part in parts[:_SPEAKING] if part.weight < 0]
    for part in [*parts[: -_SPEAKING - 1 : -1], *against]:
        out.print(f"  {part.weight:+6.2f}  {part.field.replace('_', ' ')}: {meaning(part.field)}", soft_wrap=True)


def _told(review: "Review", said: "Said") -> str:
    if said.place is None:
        return "none of them: the lead has no account"
    chosen = review.candidates[said.place].candidate
    name = review.names.get(chosen.id, chosen.name)
    return f"{name}" + (", and so is whoever gives this name" if said.kind is Kind.ALWAYS else "")
