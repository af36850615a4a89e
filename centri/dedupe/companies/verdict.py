"""The verdict on a lead's company: what the scores allow, kept down by caps, settled by families, tie-breakers and people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from centri.dedupe.calibration import log_odds_of
from centri.dedupe.caps import CAPS, Reason
from centri.dedupe.companies.company import Company
from centri.dedupe.companies.matcher import Candidate
from centri.dedupe.companies.rules import TIE_BREAKERS, CompanyRules, Domain, Facts, Overrides
from centri.dedupe.verdicts import Code, Verdict

_NO_FACTS = Facts()


@dataclass(frozen=True, slots=True)
class Answer:
    """Whom a lead's company is thought to be.

    ``company`` is the id of the best candidate, also where the verdict is not to take it; use :attr:`accepted` to act. ``score``
    is the probability, 0 to 1, that it is right. Where several stand for one company, or a tie was broken, those are ``tied``,
    and the verdict goes by the probability that it is one of them. ``because`` is a sentence, ``code`` its short form,
    ``runner_up`` the next best.
    """

    company: str | None
    score: float
    verdict: Verdict
    code: Code
    because: str
    tied: tuple[str, ...] = ()
    runner_up: str | None = None
    company_class: str = ""
    refused: tuple[str, ...] = field(default=())

    @property
    def accepted(self) -> str | None:
        return self.company if self.verdict is Verdict.MATCH else None


def judge(
    lead: Company,
    ranked: Sequence[Candidate],
    facts: Mapping[str, Facts],
    rules: CompanyRules,
    overrides: Overrides | None = None,
) -> Answer:
    """The verdict on ranked candidates, the best first. ``facts`` by company id; an id without any is a prospect."""
    said = overrides or Overrides()
    if forced := said.forced(lead):
        known = facts.get(forced, _NO_FACTS)
        return Answer(
            forced, 1.0, Verdict.MATCH, Code.ALWAYS, "a person said that it is always this one", company_class=known.company_class
        )
    refused = tuple(c.id for c in ranked if said.refused(lead, c.id))
    left = _by_domain([c for c in ranked if c.id not in refused], rules)
    if not left:
        return _nobody(lead, refused)
    answer = _judged(lead, left, facts, rules)
    if refused and answer.verdict is Verdict.NONE:
        return Answer(None, 0.0, Verdict.NONE, Code.NEVER, "a person said that it is not the one that fits best", refused=refused)
    return answer


def _nobody(lead: Company, refused: tuple[str, ...]) -> Answer:
    if refused:
        return Answer(None, 0.0, Verdict.NONE, Code.NEVER, "a person said that it is not the only one that fits", refused=refused)
    if lead.junk:
        return Answer(None, 0.0, Verdict.NONE, Code.JUNK_NAME, "what stands for its company is no name")
    return Answer(None, 0.0, Verdict.NONE, Code.NO_CANDIDATE, "nothing shares a key with it")


_NAMED = ("same", "same_short", "near", "close")


def _by_domain(ranked: Sequence[Candidate], rules: CompanyRules) -> list[Candidate]:
    """Where a domain counts only as a last resort, candidates of another name go when one is called so."""
    if rules.domain is Domain.FALLBACK and any(c.levels["company_name"] in _NAMED and c.score >= rules.review for c in ranked):
        return [c for c in ranked if c.levels["company_name"] in _NAMED]
    return list(ranked)


def _judged(lead: Company, ranked: Sequence[Candidate], facts: Mapping[str, Facts], rules: CompanyRules) -> Answer:
    best, group, settled = _chosen(lead, ranked, facts, rules)
    together = min(sum(c.score for c in group), 1.0) if settled else best.score
    known = facts.get(best.id, _NO_FACTS)
    verdict, reason = _by_score(lead, best, together, rules, known)
    verdict, reason = _capped(best, verdict, reason, rules, settled)
    others = [c for c in ranked if c.id != best.id]
    runner_up = others[0].id if others else None
    if verdict is Verdict.MATCH and settled is None and others and best.alone - max(c.alone for c in others) < rules.gap:
        verdict, reason = Verdict.REVIEW, _tie(best, others[0])
    elif verdict is Verdict.MATCH and settled:
        reason = settled
    if verdict is Verdict.MATCH and known.company_class == "competitor":
        reason = Reason(Code.COMPETITOR, f"a competitor: {reason.because}")
    tied = tuple(c.id for c in group) if settled else ()
    return Answer(best.id, best.score, verdict, reason.code, reason.because, tied, runner_up, known.company_class)


def _chosen(
    lead: Company, ranked: Sequence[Candidate], facts: Mapping[str, Facts], rules: CompanyRules
) -> tuple[Candidate, list[Candidate], Reason | None]:
    """The candidate to judge, those it stands for, and what settled between them where something had to."""
    best = ranked[0]
    if rules.family and (relatives := _family(best, ranked, facts)):
        chosen, reason = _of_family(lead, relatives, facts)
        return chosen, relatives, reason
    tied = [c for c in ranked if best.alone - c.alone < rules.gap and _equals(best, c) and _as_likely(best, c)]
    if len(tied) > 1:
        for word in rules.tie_breakers:
            measures = {c.id: TIE_BREAKERS[word](lead, facts.get(c.id, _NO_FACTS)) for c in tied}
            first = max(measures.values())
            winners = [c for c in tied if measures[c.id] == first]
            if len(winners) == 1:
                return winners[0], tied, _broken(word, tied)
    return best, [best], None


def _broken(word: str, tied: Sequence[Candidate]) -> Reason:
    code = Code.DOMAIN_MULTI_ACCOUNT if all(c.levels["domain"] == "same" for c in tied) else Code.TIE_BREAKER
    return Reason(code, f"{len(tied)} fit equally well; {word.replace('_', ' ')} decided")


def _as_likely(best: Candidate, other: Candidate) -> bool:
    """In sight of all candidates too the one is hardly likelier than the other."""
    return log_odds_of(best.score) - log_odds_of(other.score) < _LIKELIER


_LIKELIER = 0.5
"""Log odds by which a candidate is likelier than another, so that no tie-breaker has to decide: 3 to 2 rather than 1 to 1."""


def _equals(best: Candidate, other: Candidate) -> bool:
    """Nothing that identifies a company tells the two apart, so that a tie-breaker may."""
    return all(best.levels[word] == other.levels[word] for word in ("company_name", "domain"))


def _family(best: Candidate, ranked: Sequence[Candidate], facts: Mapping[str, Facts]) -> list[Candidate]:
    """Candidates of the best one's family, itself first; none where it is alone."""
    head = _head(best.id, facts)
    relatives = [c for c in ranked if _head(c.id, facts) == head and best.alone - c.alone < _FAMILY_REACH]
    return relatives if len(relatives) > 1 else []


