"""What people are told: each once, as they wish, with the act that it tells of, and never more than they may know."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from staff import LEAD, Staff

from centri.engine.acts import acting
from centri.engine.notice_texts import shown, text
from centri.engine.notices import Notice, channel_managers, notify, notify_all, partner_people
from centri.partners.notice_kinds import KINDS


@pytest.fixture
def staff(world) -> Staff:
    return Staff(world.project)


def tell(staff: Staff, *recipients: Any, kind: str = "lead_assigned", key: str = "L1:1") -> int:
    with acting(staff.project, "test", None) as act:
        return notify(act, kind, key, recipients, LEAD, ("lead", "L1"))


class TestQueueing:
    def test_each_is_told_once(self, staff):
        people = [("partner_user", staff.clara), ("partner_user", staff.rita)]
        assert tell(staff, *people) == 2
        assert tell(staff, *people) == 0
        assert tell(staff, *people, key="L1:2") == 2
        keys = [row["dedupe_key"] for row in staff.told()]
        assert keys == [f"lead_assigned:L1:{n}:{who}" for n in (1, 2) for who in (staff.clara, staff.rita)]
        assert len({row["message_id"] for row in staff.told()}) == 4

    def test_only_what_the_template_shows_is_stored(self, staff):
        tell(staff, ("partner_user", staff.clara))
        (row,) = staff.told()
        assert row["data"] == {"company": "Umbrella"}
        assert (row["subject_type"], row["subject_id"], row["queued_at"]) == ("lead", "L1", staff.project.now())

    def test_nothing_is_told_of_what_did_not_happen(self, staff):
        def failing() -> None:
            with acting(staff.project, "test", None) as act:
                notify(act, "lead_assigned", "L1", [("partner_user", staff.clara)])
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            failing()
        assert not staff.told()

    def test_many_at_once(self, staff):
        notices = [Notice("lead_offered", f"L{n}", [("partner_user", p) for p in (staff.clara, staff.bernd)]) for n in range(50)]
        with acting(staff.project, "test", None) as act:
            assert notify_all(act, [*notices, notices[0]]) == 100

    @pytest.mark.parametrize(("kind", "whom"), [("lead_declined", "partner_user"), ("deal_rejected", "vendor_user")])
    def test_what_is_for_one_side_never_goes_to_the_other(self, staff, kind, whom):
        with pytest.raises(ValueError, match="is for the"):
            tell(staff, (whom, staff.clara), kind=kind)


class TestWhoIsTold:
    def test_a_partners_administrators_else_all_who_receive_leads(self, staff):
        with acting(staff.project, "test", None) as act:
            assert partner_people(act, staff.alpine) == [("partner_user", staff.clara)]
            assert partner_people(act, staff.bavaria) == [("partner_user", staff.bernd)]
            assert partner_people(act, staff.alpine, ("rep",)) == [("partner_user", staff.rita)]
            assert partner_people(act, "nobody") == []

    def test_the_partners_own_channel_manager_else_any(self, staff):
        other = staff.put("vendor_user", email="carl@vendor.example", role="channel_manager")
        with acting(staff.project, "test", None) as act:
            assert channel_managers(act, staff.alpine) == [("vendor_user", staff.dana)]
            assert channel_managers(act, staff.bavaria) == [("vendor_user", other), ("vendor_user", staff.dana)]


class TestPreferences:
    def test_the_kinds_own_goes_before_that_for_all(self, staff):
        staff.prefers(staff.clara, "*", mode="off")
        staff.prefers(staff.clara, "lead_assigned", channel="webhook")
        tell(staff, ("partner_user", staff.clara))
        tell(staff, ("partner_user", staff.clara), kind="lead_reminder")
        assert [(r["channel"], r["state"]) for r in staff.told()] == [("webhook", "queued"), ("email", "suppressed")]

    def test_a_digest_is_due_by_the_clock_of_its_reader(self, staff):
        tokyo = staff.person(staff.alpine, "kenji", timezone="Asia/Tokyo")
        for who, mode in ((staff.clara, "daily"), (tokyo, "daily"), (staff.rita, "weekly")):
            staff.prefers(who, "*", mode=mode)
        tell(staff, *(("partner_user", who) for who in (staff.clara, tokyo, staff.rita)))
        assert [row["due_at"] for row in staff.told()] == [  # it is Monday, 2 March, 09:00 UTC
            datetime(2026, 3, 3, 7, tzinfo=UTC),
            datetime(2026, 3, 2, 22, tzinfo=UTC),
            datetime(2026, 3, 9, 7, tzinfo=UTC),
        ]


SECRETS = frozenset({"first_name", "last_name", "email", "phone_e164", "contact_name", "contact_email", "title", "street"})


@pytest.mark.parametrize("kind", KINDS)
def test_no_words_hold_contact_data(kind):
    assert not shown(kind) & SECRETS
    written = text(kind, {"name": "<b>Zero</b> Trust", "events": [{"subject": "a", "text": "b"}]}, for_vendor=False)
    assert written.subject
    assert "\n" not in written.subject
    assert "<b>" not in written.html


@pytest.mark.parametrize("kind", [kind for kind, meant in KINDS.items() if meant.to != "vendor"])
def test_a_partner_never_reads_another_partners_name(kind):
    data = dict.fromkeys(shown(kind), "x") | {"partner": "Bavaria", "others": "Bavaria", "events": []}
    data |= {name: "2026-03-02T09:00:00Z" for name in shown(kind) if name.endswith(("_by", "_at"))}
    written = text(kind, data, for_vendor=False)
    assert "Bavaria" not in written.plain + written.subject + written.html
