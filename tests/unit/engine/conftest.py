"""A world of two CRMs and a store, on each database."""

import dataclasses
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from two_crms import MAPPING, World

from centri.settings import Settings


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.prove)])
def store_url(request: pytest.FixtureRequest) -> str:
    """The URL of a migrated database without rows."""
    fresh: Callable[[], str] = request.getfixturevalue(f"fresh_{request.param}")
    return fresh()


@pytest.fixture
def settings(store_url: str, tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", mappings=MAPPING, database_url=store_url, overlap=timedelta(seconds=5))


@pytest.fixture
def world(settings: Settings) -> World:
    return World(settings)


@pytest.fixture
def world_with(settings: Settings, tmp_path: Path) -> Callable[..., World]:
    """A world whose mapping differs from the usual one by text replacements."""

    def made(*replacements: tuple[str, str]) -> World:
        text = MAPPING.read_text()
        for old, new in replacements:
            assert old in text
            text = text.replace(old, new)
        (tmp_path / "mappings.yaml").write_text(text)
        return World(dataclasses.replace(settings, mappings=tmp_path / "mappings.yaml"))

    return made
