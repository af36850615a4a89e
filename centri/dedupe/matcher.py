"""Who a record is: the best of its candidates, how likely it is right, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from centri.dedupe.blocking import BLOCKS
from centri.dedupe.caps import CAPS, Levels, Reason
from centri.dedupe.comparisons import COMPARISONS
from centri.dedupe.scoring import PRIOR, Part, Scored, score
from centri.dedupe.verdicts import Code, Verdict
from centri.records import Record, Ref


@dataclass(frozen=True, slots=True)
class MatchRules:
    """One entry of the ``matching:`` block.

    ``block``: words of BLOCKS; a candidate shares at least one key. ``compare``: words of COMPARISONS with their weights, the
    log odds that full agreement adds (6 makes a pair about 400 times as likely). ``accept`` and ``review`` are probabilities:
    from ``accept`` on it is a match, from ``review`` on a person is asked, below it is none. ``gap``: the log odds by which a
    match must be ahead of its runner-up, or a person is asked; log odds, since probabilities crowd together near 1 (0.993 and
    0.998 are 1.25 apart, 0.5 and 0.78 too). ``cap``: words of CAPS with the verdict that none of theirs exceeds.
    ``prior``: the log odds of a candidate of which nothing is known but that it shares a key.

    Raises ValueError for an unknown word, and for thresholds that are out of order or no probabilities.
    """

    block: tuple[str, ...]
    compare: Mapping[str, float]
    accept: float = 0.85
    review: float = 0.6
    gap: float = 1.5
    cap: Mapping[str, Verdict] = field(default_factory=dict)
    prior: float = -2.0

    def __post_init__(self) -> None:
        _known("blocking key", self.block, BLOCKS)
        _known("comparison", self.compare, COMPARISONS)
        _known("cap", self.cap, CAPS)
        if not 0 < self.review <= self.accept < 1:
            raise ValueError(f"review ({self.review}) and accept ({self.accept}) are probabilities, and review is the lower one")
        if self.gap < 0 or any(weight < 0 for weight in self.compare.values()):
            raise ValueError("gap and the weights of comparisons are not negative")


def _known(kind: str, words: Iterable[str], table: Mapping[str, object]) -> None:
    for word in words:
        if word not in table:
            raise ValueError(f"no {kind} is called {word!r}; there are {', '.join(table)}")


@dataclass(frozen=True, slots=True)
class Match:
    """Who a record is thought to be.

    ``candidate`` is the best one, also where the verdict is not to take it; use :attr:`accepted` to act. ``score`` is the
    probability (0 to 1) that it is right, ``evidence`` the same in log odds: the sum of the weights of ``parts``.
    ``because`` is a sentence, ``code`` its short form. ``runner_up`` is the next best.
    """

    candidate: Ref | None
    score: float
    verdict: Verdict
    code: Code
    because: str
    parts: tuple[Part, ...] = ()
    runner_up: Scored | None = None

    @property
    def evidence(self) -> float:
        return Scored(self.candidate, self.parts).evidence if self.candidate else float("-inf")

    @property
    def accepted(self) -> Ref | None:
        """The candidate, where it is a match."""
        return self.candidate if self.verdict is Verdict.MATCH else None


def match(subject: Record, candidates: Iterable[Record], rules: MatchRules) -> Match:
    """The best candidate and the verdict on it. The order of candidates does not matter."""
    ranked = rank(subject, candidates, rules)
    if not ranked:
        return Match(None, 0.0, Verdict.NONE, Code.NO_CANDIDATE, "nothing shares a key with it")
    best, runner_up = ranked[0], ranked[1] if len(ranked) > 1 else None
    verdict, reason = _verdict(best, runner_up, rules)
    return Match(best.ref, best.score, verdict, reason.code, reason.because, best.parts, runner_up)


def rank(subject: Record, candidates: Iterable[Record], rules: MatchRules) -> Sequence[Scored]:
    """All candidates, best first; equals in the order of their ids. The record itself and deleted ones are left out."""
    others = {c.ref: c for c in candidates if c.ref != subject.ref and not c.deleted}
    scored = (score(subject.values, candidate, rules.compare, rules.prior) for candidate in others.values())
    return sorted(scored, key=lambda s: (-s.evidence, len(s.ref.id), s.ref))


def _verdict(best: Scored, runner_up: Scored | None, rules: MatchRules) -> tuple[Verdict, Reason]:
    """What the score allows, kept down by the strictest cap, then by a runner-up that is too near."""
    verdict, reason = _by_score(best, rules)
    findings = [(limit, finding) for word, limit in rules.cap.items() if (finding := CAPS[word](best.levels))]
    if verdict is not Verdict.NONE and findings:
        limit, finding = min(findings, key=lambda found: found[0].rank)
        verdict, reason = (limit, finding) if limit.rank <= verdict.rank else (verdict, reason)
    if verdict is Verdict.MATCH and runner_up and best.evidence - runner_up.evidence < rules.gap:
        return Verdict.REVIEW, _tie(best, runner_up)
    return verdict, reason


def _by_score(best: Scored, rules: MatchRules) -> tuple[Verdict, Reason]:
    if best.score >= rules.accept:
        return Verdict.MATCH, _agreement(best)
    if best.score >= rules.review:
        return Verdict.REVIEW, Reason(Code.BELOW_ACCEPT, f"likely, but not certain enough ({_told(best)})")
    return Verdict.NONE, Reason(Code.BELOW_REVIEW, f"the best candidate is too unlike ({_told(best)})")


def _tie(best: Scored, runner_up: Scored) -> Reason:
    both = best.levels.get("domain") == "same" == runner_up.levels.get("domain")
    because = f"{runner_up.ref.object} {runner_up.ref.id} is about as likely as {best.ref.object} {best.ref.id}"
    return Reason(Code.DOMAIN_MULTI_ACCOUNT if both else Code.AMBIGUOUS, because)


def _agreement(best: Scored) -> Reason:
    return Reason(_agreement_code(best.levels), _told(best))


def _agreement_code(levels: Levels) -> Code:
    named = levels.get("company_name", "missing") not in ("missing", "different")
    if levels.get("email") == "same":
        return Code.SAME_EMAIL
    if levels.get("domain") == "same":
        return Code.NAME_PLUS_DOMAIN if named else Code.EXACT_DOMAIN
    return Code.NAME_PLUS_PLACE if "same" in (levels.get("city"), levels.get("country")) else Code.NAME


def _told(best: Scored) -> str:
    """The levels that count, as people say them: "domain same, company name close"."""
    told = (f"{p.field.replace('_', ' ')} {p.level.replace('_', ' ')}" for p in best.parts if p.weight and p.field != PRIOR)
    return ", ".join(told) or "nothing to compare"
