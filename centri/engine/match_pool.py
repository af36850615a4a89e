"""Work that is spread over processes, its answers in the order of the questions."""

from __future__ import annotations

import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from centri.errors import ConfigError, RetryLater

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")

_AHEAD = 2
"""Questions that wait for each process: enough to keep it busy, few enough to keep memory flat."""

_ENDED = "a process was ended from outside, perhaps for want of memory; try --processes 1"


@dataclass(frozen=True)
class Pool:
    """``processes`` beside this one do the work; without ``executor`` this one does."""

    processes: int = 1
    executor: ProcessPoolExecutor | None = None

    def each(self, work: Callable[[Asked], Answer], asked: Iterable[Asked]) -> Iterator[Answer]:
        """The answer to each question, in order; they are read as answers are taken. Raises RetryLater where a process dies."""
        if self.executor is None:
            yield from map(work, asked)
            return
        waiting: deque[Future[Answer]] = deque()
        try:
            for question in asked:
                waiting.append(self.executor.submit(work, question))
                if len(waiting) > _AHEAD * self.processes:
                    yield _result(waiting.popleft())
            while waiting:
                yield _result(waiting.popleft())
        except BrokenProcessPool as error:  # one that died before it was asked
            raise RetryLater(_ENDED) from error
        finally:
            for future in waiting:
                future.cancel()

    def meanwhile(self, work: Callable[[Asked], Answer], asked: Asked) -> Callable[[], Answer]:
        """The answer to one question, worked on from now; whoever calls waits for it. Raises RetryLater where a process dies."""
        if self.executor is None:
            return lambda: work(asked)
        future = self.executor.submit(work, asked)
        return lambda: _result(future)


def _result(future: Future[Answer]) -> Answer:
    try:
        return future.result()
    except BrokenProcessPool as error:
        raise RetryLater(_ENDED) from error


@contextmanager
def pool(processes: int) -> Iterator[Pool]:
    """Processes that end with the block; with 1 there is none beside this one."""
    if processes <= 1:
        yield Pool()
        return
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as executor:
        yield Pool(processes, executor)


def processors(wanted: int | None = None) -> int:
    """How many processes are worth their while: as many as there are processors for us, unless said. Raises ConfigError."""
    if wanted is not None and wanted < 1:
        raise ConfigError(f"--processes is a number from 1, not {wanted}")
    if wanted is not None:
        return wanted
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # a system that does not tell
        return os.cpu_count() or 1
