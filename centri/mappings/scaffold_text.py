"""A starting mapping as it is written: one rule a line, what is unsure marked at the line's end."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from centri.descriptions import Field
from centri.mappings.scaffold import Draft
from centri.mappings.scaffold_rules import Rule
from centri.mappings.scaffold_values import Meant

_PLAIN = re.compile(r"[A-Za-z_][\w ./&()+'-]*(?<! )")
_WIDTH = 115
"""The longest entry, in characters, that is written on one line; it stands at most eight columns in."""
_RESERVED = frozenset({"true", "false", "null", "yes", "no", "on", "off"})


def block(draft: Draft) -> str:
    """An entity's block for one connection, from its own first key on."""
    lines = [f"object: {scalar(draft.object)}"]
    lines += [f"{key}: {flow(_spare(key, value))}" for key, value in draft.keys.items()]
    lines += [f"# {remark}" for remark in draft.remarks]
    lines.append("fields:")
    lines += [f"  {told}" for one in draft.rules for told in line(one).splitlines()]
    lines += [f"  {told}" for told in (*_wanting(draft.wanting), *_left(draft.left))]
    return "\n".join(lines) + "\n"


def line(rule: Rule) -> str:
    """``prm: crm`` or ``prm: {crm: ..., ...}``, with what is to be said of it behind; a long one over several lines."""
    keys = {"crm": rule.crm, **rule.keys}
    written = flow(keys) if rule.keys else scalar(rule.crm)
    said = "; ".join(part for part in (doubt(rule), rule.note) if part)
    if rule.off:
        return f"# {rule.prm}: {written}  # {rule.off}"
    behind = f"  # {said}" if said else ""
    if len(rule.prm) + len(written) > _WIDTH:
        return "\n".join([f"{rule.prm}:{behind}", *(f"  {key}: {flow(value)}" for key, value in keys.items())])
    return f"{rule.prm}: {written}{behind}"


def matching(entity: str, keys: Mapping[str, Any]) -> str:
    """An entry of the matching rules, over several lines where it is long."""
    written = f"{entity}: {flow(keys)}"
    return written if len(written) <= _WIDTH else "\n".join([f"{entity}:", *(f"  {k}: {flow(v)}" for k, v in keys.items())])


def doubt(rule: Rule) -> str:
    """What a rule is unsure of: ``unsure: 0.71, also LeadSource (0.64)``; empty where it is not."""
    if rule.match is not None and not rule.match.sure:
        also = ", ".join(f"{name} ({score:.2f})" for name, score in rule.match.rivals)
        return f"unsure: {rule.match.score:.2f}" + (f", also {also}" if also else "")
    doubted = sum(not meant.sure for meant in rule.map)
    return f"unsure: {doubted} of its values" if doubted else ""


def value_map(rule: Rule) -> str:
    """A rule's value map, from its own first key on."""
    lines = ["inward:"]
    lines += [f"  {_meaning(meant)}" for meant in rule.map]
    if rule.otherwise is not None:
        lines.append(f"otherwise: {_choice(rule.otherwise)}")
    return "\n".join(lines) + "\n"


def flow(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(key)}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    return scalar(value)


def scalar(value: Any) -> str:
    """A single value, in quotes only where YAML would take it for something else."""
    if not isinstance(value, str):
        return json.dumps(value)
    return value if _PLAIN.fullmatch(value) and value.casefold() not in _RESERVED else json.dumps(value, ensure_ascii=False)


def _spare(key: str, value: Any) -> Any:
    """The short form of a key that is written along with other fields."""
    return value["crm"] if key == "key" and value.get("write") == "along" else value


def _meaning(meant: Meant) -> str:
    crm = json.dumps(meant.crm) if meant.crm.casefold() in ("true", "false") else scalar(meant.crm)
    unsure = f"  # unsure: {meant.score:.2f}" if not meant.sure else ""
    return f"{crm}: {'null' if meant.prm is None else _choice(meant.prm)}{unsure}"


def _choice(value: str) -> str:
    """A PRM choice; those of a true-or-false field are no text."""
    return value if value in ("true", "false") else scalar(value)


def _wanting(fields: Sequence[Field]) -> Iterator[str]:
    if fields:
        yield "# required by the CRM on new records, and nothing feeds them; needed only once 'create' lets records enter it"
    for described in fields:
        keys = flow({"crm": described.name, "direction": "out", "default": ""})
        yield f"# PRM_FIELD: {keys}  # {described.label or described.type}"


def _left(fields: Sequence[tuple[Field, str]]) -> Iterator[str]:
    if fields:
        yield "# fields of your own that nothing here was found for"
    for described, near in fields:
        said = ", ".join(part for part in (described.label, described.type, f"nearest: {near}" if near else "") if part)
        yield f"# PRM_FIELD: {scalar(described.name)}  # {said}"