_FAMILY_REACH = 6.0
"""Log odds by which a relative may be behind: "Acme Germany" is nearer to Acme Deutschland's name than to Acme's."""


def _head(company: str, facts: Mapping[str, Facts]) -> str:
    seen = {company}
    while (parent := facts.get(company, _NO_FACTS).parent) and parent not in seen:
        seen.add(parent)
        company = parent
    return company


def _of_family(lead: Company, relatives: Sequence[Candidate], facts: Mapping[str, Facts]) -> tuple[Candidate, Reason]:
    """The one in the lead's country (or city, where several are), else the parent, else the nearest."""
    for word in ("country", "city"):
        there = [c for c in relatives if getattr(lead, word) and getattr(facts.get(c.id, _NO_FACTS), word) == getattr(lead, word)]
        if len(there) == 1:
            return there[0], Reason(
                Code.PARENT_CHILD, f"of {len(relatives)} companies of one family it is the one in the lead's {word}"
            )
    head = _head(relatives[0].id, facts)
    parent = next((c for c in relatives if c.id == head), None)
    if parent is not None:
        return parent, Reason(
            Code.PARENT_CHILD, f"of {len(relatives)} companies of one family none is in the lead's country: the parent was taken"
        )
    return relatives[0], Reason(Code.PARENT_CHILD, f"of {len(relatives)} companies of one family it is the nearest")


def _by_score(lead: Company, best: Candidate, score: float, rules: CompanyRules, known: Facts) -> tuple[Verdict, Reason]:
    told = _told(best)
    if score >= rules.accept:
        return Verdict.MATCH, Reason(_agreement(best), told)
    if score >= rules.review:
        return Verdict.REVIEW, Reason(Code.BELOW_ACCEPT, f"likely, but not certain enough ({told})")
    if lead.junk:
        return Verdict.NONE, Reason(
            Code.JUNK_NAME, f"what stands for its company is no name, and nothing else says enough ({told})"
        )
    return Verdict.NONE, Reason(Code.BELOW_REVIEW, f"the best candidate is too unlike ({told})")


def _agreement(best: Candidate) -> Code:
    named = best.levels["company_name"] in _NAMED
    if best.alias and named:
        return Code.ALIAS
    if best.levels["domain"] == "same":
        return Code.NAME_PLUS_DOMAIN if named else Code.EXACT_DOMAIN
    if best.levels["acronym"] == "same" and not named:
        return Code.ACRONYM
    return Code.NAME_PLUS_PLACE if "same" in (best.levels["city"], best.levels["country"]) else Code.NAME


def _capped(
    best: Candidate, verdict: Verdict, reason: Reason, rules: CompanyRules, settled: Reason | None
) -> tuple[Verdict, Reason]:
    """The strictest cap that applies. What a domain or a family settles is no namesake abroad."""
    findings = [
        (limit, found)
        for word, limit in rules.cap.items()
        if (found := CAPS[word](best.levels)) and not _settles(word, best, settled)
    ]
    if verdict is Verdict.NONE or not findings:
        return verdict, reason
    limit, found = min(findings, key=lambda pair: pair[0].rank)
    return (limit, found) if limit.rank <= verdict.rank else (verdict, reason)


def _settles(word: str, best: Candidate, settled: Reason | None) -> bool:
    family = settled is not None and settled.code is Code.PARENT_CHILD
    return word == "country_differs" and (best.levels["domain"] == "same" or family)


def _tie(best: Candidate, other: Candidate) -> Reason:
    both = best.levels["domain"] == "same" == other.levels["domain"]
    return Reason(Code.DOMAIN_MULTI_ACCOUNT if both else Code.AMBIGUOUS, f"{other.id} is about as likely as {best.id}")


def _told(best: Candidate) -> str:
    """The levels that say something, as people say them: "company name near, domain same"."""
    told = (f"{word.replace('_', ' ')} {level.replace('_', ' ')}" for word, level in best.levels.items() if level != "missing")
    return ", ".join(told) or "nothing to compare"
