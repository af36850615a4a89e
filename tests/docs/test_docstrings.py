"""Every example in a docstring is what a reader would see."""

import doctest
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

import centri
from centri.mappings.transform import ALONE, Beside

PACKAGE = Path(centri.__file__).parent


def _modules() -> Iterator[str]:
    for path in sorted(PACKAGE.rglob("*.py")):
        if "\n    >>> " in path.read_text(encoding="utf-8"):
            yield ".".join((centri.__name__, *path.relative_to(PACKAGE).with_suffix("").parts))


@pytest.mark.parametrize("name", list(_modules()))
def test_the_examples_in_the_docstrings_hold(name: str) -> None:
    result = doctest.testmod(import_module(name), extraglobs={"ALONE": ALONE, "Beside": Beside})
    assert result.attempted
    assert not result.failed
