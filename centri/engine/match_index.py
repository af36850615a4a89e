"""The index that leads are matched against: the newest snapshot, and in memory what has changed in the store since."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from weakref import WeakKeyDictionary

import numpy as np
from sqlalchemy import Connection, Engine

from centri.dedupe.companies.company import Company
from centri.dedupe.companies.index import Index
from centri.dedupe.companies.matcher import Matcher
from centri.dedupe.companies.model import Model
from centri.dedupe.companies.segment import Texts, segment
from centri.dedupe.companies.text import hashes
from centri.dedupe.dictionaries import Anybody
from centri.dedupe.identity import ANYBODY
from centri.engine import match_snapshot
from centri.engine.match_build import Progress, build, company_of, silent
from centri.engine.match_snapshot import Snapshot
from centri.settings import Settings
from centri.store import match_marks, match_rows
from centri.store.database import read, read_as_of_now

log = logging.getLogger(__name__)

KEPT = 2_000
"""Companies from which on a snapshot is worth its files; of fewer the index is made faster than it is opened."""

_MOST_CHANGED, _CHANGED_SHARE, _FEW_CHANGED = 20_000, 0.05, 1_000
"""Changed companies, or the share of all, from which on a new snapshot is due; never for a few."""


def folder(settings: Settings) -> Path:
    """Where the snapshots of an environment are."""
    return settings.folder / "match"


class Companies:
    """The companies of one store, as far as this process has seen. Every look at them is as of now.

    The answer does not depend on the snapshot: what is changed since is laid over it, and without one all is read.
    """

    def __init__(self, engine: Engine, home: Path, anybody: Anybody = ANYBODY) -> None:
        self._engine, self.home, self.anybody = engine, home, anybody
        self._lock = RLock()
        self._base: Snapshot | None = None
        self._since = 0
        self._changed: dict[str, Company | None] = {}
        self._index: Index | None = None

    @contextmanager
    def matcher(self, model: Model | None = None) -> Iterator[Matcher]:
        """A matcher over the companies as they are now; one user at a time. Raises RetryLater."""
        with self._lock:
            yield Matcher(self.index(), model)

    def index(self) -> Index:
        """The index of the companies as they are now."""
        with self._lock:
            self._refresh()
            if self._index is None:
                self._index = self._made()
            return self._index

    def rebuild(self, *, processes: int | None = None, progress: Progress = silent) -> Snapshot:
        """Read all companies anew, and keep a snapshot of them."""
        with self._lock:
            made = build(self._engine, self.anybody, processes=processes, progress=progress)
            self._lay(match_snapshot.write(self.home, made))
            assert self._base is not None
            return self._base

    @property
    def snapshot(self) -> Snapshot | None:
        """What lies under the changes; without a folder it is in memory alone."""
        return self._base

    @property
    def changes(self) -> int:
        """How many companies have changed since the snapshot, as far as was looked."""
        return len(self._changed)

    def look(self) -> None:
        """Take in what has changed, without searching."""
        with self._lock:
            self._refresh()

    def _refresh(self) -> None:
        with read_as_of_now(self._engine) as conn:
            store, now = match_marks.identity(conn), match_marks.mark(conn)
            if self._base is None or self._base.manifest.store != store or self._since > now:
                self._base = None
                if found := match_snapshot.newest(self.home, store, now, self.anybody.digest):
                    self._lay(found)
            if self._base is not None:
                self._take_in(conn, now)
        if self._base is None or self._due(len(self._base.segment)):
            self._read_all()

    def _read_all(self) -> None:
        with read(self._engine) as conn:
            kept = match_rows.count(conn) >= KEPT
        made = build(self._engine, self.anybody, named=kept)
        if kept:
            try:
                made = match_snapshot.write(self.home, made)
            except OSError as error:
                log.warning("the index of companies cannot be kept in %s: %s", self.home, error)
        self._lay(made)

    def _due(self, base: int) -> bool:
        """So much has changed that all is better read anew."""
        return len(self._changed) > max(_FEW_CHANGED, min(_MOST_CHANGED, base * _CHANGED_SHARE))

    def _lay(self, base: Snapshot) -> None:
        self._base, self._since, self._changed, self._index = base, base.manifest.as_of, {}, None

    def _take_in(self, conn: Connection, now: int) -> None:
        """What has changed since the last look; what is the same as then changes nothing."""
        changed = match_marks.changed(conn, self._since)
        self._since = now
        found: dict[str, Company | None] = {match_rows.company_id(*key): None for key in changed}
        found.update((row.id, company_of(row, self.anybody)) for row in match_rows.some(conn, changed))
        fresh = {id: new for id, new in found.items() if id not in self._changed or self._changed[id] != new}
        if fresh:
            self._changed |= fresh
            self._index = None

    def _made(self) -> Index:
        assert self._base is not None
        base = self._base.segment
        living = [company for company in self._changed.values() if company is not None]
        dead = np.zeros(len(base), dtype=np.bool_)
        dead[self._base.rows(_numbers(self._changed))] = True
        if not living:
            return Index([base], [dead])
        return Index([base, segment(living)], [dead, np.zeros(len(living), dtype=np.bool_)])


def _numbers(ids: Collection[str]) -> dict[str, int]:
    """The number of each id, as the order of a segment has it."""
    texts = Texts.of(list(ids))
    return dict(zip(ids, hashes(texts.letters, texts.offsets), strict=True))


_opened: WeakKeyDictionary[Engine, Companies] = WeakKeyDictionary()


def companies(engine: Engine, settings: Settings, anybody: Anybody = ANYBODY) -> Companies:
    """The companies of a store, which a process opens once."""
    found = _opened.get(engine)
    if found is None or (found.home, found.anybody) != (folder(settings), anybody):
        found = _opened[engine] = Companies(engine, folder(settings), anybody)
    return found
