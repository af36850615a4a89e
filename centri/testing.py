"""The pytest plugin: each mapping test case is a test.

It does nothing, and imports nothing of centri, unless ``--centri-cases`` or the ini option ``centri_cases`` names files of cases
or folders of them. ``--centri-mappings`` or ``centri_mappings`` names the mapping file, else it is ``mappings.yaml``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from centri.engine.cases import Outcome, Runner
    from centri.mappings.case_files import Written

_SUFFIXES = (".yaml", ".yml")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("centri")
    group.addoption(
        "--centri-cases", action="append", default=[], metavar="PATH", help="Run the mapping test cases in a file or folder."
    )
    group.addoption("--centri-mappings", default="", metavar="FILE", help="The mapping that they are about (else mappings.yaml).")
    parser.addini("centri_cases", "Files of mapping test cases, or folders of them.", type="paths", default=[])
    parser.addini("centri_mappings", "The mapping that they are about.", default="")


def pytest_configure(config: pytest.Config) -> None:
    """Cases are collected although nobody names them among the tests; those of the ini file unless tests are named."""
    named = config.args_source is config.ArgsSource.ARGS
    told = [str(path) for path in (_asked(config) if named else _folders(config))]
    config.args[:] = [*config.args, *(path for path in told if path not in config.args)]


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    if file_path.suffix not in _SUFFIXES:
        return None
    mine = any(file_path == folder or folder in file_path.parents for folder in _folders(parent.config))
    return CaseFile.from_parent(parent, path=file_path) if mine else None


class CaseFile(pytest.File):
    """A file of cases."""

    def collect(self) -> Iterator[pytest.Item]:
        from centri.errors import ConfigError
        from centri.mappings.case_files import load_cases

        try:
            found = load_cases([self.path], _stage(self.config).known)
        except ConfigError as error:
            raise self.CollectError(str(error)) from None
        for written in found:
            yield CaseItem.from_parent(self, name=written.case.name, written=written)


class CaseItem(pytest.Item):
    """One case."""

    def __init__(self, *, written: Written, **given: Any) -> None:
        super().__init__(**given)
        self.written = written

    def runtest(self) -> None:
        outcome = _stage(self.config).runner.run(self.written)
        if not outcome.passed:
            raise Failed(outcome)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], *args: Any, **given: Any) -> Any:
        if isinstance(excinfo.value, Failed):
            from centri.engine.case_report import failure

            return failure(excinfo.value.outcome)
        return super().repr_failure(excinfo, *args, **given)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, self.written.line() - 1, self.name


class Failed(Exception):
    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome


class _Stage:
    """What all cases of a session share, made when the first is met."""

    def __init__(self, config: pytest.Config) -> None:
        from centri.engine.cases import descriptions, fixtures_beside, known, running
        from centri.engine.project import PRM_FIELDS
        from centri.mappings.loader import load

        path = _mappings(config)
        mapping, fixtures = load(path, PRM_FIELDS), fixtures_beside(path)
        described = descriptions(mapping, fixtures)
        self.known = known(mapping, described)
        open_ = ExitStack()
        config.add_cleanup(open_.close)
        self.runner: Runner = open_.enter_context(running(mapping, fixtures, described))


_STAGE = pytest.StashKey[_Stage]()


def _stage(config: pytest.Config) -> _Stage:
    if _STAGE not in config.stash:
        config.stash[_STAGE] = _Stage(config)
    return config.stash[_STAGE]


def _mappings(config: pytest.Config) -> Path:
    if named := config.getoption("--centri-mappings"):
        return config.invocation_params.dir / str(named)
    return config.rootpath / str(config.getini("centri_mappings") or "mappings.yaml")


def _asked(config: pytest.Config) -> list[Path]:
    return [(config.invocation_params.dir / path).resolve() for path in config.getoption("--centri-cases")]


def _folders(config: pytest.Config) -> list[Path]:
    return [*_asked(config), *(Path(path).resolve() for path in config.getini("centri_cases"))]
