"""The ``matching:`` block: how records of an entity are recognised, as the rules that the matcher takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict, Field, Strict, WithJsonSchema, model_validator

from centri.dedupe.blocking import BLOCKS
from centri.dedupe.caps import CAPS
from centri.dedupe.companies.rules import TIE_BREAKERS, CompanyRules, Domain
from centri.dedupe.comparisons import COMPARISONS
from centri.dedupe.matcher import MatchRules
from centri.dedupe.verdicts import Verdict
from centri.mappings.words import Model, meaning, meanings, near

LEAD_ACCOUNT = "lead_account"
"""The entry that says how the account of a lead is found; every other entry is named after an entity."""


def _known(table: Mapping[str, Any], kind: str) -> AfterValidator:
    def check(words: Any) -> Any:
        for word in words:
            if word not in table:
                raise ValueError(f"no {kind} is called {word!r}{near(word, table)}")
        return words

    return AfterValidator(check)


def _described(table: Mapping[str, Any], text: str) -> Any:
    return Field(description=f"{text}\n\n{meanings(table)}")


def _offered(table: Mapping[str, Any], value: Mapping[str, Any]) -> WithJsonSchema:
    """A block whose keys are these words, each with its meaning."""
    words = {word: {**value, "description": meaning(function)} for word, function in sorted(table.items())}
    return WithJsonSchema({"type": "object", "additionalProperties": False, "properties": words})


def _listed(table: Mapping[str, Any]) -> WithJsonSchema:
    return WithJsonSchema({"type": "array", "items": {"enum": sorted(table)}})


_NUMBER = {"type": "number"}
_VERDICT = {"enum": [verdict.value for verdict in Verdict]}

Number = Annotated[float, Strict()]
Blocks = Annotated[list[str], _known(BLOCKS, "blocking key"), _listed(BLOCKS)]
TieBreakers = Annotated[list[str], _known(TIE_BREAKERS, "tie-breaker"), _listed(TIE_BREAKERS)]
Weights = Annotated[Mapping[str, Number], _known(COMPARISONS, "comparison"), _offered(COMPARISONS, _NUMBER)]
Caps = Annotated[Mapping[str, Verdict], _known(CAPS, "cap"), _offered(CAPS, _VERDICT)]


_CAUTIOUS = {"country_differs": Verdict.REVIEW, "name_only": Verdict.REVIEW}


@dataclass(frozen=True, slots=True)
class LeadAccount:
    """How the account of a lead is found: the rules, and the file of the model; without one it is that of the package."""

    rules: CompanyRules = field(default_factory=lambda: CompanyRules(cap=_CAUTIOUS))
    model: Path | None = None


class LeadMatching(Model):
    """How the company of a lead is found among accounts and partners. A model weighs the evidence; these decide on its answer."""

    accept: Number = Field(default=0.85, description="From this probability on it is a match.")
    review: Number = Field(default=0.5, description="From this probability on a person is asked.")
    gap: Number = Field(
        default=1.0, description="By how much a match must be ahead of its runner-up, in log odds of its own evidence."
    )
    cap: Annotated[Caps, _described(CAPS, "Findings, and the verdict that none with them exceeds.")] = Field(
        default_factory=lambda: dict(_CAUTIOUS)
    )
    tie_breakers: Annotated[
        TieBreakers, _described(TIE_BREAKERS, "What decides between accounts that fit equally well, in order.")
    ] = Field(default_factory=lambda: list(TIE_BREAKERS))
    domain: Domain = Field(
        default=Domain.ALWAYS,
        description="How far a domain counts: always, fallback (where no candidate's name agrees), or off (not looked at).",
    )
    family: bool = Field(
        default=True,
        description="A parent and its subsidiaries count as one; the one in the lead's country is taken, else the parent.",
    )
    model: str | None = Field(default=None, description="A model that centri match train made; its place is told from this file.")

    @property
    def rules(self) -> CompanyRules:
        return CompanyRules(self.accept, self.review, self.gap, self.cap, tuple(self.tie_breakers), self.domain, self.family)

    @model_validator(mode="after")
    def _acceptable(self) -> LeadMatching:
        _ = self.rules  # raises ValueError
        return self


class Matching(Model):
    """How records of one entity are recognised."""

    block: Annotated[Blocks, _described(BLOCKS, "A candidate shares at least one of these keys.")]
    compare: Annotated[Weights, _described(COMPARISONS, "What is compared, each with its weight in log odds.")]
    accept: Number = Field(default=0.85, description="From this probability on it is a match.")
    review: Number = Field(default=0.6, description="From this probability on a person is asked.")
    gap: Number = Field(default=1.5, description="By how much a match must be ahead of its runner-up, in log odds.")
    cap: Annotated[Caps, _described(CAPS, "Findings, and the verdict that none with them exceeds.")] = Field(default_factory=dict)
    prior: Number = Field(default=-2.0, description="The log odds of a candidate of which nothing is known but a shared key.")

    @property
    def rules(self) -> MatchRules:
        return MatchRules(tuple(self.block), self.compare, self.accept, self.review, self.gap, self.cap, self.prior)

    @model_validator(mode="after")
    def _acceptable(self) -> Matching:
        _ = self.rules  # raises ValueError
        return self


class MatchingBlock(Model):
    """What stands under ``matching``: an entry for each entity, and one for the accounts of leads."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Matching]

    lead_account: LeadMatching | None = Field(default=None, description="How the account of a lead's company is found.")
