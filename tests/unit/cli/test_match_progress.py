"""What is said before a long silence: that the search of a new version is compiled first."""

import os
from pathlib import Path

import pytest

from centri.cli import match_progress


@pytest.mark.parametrize(
    ("kept", "age", "found"),
    [
        ("search.find-144.py311.nbi", 0, True),
        ("search.find-144.py311.nbi", 60, False),
        ("wording.compare-30.py311.nbi", 0, False),
        ("search.find-144.py311.1.nbc", 0, False),
    ],
)
def test_what_was_compiled_counts_where_it_is_no_older_than_its_source(tmp_path: Path, kept: str, age: int, found: bool) -> None:
    source = tmp_path / "search.py"
    source.touch()
    folder = tmp_path / "__pycache__"
    folder.mkdir()
    (folder / kept).touch()
    at = source.stat().st_mtime - age
    os.utime(folder / kept, (at, at))
    assert match_progress.kept_since(folder, source) is found


@pytest.mark.parametrize(("compiled", "quiet", "said"), [(False, False, True), (True, False, False), (False, True, False)])
def test_the_first_match_of_a_version_says_that_it_compiles(
    compiled: bool, quiet: bool, said: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(match_progress, "_compiled", lambda: compiled)
    with match_progress.bars(quiet=quiet):
        pass
    assert ("compiling the matcher" in capsys.readouterr().err) is said


def test_once_the_search_ran_it_counts_as_compiled() -> None:
    from centri.dedupe.companies.company import Company
    from centri.dedupe.companies.index import Asked, Index
    from centri.dedupe.companies.segment import segment

    asked = Company("1", ())
    Index([segment([asked])]).find(Asked.of([asked]))
    assert match_progress._compiled()
