"""What goes wrong: calls, clocks, processes, and people who act in the midst of a sync."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import rule
from people import CRM, CRM_FIELDS, PICK, PRM_FIELDS, People, a_value, chosen
from scene import Scene

from centri.errors import RetryLater

FAILURES = st.sampled_from(
    [
        RetryLater("server unavailable"),
        RetryLater("too many requests", after=30),
        RetryLater("daily limit", daily_limit=True),
    ]
)
MOMENTS = st.sampled_from(["page", "before push", "after push"])


class Faults(People):
    """The rules of the state machine by which things go wrong."""

    scene: Scene

    @rule(crm=CRM, after=st.integers(0, 12), failure=FAILURES)
    def a_call_will_fail(self, crm, after, failure):
        self.scene.crms[crm].faults.extend([None] * after + [failure])

    @rule(crm=CRM, failure=FAILURES)
    def a_pull_will_break_off_between_two_pages(self, crm, failure):
        there = self.scene.crms[crm]
        there.deeds["page"].append(lambda: there.faults.appendleft(failure))

    @rule(crm=CRM)
    def an_answer_will_be_lost(self, crm):
        self.scene.crms[crm].lost_answers.append(RetryLater("connection reset"))

    @rule(crm=CRM, after=st.integers(0, 2))
    def the_line_will_go_dead_within_a_batch(self, crm, after):
        self.scene.crms[crm].cuts.append(after)

    @rule(crm=CRM, times=st.integers(1, 3))
    def records_will_be_locked(self, crm, times):
        self.scene.crms[crm].locked = times

    @rule(crm=CRM, skew=st.integers(-3, 3))
    def a_clock_is_wrong(self, crm, skew):
        self.scene.crms[crm].skew = timedelta(seconds=skew)

    @rule(crm=CRM, pick=PICK, what=a_value(CRM_FIELDS), moment=MOMENTS)
    def somebody_will_edit_a_record_in_the_midst_of_a_call(self, crm, pick, what, moment):
        self.scene.crms[crm].deeds[moment].append(lambda: self.edits(crm, pick, *what))

    @rule(crm=CRM, pick=PICK, moment=st.sampled_from(["before push", "after push"]))
    def somebody_will_edit_a_row_that_is_being_pushed(self, crm, pick, moment):
        self.scene.crms[crm].deeds[moment].append(lambda: self.changes_what_is_pushed(crm, pick))

    def changes_what_is_pushed(self, crm, pick):
        """The very field that is on its way gets another value, if it is one that people edit."""
        queued = self.scene.queued([d.id for d in self.scene.crms[crm].pushing])
        fields = [(q, f) for q in queued for f in q.sent if f in PRM_FIELDS.get(q.entity, {})]
        if found := chosen(fields, pick):
            told, field = found
            self.scene.writes_prm(told.entity, told.prm_id, **{field: chosen(PRM_FIELDS[told.entity][field], pick)})

    @rule(pick=PICK, after=st.integers(0, 6))
    def somebody_will_edit_a_row_that_is_being_settled(self, pick, after):
        """Between the engine's look at it and its write."""
        left = [after]

        def deed() -> bool:
            known = [(e, i) for e, i in self.scene.at_stake() if e in PRM_FIELDS]
            left[0] -= bool(known)
            if left[0] >= 0:
                return False
            if found := chosen(known, pick):
                entity, id = found
                field = chosen(sorted(PRM_FIELDS[entity]), pick)
                self.scene.writes_prm(entity, id, **{field: chosen(PRM_FIELDS[entity][field], pick + 1)})
            return True

        self.scene.between.append(deed)

    @rule(crm=CRM, pick=PICK)
    def somebody_will_edit_a_record_that_is_being_written(self, crm, pick):
        self.scene.crms[crm].deeds["before push"].append(lambda: self.edits_what_is_written(crm, pick))

    def edits_what_is_written(self, crm, pick):
        updates = [d for d in self.scene.crms[crm].pushing if d.crm_id in self.scene.crms[crm].objects[d.object]]
        fields = [(d, f) for d in updates for f in d.values if f in CRM_FIELDS.get(d.object, {})]
        if found := chosen(fields, pick):
            told, field = found
            self.scene.saves(crm, told.object, told.crm_id, **{field: chosen(CRM_FIELDS[told.object][field], pick)})

    @rule(crm=CRM, moment=st.sampled_from(["before push", "after push"]), overtaken=st.booleans())
    def another_run_will_begin_in_the_midst_of_a_push(self, crm, moment, overtaken):
        def deed() -> None:
            if overtaken:
                self.scene.clock.forward(minutes=11)
            self.scene.another_run(crm)

        self.scene.crms[crm].deeds[moment].append(deed)

    @rule(after=st.integers(0, 60))
    def the_process_will_die(self, after):
        self.scene.breaks_in = after

    @rule(crm=CRM, moment=MOMENTS, after=st.integers(0, 4))
    def the_process_will_die_soon_after_a_call(self, crm, moment, after):
        self.scene.crms[crm].deeds[moment].append(lambda: self.the_process_will_die(after))
