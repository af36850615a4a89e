"""How long a delivery that failed is left alone."""

from datetime import timedelta
from uuid import UUID

import pytest

from centri.engine.parcels import backoff

IDS = [str(UUID(int=n)) for n in range(500)]


@pytest.mark.parametrize(("attempts", "most"), [(0, 30), (1, 60), (3, 240), (6, 1920), (7, 3600), (50, 3600)])
def test_it_doubles_to_an_hour_and_lies_between_half_and_all_of_it(attempts, most):
    pauses = [backoff(i, attempts) for i in IDS]
    assert timedelta(seconds=most / 2) <= min(pauses) <= max(pauses) <= timedelta(seconds=most)


def test_what_failed_together_comes_back_spread_evenly():
    tenths = [int((backoff(i, 7) / timedelta(hours=1) - 0.5) * 20) for i in IDS]
    assert all(25 <= tenths.count(tenth) <= 75 for tenth in range(10))


def test_a_delivery_waits_as_long_after_the_same_try_and_differs_between_tries():
    assert backoff(IDS[0], 2) == backoff(IDS[0], 2)
    assert len({backoff(IDS[0], attempts) / backoff(IDS[1], attempts) for attempts in range(5)}) == 5
