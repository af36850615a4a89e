"""An answer explained: who was weighed, what led to them, what each piece of evidence gave, and what decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from centri.dedupe.companies.company import Company
from centri.dedupe.companies.index import BLOCK
from centri.dedupe.companies.matcher import Candidate, Ranking
from centri.dedupe.companies.rules import CompanyRules
from centri.dedupe.companies.verdict import Answer
from centri.dedupe.scoring import Part


@dataclass(frozen=True)
class Weighed:
    """A candidate with the parts of its evidence. They add up to ``log_odds``, of which calibration makes its score."""

    candidate: Candidate
    parts: Sequence[Part]
    log_odds: float


@dataclass(frozen=True)
class Explanation:
    """``cut`` companies of crowded keys were not looked at. ``rivals`` is how many candidates there were in all.

    ``witnesses`` are other leads, perhaps of the same person, that mean the account of the answer too.
    """

    lead: Company
    answer: Answer
    rules: CompanyRules
    weighed: Sequence[Weighed]
    rivals: int
    cut: int
    witnesses: Sequence[str] = ()

    @property
    def remarks(self) -> list[str]:
        """What decided beside the scores, in sentences."""
        return list(filter(None, (self._tied(), self._refused(), self._kind(), self._heard(), self._cut(), self._shared())))

    def _tied(self) -> str:
        return (
            f"{' and '.join(self.answer.tied)} count as one: the score is that of any of them"
            if len(self.answer.tied) > 1
            else ""
        )

    def _refused(self) -> str:
        return f"a person said that it is not {' nor '.join(self.answer.refused)}" if self.answer.refused else ""

    def _kind(self) -> str:
        kind = self.answer.company_class
        return f"{self.answer.company} is a {kind}" if self.answer.company and kind in ("partner", "competitor", "named") else ""

    def _heard(self) -> str:
        others = self.witnesses
        said = f"lead{'s' if len(others) > 1 else ''} {', '.join(others)} mean{'s' if len(others) == 1 else ''}"
        return f"{said} {self.answer.company} too, and may be of the same person" if others else ""

    def _cut(self) -> str:
        if not self.cut:
            return ""
        return f"{self.cut:,} companies were not looked at: of a key that more than {BLOCK} share, the {BLOCK} nearest are"

    def _shared(self) -> str:
        return "its domain is one that strangers share, and was not used" if self.lead.shared else ""


def explain(ranking: Ranking, at: int, answer: Answer, rules: CompanyRules, most: int = 5) -> Explanation:
    """Explain the answer to the lead at a place of a ranking; answer and runner-up are among the candidates that are told."""
    total = ranking.places[at + 1] - ranking.places[at]
    ranked = ranking.of(at, total)
    named = {answer.company, answer.runner_up, *answer.tied}
    kept = [place for place, candidate in enumerate(ranked) if place < most or candidate.id in named]
    weighed = [_weighed(ranking, at, place, ranked[place]) for place in kept]
    heard = [witness.id for witness in ranking.witnesses.get(at, ()) if answer.company in witness.said]
    return Explanation(ranking.leads[at], answer, rules, weighed, total, ranking.cut(at), heard)


def _weighed(ranking: Ranking, at: int, place: int, candidate: Candidate) -> Weighed:
    return Weighed(candidate, ranking.parts(at, place), float(ranking.judged.among[ranking.places[at] + place]))


def as_json(told: Explanation, names: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The explanation as one document. ``names`` are what accounts are called, by id."""
    answer, lead, rules = told.answer, told.lead, told.rules
    return {
        "lead": {
            "id": lead.id,
            "name": " ".join(lead.name.words),
            "beside_name": " ".join(lead.name.extra),
            "domains": list(lead.domains),
            "country": lead.country,
            "city": lead.city,
            "shared_domain_only": lead.shared,
            "junk_name": lead.junk,
        },
        "account": answer.company,
        "score": round(answer.score, 6),
        "verdict": str(answer.verdict),
        "code": str(answer.code),
        "because": answer.because,
        "class": answer.company_class,
        "runner_up": answer.runner_up,
        "tied": list(answer.tied),
        "refused": list(answer.refused),
        "thresholds": {"accept": rules.accept, "review": rules.review, "gap": rules.gap},
        "remarks": told.remarks,
        "candidates": [_candidate_json(each, names or {}) for each in told.weighed],
        "candidates_in_all": told.rivals,
        "cut": told.cut,
    }


def _candidate_json(weighed: Weighed, names: Mapping[str, str]) -> dict[str, Any]:
    candidate = weighed.candidate
    return {
        "id": candidate.id,
        "name": names.get(candidate.id, candidate.name),
        "by_alias": candidate.alias,
        "score": round(candidate.score, 6),
        "log_odds": round(weighed.log_odds, 4),
        "own_log_odds": round(candidate.alone, 4),
        "found_by": list(candidate.found_by),
        "levels": dict(candidate.levels),
        "parts": [{"field": part.field, "level": part.level, "weight": round(part.weight, 4)} for part in weighed.parts],
    }
