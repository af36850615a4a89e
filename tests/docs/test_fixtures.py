"""The recordings that are committed are those that the sandbox gives today."""

import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("metadata", "records", "cassettes")


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fixtures")
    runpy.run_path(str(ROOT / "fixtures" / "refresh.py"))["refresh"](folder, ROOT / "mappings.yaml")
    return folder


@pytest.mark.parametrize("kind", FOLDERS)
def test_fixtures_are_up_to_date(fresh, kind):
    """To renew them: make fixtures."""
    before, now = (
        {str(path.relative_to(folder)): path.read_bytes() for path in sorted((folder / kind).rglob("*")) if path.is_file()}
        for folder in (ROOT / "fixtures", fresh)
    )
    assert sorted(before) == sorted(now)
    assert [name for name in now if before[name] != now[name]] == []
