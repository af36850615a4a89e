"""Projects whose mapping is read once for all tests that share it: reading takes longer than many a test."""

from collections.abc import Callable
from datetime import datetime
from functools import cache
from pathlib import Path

from centri.engine.project import PRM_FIELDS, Project, project_of
from centri.mappings.loader import load
from centri.mappings.schema import MappingFile
from centri.settings import Settings


def opened(settings: Settings, clock: Callable[[], datetime]) -> Project:
    return project_of(settings, mapping_at(settings.mappings).within(settings.env), clock=clock)


def mapping_at(path: Path) -> MappingFile:
    return _read(path, path.stat().st_mtime_ns)


@cache
def _read(path: Path, changed: int) -> MappingFile:
    return load(path, PRM_FIELDS)
