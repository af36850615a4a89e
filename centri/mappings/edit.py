"""Additions to a mapping file's text: what stands there stays as it is, byte for byte, comments and order included.

The file is not written anew from its data: places are found by the marks of its YAML nodes, and text is put in there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from centri.errors import ConfigError, Problem
from centri.mappings.source import Place

STEP = 2


@dataclass(frozen=True, slots=True)
class _Spot:
    """A key of the file: its column, and its value; ``shared`` where the value stands elsewhere too (an anchor's alias)."""

    column: int
    line: int
    value: Node
    shared: bool


def add_connection(text: str, name: str, block: str, file: str = "mappings.yaml") -> str:
    """The file with one more connection. ``block`` are the lines of its keys. Raises ConfigError where there is no room."""
    return add(text, ("connections",), name, block, file)


def add_entity(text: str, entity: str, connection: str, block: str, file: str = "mappings.yaml", *, remark: str = "") -> str:
    """The file with a block for an entity on a connection; ``remark`` is written above an entity that is new.

    Raises ConfigError where there is no room.
    """
    new = not _has(text, ("entities", entity))
    return add(text, ("entities", entity), connection, block, file, remark=remark if new else "")


def add_field(text: str, place: Place, line: str, file: str = "mappings.yaml") -> str:
    """The file with one more rule in a ``fields`` block. Raises ConfigError where there is no room, or the block is shared."""
    return add(text, place, "", line, file)


def add(text: str, place: Place, name: str, block: str, file: str = "mappings.yaml", *, remark: str = "") -> str:
    """The file with an entry ``name`` at the end of the block at a place; blocks on the way that are missing are made.

    ``block`` are the lines of the entry's own keys, from the first column on; without a name they are entries themselves.
    ``remark`` is written above the entry's parent, which is missing. Raises ConfigError where the block at the place is written
    on one line, or is shared with another place.
    """
    spots = _spots(text, place)
    missing = [str(step) for step in place[len(spots) :]] + ([name] if name else [])
    if not spots:
        column, at = 0, len(text.splitlines())
    else:
        column, at = _end(text, spots[-1], file)
    lines, end = text.splitlines(keepends=True), "\r\n" if "\r\n" in text else "\n"
    if at and not lines[at - 1].endswith("\n"):
        lines[at - 1] += end
    fresh = [""] if not spots and at else []
    for step in missing:
        if remark and step == missing[-2 if name else -1]:
            fresh.append(f"{' ' * column}# {remark}")
        fresh.append(f"{' ' * column}{step}:")
        column += STEP
    fresh += [f"{' ' * column}{line}" if line else "" for line in block.splitlines()]
    return "".join([*lines[:at], *(line + end for line in fresh), *lines[at:]])


def replace(text: str, place: Place, value: str, file: str = "mappings.yaml") -> str:
    """The file with another value at a place; one that is written on one line. Raises ConfigError where there is none."""
    spots = _spots(text, place)
    if len(spots) < len(place):
        raise ConfigError(Problem(f"there is no {'.'.join(map(str, place))}", file))
    node = spots[-1].value
    if spots[-1].shared or (isinstance(node, MappingNode) and not node.flow_style):
        raise _no_room(spots[-1], file)
    return text[: node.start_mark.index] + value + text[node.end_mark.index :]


def _has(text: str, place: Place) -> bool:
    return len(_spots(text, place)) == len(place)


def _spots(text: str, place: Place) -> list[_Spot]:
    """The keys on the way to a place, as far as they are there."""
    node: Node | None = YAML(typ="safe", pure=True).compose(text)
    seen = _counted(node)
    found: list[_Spot] = []
    for step in place:
        pair = next(((k, v) for k, v in node.value if k.value == step), None) if isinstance(node, MappingNode) else None
        if pair is None:
            break
        key, node = pair
        shared = seen[id(node)] > 1 or (bool(found) and found[-1].shared)
        found.append(_Spot(key.start_mark.column, key.start_mark.line, node, shared))
    return found


def _counted(node: Node | None) -> dict[int, int]:
    """How often each node is named; more than once where an alias names it again."""
    times: dict[int, int] = {}

    def walk(node: Node) -> None:
        times[id(node)] = times.get(id(node), 0) + 1
        if times[id(node)] == 1:
            for child in _children(node):
                walk(child)

    if node is not None:
        walk(node)
    return times


def _children(node: Node) -> Iterator[Node]:
    if isinstance(node, MappingNode):
        yield from (value for _, value in node.value)
    elif isinstance(node.value, list):
        yield from node.value


def _end(text: str, spot: _Spot, file: str) -> tuple[int, int]:
    """The column of a block's entries, and the number of lines up to and with its last."""
    node, lines = spot.value, text.splitlines()
    if isinstance(node, ScalarNode) and not node.value and node.style is None:
        return spot.column + STEP, spot.line + 1
    if spot.shared or not isinstance(node, MappingNode) or node.flow_style:
        raise _no_room(spot, file)
    column = node.value[0][0].start_mark.column
    at = _last_line(node) + 1
    while at < len(lines) and lines[at].strip().startswith("#") and len(lines[at]) - len(lines[at].lstrip()) >= column:
        at += 1
    return column, at


def _last_line(node: Node) -> int:
    """The line on which the last thing of a node stands, from 0."""
    if isinstance(node, MappingNode) and not node.flow_style and node.value:
        key, value = node.value[-1]
        own = int(key.start_mark.line)
        return max(own, _last_line(value)) if value.start_mark.index >= key.start_mark.index else own  # an alias stands behind
    if isinstance(node, SequenceNode) and not node.flow_style and node.value:
        return _last_line(node.value[-1])
    line = int(node.end_mark.line)
    if isinstance(node, ScalarNode) and node.style in ("|", ">") and not node.end_mark.column:
        return line - 1  # it ends where the next line begins, unless the file ends with it
    if isinstance(node, ScalarNode) and not node.value and node.style is None:
        return 0  # a blank starts where the next thing does; its key's line counts
    return line


def _no_room(spot: _Spot, file: str) -> ConfigError:
    what = "is shared with another block (an alias)" if spot.shared else "is on one line"
    told = f"nothing can be added here without changing what is there: the block {what}; write it out over lines of its own"
    return ConfigError(Problem(told, file, spot.line + 1))
