"""Writes what came of a case into its file, in place: comments, order and everything else stay as they are."""

from __future__ import annotations

import re
from collections.abc import Iterable
from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from centri.mappings.source import Place
from centri.records import MISSING

Change = tuple[Place, Any]
"""Where from the top of the file, and what is to stand there; MISSING: nothing."""

_WIDE = 10_000
_LIST = re.compile(r"^cases:\s*(?:#.*)?\n(?:\s*(?:#.*)?\n)*( *)- ", re.MULTILINE)


def updated(text: str, changes: Iterable[Change]) -> str:
    """The text of a case file with these changes made."""
    yaml = _yaml(text)
    document = yaml.load(text)
    for place, value in changes:
        _set(document, place, value)
    out = StringIO()
    yaml.dump(document, out)
    return out.getvalue()


def update(path: Path, changes: Iterable[Change]) -> tuple[str, str]:
    """Make changes in a file; answers its text before and after."""
    before = path.read_text(encoding="utf-8")
    after = updated(before, changes)
    path.write_text(after, encoding="utf-8")
    return before, after


def _yaml(text: str) -> YAML:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = _WIDE
    found = _LIST.search(text)
    offset = len(found[1]) if found else 2
    yaml.indent(mapping=2, sequence=offset + 2, offset=offset)
    return yaml


def _set(block: Any, place: Place, value: Any) -> None:
    *path, last = place
    for step in path:
        if isinstance(block, dict) and block.get(step) is None:
            if value is MISSING:
                return
            block[step] = CommentedMap()
        block = block[step]
    if value is not MISSING:
        block[last] = _plain(value)
    elif isinstance(block, dict):
        block.pop(last, None)
    elif isinstance(last, int) and last < len(block):
        del block[last]


def _plain(value: Any) -> Any:
    """A block or list in the style of the file's own: one line for each of its members."""
    if isinstance(value, dict):
        return CommentedMap({key: _plain(inner) for key, inner in value.items()})
    return [_plain(inner) for inner in value] if isinstance(value, list) else value
