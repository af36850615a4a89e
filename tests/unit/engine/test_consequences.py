"""What follows within an opportunity when its stage or its partner changes."""

from datetime import UTC, datetime

import pytest

from centri.dedupe.dictionaries import shipped
from centri.engine import consequences
from centri.records import Record, Ref

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
THERE = datetime(2026, 3, 19, 8, tzinfo=UTC)
DAY = datetime(2026, 1, 31, tzinfo=UTC)
CRM = Record(Ref("crm", "Opportunity", "1"), {}, changed_at=THERE)
OPEN = {"closed_at": None, "motion": "indirect", "close_date": None}
WON = OPEN | {"closed_at": DAY}


def follows(values, stored, crm=None):
    found = consequences.of("opportunity", values, stored, crm, NOW, shipped())
    return {name: value for name, value in found.items() if name in ("closed_at", "motion")}


# what happens, what is stored, who says so: what follows
@pytest.mark.parametrize(
    ("values", "stored", "crm", "found"),
    [
        ({"stage_category": "won"}, OPEN, None, {"closed_at": NOW}),
        ({"stage_category": "lost"}, OPEN, CRM, {"closed_at": THERE}),
        ({"stage_category": "won", "close_date": "2026-01-31"}, OPEN, CRM, {"closed_at": THERE}),
        ({"stage_category": "won"}, WON, CRM, {}),
        ({"stage_category": "open"}, WON, CRM, {"closed_at": None}),
        ({"stage_category": "open"}, OPEN, CRM, {}),
        ({"amount": "1"}, OPEN, CRM, {}),
        ({"stage_category": "won"}, None, CRM, {"closed_at": THERE, "motion": "direct"}),
        ({"stage_category": "won", "close_date": "2026-01-31"}, None, CRM, {"closed_at": DAY, "motion": "direct"}),
        ({"stage_category": "won", "close_date": "2026-12-31"}, None, CRM, {"closed_at": THERE, "motion": "direct"}),
        ({"partner_account_id": "p1"}, None, CRM, {"motion": "indirect"}),
        ({"partner_account_id": "p1"}, OPEN | {"motion": "direct"}, CRM, {"motion": "indirect"}),
        ({"partner_account_id": None}, OPEN, CRM, {"motion": "direct"}),
        ({"partner_account_id": None}, OPEN | {"motion": "cosell"}, CRM, {}),
        ({"partner_account_id": None, "motion": "cosell"}, None, None, {}),
    ],
)
def test_when_it_was_closed_and_how_it_is_sold(values, stored, crm, found):
    assert follows(values, stored, crm) == found
