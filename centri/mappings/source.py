"""A YAML 1.2 file as plain data that remembers on which line each key and value stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from centri.errors import ConfigError, Problem

Place = tuple[str | int, ...]
"""Where a value stands: keys and list positions from the top of the file."""

_CORE = "tag:yaml.org,2002:"
_DEEPEST = 20


@dataclass(frozen=True, slots=True)
class EnvRef:
    """``!env NAME``: the value of an environment variable, looked up when a connection is opened."""

    name: str

    def __str__(self) -> str:
        return f"!env {self.name}"


@dataclass
class Source:
    """``data`` is made of dict (all keys text), list, str, int, float, bool, None and EnvRef. Dates stay text.

    ``columns`` say where the keys stand; lines and columns count from 1.
    """

    file: str
    data: Any = None
    lines: dict[Place, tuple[int, int]] = field(default_factory=dict)
    columns: dict[Place, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def line(self, path: Place, *, key: bool = False) -> int:
        """The line of the value at a path (of its key, with ``key``), or of the nearest thing around it."""
        for length in range(len(path), -1, -1):
            if found := self.lines.get(path[:length]):
                return found[0] if key or length < len(path) else found[1]
        return 1

    def complain(self, path: Place, message: str, *, key: bool = False) -> None:
        self.problems.append(Problem(message, self.file, self.line(path, key=key)))


def read(path: Path) -> Source:
    """Raises ConfigError where the file cannot be read or is no YAML; lesser faults are left in ``problems``."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        remedy = "`centri init CONNECTION` writes one, --mappings names another"
        raise ConfigError(Problem(f"cannot be read: {error.strerror}; {remedy}", str(path))) from error
    except UnicodeDecodeError as error:
        raise ConfigError(Problem(f"is not UTF-8 text: {error.reason} at byte {error.start}", str(path))) from error
    return parse(text, str(path))


def parse(text: str, file: str = "mappings.yaml") -> Source:
    """Raises ConfigError where the text is no YAML."""
    source = Source(file)
    try:
        node = _composed(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise ConfigError(
            Problem(f"is not YAML: {error.problem or error.context}", file, mark.line + 1 if mark else 0)
        ) from error
    except (YAMLError, RecursionError) as error:
        raise ConfigError(Problem(f"is not YAML: {error}", file)) from error
    if node is not None:
        source.lines[()] = (node.start_mark.line + 1, node.start_mark.line + 1)
        source.data = _data(source, node, ())
    return source


@lru_cache(maxsize=4)
def _composed(text: str) -> Node | None:
    """The nodes, which nobody changes; kept, since it takes most of the time that reading a mapping takes."""
    node: Node | None = YAML(typ="safe", pure=True).compose(text)
    return node


def _data(source: Source, node: Node, path: Place) -> Any:
    if len(path) > _DEEPEST:
        source.complain(path, "is nested too deeply")
        return None
    if isinstance(node, MappingNode):
        return _mapping(source, node, path)
    if isinstance(node, SequenceNode):
        return [_child(source, item, item, (*path, i)) for i, item in enumerate(node.value)]
    return _scalar(source, node, path) if isinstance(node, ScalarNode) else None


def _mapping(source: Source, node: MappingNode, path: Place) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, ScalarNode):
            source.problems.append(Problem("a key must be text", source.file, line))
        elif key.value in found:
            first = source.line((*path, key.value), key=True)
            source.problems.append(Problem(f"{key.value!r} is here twice; it is already on line {first}", source.file, line))
        else:
            found[key.value] = _child(source, key, value, (*path, key.value))
    return found


def _child(source: Source, key: Node, value: Node, path: Place) -> Any:
    line = key.start_mark.line + 1
    blank = isinstance(value, ScalarNode) and not value.value and value.style is None  # it starts where the next thing does
    source.lines[path] = (line, line if blank else value.start_mark.line + 1)
    source.columns[path] = key.start_mark.column + 1
    return _data(source, value, path)


def _scalar(source: Source, node: ScalarNode, path: Place) -> Any:
    tag = str(node.tag)
    if tag == "!env":
        return EnvRef(node.value)
    match tag.removeprefix(_CORE):
        case "null":
            return None
        case "bool":
            return node.value.lower() == "true"
        case "int" | "float":
            return _number(node.value)
        case "str" | "timestamp":
            return str(node.value)
    source.complain(path, f"the tag {tag!r} is not known; only !env is")
    return None


def _number(text: str) -> int | float | str:
    plain = text.replace("_", "")
    for kind in (lambda t: int(t, 10 if t.lstrip("+-").isdigit() else 0), float):
        try:
            return kind(plain)
        except ValueError:
            continue
    return text


def plain(data: Any) -> Any:
    """The same data as JSON values, references to the environment as their text."""
    if isinstance(data, Mapping):
        return {key: plain(value) for key, value in data.items()}
    if isinstance(data, list):
        return [plain(value) for value in data]
    return str(data) if isinstance(data, EnvRef) else data
