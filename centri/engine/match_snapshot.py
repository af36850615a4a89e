"""Snapshots of the index of companies: a folder of arrays that processes map into memory, written whole or not at all."""

from __future__ import annotations

import shutil
import time
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import orjson
from numpy.typing import NDArray

from centri.dedupe import names
from centri.dedupe.companies.segment import Segment, arrays, of_arrays
from centri.dedupe.identity import ANYBODY
from centri.engine.match_kept import keep, kept

Array = NDArray[Any]

FORMAT = 3
"""Moves whenever the arrays of a snapshot change their meaning."""

_PREFIX, _UNDERWAY = "snapshot-", ".underway-"
_MANIFEST = "manifest.json"
_AS_OF = len(_PREFIX) + 20
"""Letters of a folder's name that say what it is as of."""
_ABANDONED = 6 * 3600
"""Seconds after which a folder that somebody began to write is taken for left behind."""


@dataclass(frozen=True)
class Manifest:
    """What a snapshot is of. ``as_of``: changes with this mark or a later one may be missing. ``anybody``: digest of what says
    nothing of a company. ``files``: their bytes and CRC.
    """

    store: str
    as_of: int
    companies: int
    anybody: str
    names: int = names.VERSION
    format: int = FORMAT
    files: Mapping[str, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A segment that was kept, and where to find a company in it: ``number`` are those of all ids, sorted, ``row`` their rows."""

    manifest: Manifest
    segment: Segment
    number: Array
    row: Array
    folder: Path | None = None

    @classmethod
    def of(cls, segment: Segment, manifest: Manifest) -> Snapshot:
        """The snapshot of a segment in memory."""
        row = np.argsort(segment.order, kind="stable").astype(np.int32)
        return cls(manifest, segment, segment.order[row], row)

    def rows(self, ids: Mapping[str, Any]) -> list[int]:
        """Where those of some companies stand that are here."""
        if not len(self.number) or not ids:
            return []
        return [row for id, number in ids.items() if (row := self._row(id, number)) is not None]

    def _row(self, id: str, number: Any) -> int | None:
        at = int(np.searchsorted(self.number, number))
        while at < len(self.number) and self.number[at] == number:
            if self.segment.ids[row := int(self.row[at])] == id:
                return row
            at += 1
        return None


def write(home: Path, made: Snapshot) -> Snapshot:
    """Keep a snapshot, and answer it as it is kept; those before it go. Nobody ever sees one that is not whole."""
    home.mkdir(parents=True, exist_ok=True)
    folder = home / f"{_UNDERWAY}{uuid4().hex}"
    try:
        every = {**dict(arrays(made.segment, "segment.")), "number": made.number, "row": made.row}
        keep(folder, every)
        files = {path.name: (path.stat().st_size, _crc(path)) for path in sorted(folder.glob("*.npy"))}
        manifest = Manifest(**{**asdict(made.manifest), "files": files})
        (folder / _MANIFEST).write_bytes(orjson.dumps(asdict(manifest), option=orjson.OPT_INDENT_2))
        whole = home / f"{_PREFIX}{manifest.as_of:020d}-{uuid4().hex[:8]}"
        folder.rename(whole)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    _prune(home, whole, manifest.store)
    return _opened(whole, manifest)


def newest(home: Path, store: str, now: int, anybody: str = ANYBODY.digest) -> Snapshot | None:
    """The newest snapshot of a store that can be used.

    One that is damaged, of another form, made with other words for ``anybody``, or from the future is passed over.
    """
    for folder in sorted(home.glob(f"{_PREFIX}*"), reverse=True) if store else ():
        manifest = _manifest(folder)
        if manifest is None or manifest.store != store or manifest.as_of > now or manifest.anybody != anybody:
            continue
        try:
            return _opened(folder, manifest)
        except (OSError, ValueError, KeyError, EOFError):
            continue
    return None


def sound(snapshot: Snapshot) -> bool:
    """Whether every byte is still as it was written."""
    folder = snapshot.folder
    try:
        return folder is not None and all(_crc(folder / n) == crc for n, (_, crc) in snapshot.manifest.files.items())
    except OSError:
        return False


def drop(home: Path) -> None:
    """Take all snapshots away."""
    for folder in home.glob(f"{_PREFIX}*"):
        shutil.rmtree(folder, ignore_errors=True)


def _manifest(folder: Path) -> Manifest | None:
    """What a folder says that it is; None where it cannot be used."""
    try:
        told = orjson.loads((folder / _MANIFEST).read_bytes())
        found = Manifest(**{**told, "files": {name: (size, crc) for name, (size, crc) in told["files"].items()}})
        whole = all((folder / name).stat().st_size == size for name, (size, _) in found.files.items())
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
    return found if whole and (found.names, found.format) == (names.VERSION, FORMAT) else None


def _opened(folder: Path, manifest: Manifest) -> Snapshot:
    every = kept(folder)
    mine = {name.removeprefix("segment."): array for name, array in every.items() if name.startswith("segment.")}
    segment = of_arrays(mine)
    if len(segment) != manifest.companies:
        raise ValueError("it does not hold what its manifest says")
    return Snapshot(manifest, segment, every["number"], every["row"], folder)


def _prune(home: Path, newest: Path, store: str) -> None:
    """Older snapshots of the store go, and what was begun long ago and never finished. Who reads one goes on reading it."""
    for folder in home.glob(f"{_PREFIX}*"):
        manifest = _manifest(folder)
        older = folder.name[:_AS_OF] <= newest.name[:_AS_OF]
        if folder != newest and older and (manifest is None or manifest.store == store):
            shutil.rmtree(folder, ignore_errors=True)
    for folder in _abandoned(home):
        shutil.rmtree(folder, ignore_errors=True)


def _abandoned(home: Path) -> Iterator[Path]:
    for folder in home.glob(f"{_UNDERWAY}*"):
        try:
            if time.time() - folder.stat().st_mtime > _ABANDONED:
                yield folder
        except OSError:
            continue


def _crc(path: Path) -> int:
    found = 0
    with path.open("rb") as file:
        while piece := file.read(1 << 22):
            found = zlib.crc32(piece, found)
    return found
