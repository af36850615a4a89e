"""That a worker hears when it is told to end, whoever else listens to signals."""

import os
import signal

import pytest

from centri.cli.worker import _asked_to_end


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_it_hears_a_signal_that_somebody_elses_handler_forgets(ending):
    before = [signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)]
    with _asked_to_end() as asked:
        assert not asked()
        ours = signal.signal(ending, lambda *_: None)
        os.kill(os.getpid(), ending)
        signal.signal(ending, ours)
        assert asked()
        assert not asked(), "once is enough"
    assert [signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)] == before


def test_other_signals_do_not_end_it():
    before = signal.signal(signal.SIGUSR1, lambda *_: None)
    with _asked_to_end() as asked:
        os.kill(os.getpid(), signal.SIGUSR1)
        assert not asked()
    signal.signal(signal.SIGUSR1, before)
