"""The demo from the first round to the last claim."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from sqlalchemy import Engine

from centri.cli import demo_acts, demo_claims, demo_facts, demo_partners
from centri.cli.demo_acts import Acts
from centri.cli.demo_crms import Crm
from centri.cli.demo_facts import Facts, Moment, observe
from centri.cli.demo_report import Report, progress
from centri.cli.demo_stage import Stage
from centri.engine.project import Project, open_project
from centri.engine.sync import Tally
from centri.pipelines.run import sync_project
from centri.store.database import migrate
from centri.sync.plan import Plan

_COUNTED = ("read", "to_prm", "to_crm", "created", "api_calls")


@dataclass(slots=True)
class Played:
    """One round of the demo, which may be several syncs; ``held`` is how much waits for a person after it."""

    number: int
    tallies: dict[tuple[str, str], Tally] = field(default_factory=dict)
    plans: list[Plan] = field(default_factory=list)
    held: int = 0
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        sums = {name: sum(getattr(t, name) for t in self.tallies.values()) for name in _COUNTED}
        return {"round": self.number, **sums, "held": self.held, "seconds": round(self.seconds, 2)}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the demo found: ``against`` holds by claim and by story what contradicts it."""

    rounds: Sequence[Played]
    against: dict[str, list[str]]
    held: list[dict[str, Any]]
    lead: str
    """A Salesforce lead with a story to trace."""

    @property
    def ok(self) -> bool:
        return not any(self.against.values())

    def as_json(self) -> dict[str, Any]:
        held = {name: not found for name, found in self.against.items()}
        return {
            "ok": self.ok,
            "rounds": [played.as_json() for played in self.rounds],
            "stories": {name: held[name] for name in demo_claims.STORIES},
            "claims": {name: held[name] for name in demo_claims.CLAIMS},
            "against": {name: found for name, found in self.against.items() if found},
            "held": self.held,
        }


def play(stage: Stage, report: Report) -> Outcome:
    """Everything but what stays running afterwards. Raises what a sync of both connections raises."""
    migrate(stage.settings.database)
    project = open_project(stage.settings)
    try:
        return _Play(project, stage.crms, report).perform()
    finally:
        project.close()


class _Play:
    """The acts in their order."""

    def __init__(self, project: Project, crms: Sequence[Crm], report: Report) -> None:
        self.project, self.crms, self.report = project, crms, report

    def perform(self) -> Outcome:
        demo_partners.admit_vendor(self.project, self.crms)
        start = self._observe()
        self.report.step("Round 1: the first sync of both CRMs into an empty PRM")
        first = self._sync(Played(1))
        self.report.table(first.tallies)
        acts = self._people()
        second, pushed, before = self._second_round(acts)
        self.report.step("Round 3: the same once more, though nobody did anything")
        demo_facts.forget_calls(self.crms)
        third = self._sync(Played(3))
        self.report.nothing(third.as_json())
        calls = {crm.connection: demo_facts.heard(crm) for crm in self.crms}
        whose = {crm.connection: crm.dialect.from_partner for crm in self.crms}
        facts = Facts(acts, start, pushed, before, self._observe(), calls, whose)
        return self._conclude([first, second, third], facts)

    def _people(self) -> Acts:
        acts = Acts()
        for crm in self.crms:
            rows = crm.rows()
            demo_partners.hire(self.project, crm, rows)
            leads = demo_partners.offered(self.project, crm, rows)
            demo_partners.partners_work(self.project, crm.connection, leads, acts)
            demo_acts.vendor_works(crm, rows, leads, acts)
        self.report.step("People work, in both CRMs and in the PRM, without knowing of each other", *acts.words)
        return acts

    def _second_round(self, acts: Acts) -> tuple[Played, Moment, Moment]:
        """Two syncs, between which the vendor answers what the first one brought. Answers the moments after each, too."""
        self.report.step("Round 2: what people did travels, and this is the plan by which it does")
        played = self._sync(Played(2))
        self.report.plans(played.plans)
        pushed = self._observe()
        answers = [demo_acts.approve(crm, deal) for crm, deal in zip(self.crms, acts.own, strict=True)]
        self.report.step("The vendor answers", *answers)
        self.report.step("Round 2, continued: the answer travels back")
        told = len(played.plans)
        self._sync(played)
        self.report.plans(played.plans[told:])
        self.report.table(played.tallies)
        return played, pushed, self._observe()

    def _sync(self, played: Played) -> Played:
        started = time.perf_counter()
        with progress(self.project) as told:
            results = sync_project(self.project, told=told)
        played.seconds += time.perf_counter() - started
        for result in results:
            if result.failure:
                raise result.failure
            played.plans += result.round.plans
            for entity, tally in result.round.tallies.items():
                add(played.tallies.setdefault((result.connection, entity), Tally()), tally)
        played.held = len(demo_claims.held(self._observe_prm()))
        return played

    def _conclude(self, rounds: Sequence[Played], facts: Facts) -> Outcome:
        claims = {**demo_claims.STORIES, **demo_claims.CLAIMS}
        against = {name: list(claim.against(facts)) for name, claim in claims.items()}
        held = demo_claims.held(facts.end)
        self.report.step("What this shows, as the CRMs' HTTP APIs and the database say, not the engine")
        self.report.claims(claims, against)
        self.report.held(held)
        lead = next(deal.crm_lead for deal in facts.acts.deals if deal.connection == self.crms[0].connection)
        return Outcome(rounds, against, held, lead)

    def _observe(self) -> Moment:
        return observe(self.crms, self._engine)

    def _observe_prm(self) -> Moment:
        return observe((), self._engine)

    @property
    def _engine(self) -> Engine:
        return self.project.engine


def add(total: Tally, more: Tally) -> None:
    for one in fields(Tally):
        setattr(total, one.name, getattr(total, one.name) + getattr(more, one.name))
