"""What an answer tells of the CRM's clock: its Date, halfway between question and answer, give or take."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import requests

from centri.connectors.http import Patience, Session, _clock
from centri.sandbox.server import Sandbox

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)


def answered(after: float, **headers: str) -> requests.Response:
    """An answer that came so many seconds after the question."""
    answer = requests.Response()
    answer.headers.update(headers)
    answer.elapsed = timedelta(seconds=after)
    return answer


@pytest.mark.parametrize("seconds", [0, 1, 240])
def test_a_date_is_about_the_moment_halfway_and_as_doubtful_as_the_way_was_long(seconds):
    found = _clock(answered(seconds, Date=format_datetime(NINE, usegmt=True)), 100.0)
    assert found is not None
    reading, then = found
    assert reading.now == NINE + timedelta(seconds=0.5), "a Date is cut to the second"
    assert (reading.doubt, then) == (timedelta(seconds=seconds / 2 + 0.5), 100.0 + seconds / 2)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Date": "now"},
        {"Date": "Mon, 02 Mar 2026 09:00:00 -0000"},
        {"Date": format_datetime(NINE, usegmt=True), "Age": "3600"},
    ],
    ids=["none", "no date", "of no zone", "from a cache"],
)
def test_an_answer_that_tells_no_time(headers):
    assert _clock(answered(1, **headers), 100.0) is None


@pytest.mark.parametrize("crm", ["salesforce", "sugarcrm"])
def test_a_session_knows_the_time_of_the_last_answer(crm):
    with Sandbox() as sandbox:
        org = {"salesforce": sandbox.salesforce, "sugarcrm": sandbox.sugarcrm}[crm]
        url = {"salesforce": sandbox.salesforce_url, "sugarcrm": sandbox.sugarcrm_url}[crm]
        session = Session("crm", url, Patience(attempts=1))
        assert session.clock is None
        for offset in (0, 600, -600):
            org.clock.shift(offset)
            session.get(f"{url}/services/data" if crm == "salesforce" else f"{url}/rest/v11_20/ping")
            assert session.clock is not None
            apart = session.clock.now - datetime.now(UTC) - timedelta(seconds=offset)
            assert abs(apart) <= session.clock.doubt + timedelta(seconds=1)
        session.close()
