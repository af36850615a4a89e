"""An explanation for people: the verdict, the candidates side by side, and what each piece of evidence gave, as bars."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from centri.cli.output import say, table
from centri.dedupe.companies.described import meaning

if TYPE_CHECKING:
    from centri.dedupe.companies.explanation import Explanation, Weighed
    from centri.dedupe.scoring import Part

_SMALL = 0.15
"""Log odds under which pieces of evidence share a line."""
_REST = "smaller pieces"

_WIDTH = 32
"""Signs of a drawing."""


def shown(told: "Explanation", names: Mapping[str, str]) -> None:
    """Print an explanation."""
    say(_head(told))
    for line in told.remarks:
        say(f"  {line}")
    if not told.weighed:
        return
    say("")
    table(
        "",
        ("", "account", "score", "log odds", "found by", "company name", "domain", "country", "city"),
        _rows(told, names),
        numbers=("score", "log odds"),
    )
    for weighed in told.weighed[:2]:
        say("")
        title = (
            f"{_name(weighed, names)}: log odds {weighed.log_odds:+.2f}, which is a probability of {weighed.candidate.score:.4f}"
        )
        table(
            title, ("gives", "sum", _scale(weighed), "evidence", "value", "which tells"), _bars(weighed), numbers=("gives", "sum")
        )


def _head(told: "Explanation") -> str:
    answer, rules = told.answer, told.rules
    whom = f" {answer.company}" if answer.company else ""
    lines = [
        f"{answer.verdict}{whom}, score {answer.score:.4f}: {answer.because} ({answer.code})",
        f"  a match from {rules.accept:g}, a review from {rules.review:g}; {told.rivals} candidates"
        + (f", runner-up {answer.runner_up}" if answer.runner_up else ""),
        f"  the lead says: {_said(told)}",
    ]
    return "\n".join(lines)


def _said(told: "Explanation") -> str:
    lead = told.lead
    pieces = {"name": " ".join(lead.name.words), "beside it": " ".join(lead.name.extra), "domain": ", ".join(lead.domains)}
    pieces |= {"country": lead.country, "city": lead.city}
    return "; ".join(f"{name} {text}" for name, text in pieces.items() if text) or "nothing that can be compared"


def _rows(told: "Explanation", names: Mapping[str, str]) -> Iterable[Sequence[str]]:
    for weighed in told.weighed:
        candidate = weighed.candidate
        mark = "*" if candidate.id == told.answer.company else ""
        levels = (candidate.levels[word].replace("_", " ") for word in ("company_name", "domain", "country", "city"))
        score, found = f"{candidate.score:.4f}", ", ".join(candidate.found_by).replace("_", " ")
        yield (mark, _name(weighed, names), score, f"{weighed.log_odds:+.2f}", found, *levels)


def _name(weighed: "Weighed", names: Mapping[str, str]) -> str:
    candidate = weighed.candidate
    known = f", known as {candidate.name}" if candidate.alias else ""
    return f"{names.get(candidate.id, candidate.name) or 'without a name'} ({candidate.id}{known})"


def _bars(weighed: "Weighed") -> Iterable[Sequence[str]]:
    """A waterfall: each bar begins where the one before it ended."""
    low, high = _span(weighed)
    before = 0.0
    for part in _gathered(weighed.parts):
        after = before + part.weight
        yield (
            f"{part.weight:+.2f}",
            f"{after:+.2f}",
            _bar(before, after, low, high),
            part.field.replace("_", " "),
            part.level,
            meaning(part.field) if part.field != _REST else f"what tells less than {_SMALL} by itself",
        )
        before = after


def _gathered(parts: Sequence["Part"]) -> list["Part"]:
    """The parts that weigh something, the base first and the rest by weight; the small ones as one line. The sum stays."""
    from centri.dedupe.scoring import Part

    base, *others = parts
    told = sorted((part for part in others if abs(part.weight) >= _SMALL), key=lambda part: -abs(part.weight))
    small = [part for part in others if abs(part.weight) < _SMALL]
    rest = [Part(_REST, str(len(small)), sum(part.weight for part in small))] if small else []
    return [base, *told, *rest]


def _span(weighed: "Weighed") -> tuple[float, float]:
    sums, total = [0.0], 0.0
    for part in _gathered(weighed.parts):
        total += part.weight
        sums.append(total)
    return min(sums), max(sums)


def _scale(weighed: "Weighed") -> str:
    low, high = (f"{bound:+.1f}" for bound in _span(weighed))
    return f"{low}{high:>{_WIDTH - len(low)}}"


def _bar(before: float, after: float, low: float, high: float) -> str:
    """From one sum to the next; signs of what speaks for are filled, of what speaks against light."""
    if high <= low:
        return ""
    one, other = (round((value - low) / (high - low) * _WIDTH) for value in (min(before, after), max(before, after)))
    sign = "█" if after >= before else "░"
    return (" " * one + (sign * max(other - one, 0) or "│")).ljust(_WIDTH)
