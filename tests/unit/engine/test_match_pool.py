"""Work spread over processes: real ones, of which one is ended from outside."""

import os
import signal

import pytest

from centri.engine.match_pool import pool
from centri.errors import ConfigError, RetryLater


def doubled(number: int) -> int:
    return 2 * number


def died(number: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return number


def refused(number: int) -> int:
    raise ConfigError(f"{number} is not wanted")


@pytest.mark.parametrize("processes", [1, 2])
def test_what_is_worked_on_meanwhile_is_answered_when_asked(processes):
    with pool(processes) as workers:
        answer, bad = workers.meanwhile(doubled, 21), workers.meanwhile(refused, 3)
        assert list(workers.each(doubled, range(10))) == list(range(0, 20, 2))
        assert answer() == 42
        with pytest.raises(ConfigError, match="3 is not wanted"):
            bad()


def test_a_process_that_is_ended_from_outside_is_told():
    with pool(2) as workers, pytest.raises(RetryLater, match="--processes 1"):
        list(workers.each(died, [1]))
    with pool(2) as workers, pytest.raises(RetryLater, match="--processes 1"):
        workers.meanwhile(died, 1)()
