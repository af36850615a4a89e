"""Fills the generated parts of the documentation: what stands between ``<!-- generated: NAME -->`` and ``<!-- end -->``.

``python docs/generate.py`` writes the pages; a test asks whether it has been run.
"""

# ruff: noqa: INP001 - a script beside the pages that it fills, not a package

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from pathlib import Path
from typing import Any

import typer.main

from centri.anomalies import KINDS, Severity
from centri.cli.app import app
from centri.dedupe.blocking import BLOCKS
from centri.dedupe.caps import CAPS
from centri.dedupe.companies import described
from centri.dedupe.companies.rules import TIE_BREAKERS
from centri.dedupe.comparisons import COMPARISONS
from centri.dedupe.duplicates.rules import FIELDS as RULE_FIELDS
from centri.dedupe.duplicates.survivor import FIELDS as TAKINGS
from centri.dedupe.duplicates.survivor import ORDER
from centri.dedupe.verdicts import Code
from centri.engine import match_columns, metrics
from centri.engine.report_catalog import REPORTS
from centri.engine.report_kinds import Report
from centri.mappings.conditions import Birth
from centri.mappings.fit.faults import RULES
from centri.mappings.json_schema import json_schema
from centri.mappings.merging import CrmLoser
from centri.mappings.routing import Owned, Whose
from centri.mappings.rules import MissingParent, Nulls
from centri.mappings.schema import KeyWrite
from centri.mappings.transforms import TRANSFORMS
from centri.mappings.words import examples, meaning
from centri.partners.cases import BUILT_IN
from centri.partners.conditions import Test
from centri.partners.lead_words import LEAD_WORDS, Fact
from centri.partners.lifecycle import APPROVAL, ASSIGNMENT, LEAD, Machine
from centri.partners.notice_kinds import KINDS as NOTICES
from centri.partners.partner_words import PARTNER_WORDS
from centri.partners.pools import Absent, Strategy
from centri.partners.ranking import RANKS
from centri.partners.timers import Timer
from centri.store import views
from centri.store.views.narrowing import Reach
from centri.sync.alerts import MEANINGS as TROUBLES
from centri.sync.filters import OnLeave
from centri.sync.merge import Direction
from centri.sync.policies import POLICIES
from centri.sync.reconcile import OnDelete

ROOT = Path(__file__).parents[1]
COMMAND = "python docs/generate.py"

_PART = re.compile(r"(<!-- generated: (?P<name>\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def pages() -> list[Path]:
    """Every page of the documentation."""
    return sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def filled(page: Path) -> str:
    """The text of a page with all its generated parts as they ought to be. Raises KeyError for a part nobody generates."""
    return _PART.sub(lambda part: f"{part[1]}\n{PARTS[part['name']]().strip()}\n\n{part[3]}", page.read_text(encoding="utf-8"))


def _table(head: str, rows: Iterable[Iterable[str]]) -> str:
    columns = head.split(" | ")
    lines = [f"| {head} |", "|" + "---|" * len(columns)]
    return "\n".join([*lines, *("| " + " | ".join(_cell(text) for text in row) + " |" for row in rows)])


def _cell(text: str) -> str:
    return text.replace("``", "`").replace("|", "\\|").replace("\n", " ")


# -- anomalies, decisions, commands ------------------------------------------------------------------------------------


def _anomalies() -> str:
    blocks = []
    for severity in (Severity.ERROR, Severity.WARNING, Severity.INFO):
        kinds = sorted((name, kind) for name, kind in KINDS.items() if kind.severity is severity)
        table = _table("kind | what it means | what to do", ((f"`{n}`", f"{k.title}. {k.meaning}", k.remedy) for n, k in kinds))
        blocks.append(f"## {severity.value.capitalize()}\n\n{table}")
    return "\n\n".join(blocks)


def _alerts() -> str:
    blocks = (f"### `{kind.value}`: {m.title}\n\n{m.begins}\n\n{m.remedy}" for kind, m in TROUBLES.items())
    return "\n\n".join(blocks)


def _figures() -> str:
    """From the calls that make them: a name, then what it is, then its labels."""
    found = re.findall(r'_family\(\s*"(\w+)", "([^"]+)"', inspect.getsource(metrics))
    up = ("store_up", "Whether the store could be read.")
    return _table("figure | what it is", ((f"`centri_{name}`", about) for name, about in [up, *found]))


def _records() -> str:
    found = sorted((ROOT / "docs/adr").glob("[0-9]*.md"))
    titles = (page.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ") for page in found)
    return "\n".join(f"- [{title}]({page.name})" for page, title in zip(found, titles, strict=True))


def commands() -> list[tuple[str, str]]:
    """Every command, with its arguments, and the first sentence of its help."""
    return [(_usage(name, command), (command.help or "").partition("\n\n")[0]) for name, command in _commands()]


def options() -> list[list[str]]:
    """The options of every command, those before any command among them."""
    found = [typer.main.get_command(app), *(command for _, command in _commands())]
    return [[name for option in command.params for name in option.opts] for command in found]


def _commands(found: Any = None, name: str = "centri") -> Iterator[tuple[str, Any]]:
    """Every command that is not hidden; its class is that of whichever library Typer stands on."""
    found = found or typer.main.get_command(app)
    if hasattr(found, "commands"):
        for word, inner in found.commands.items():
            yield from _commands(inner, f"{name} {word}")
    elif not found.hidden:
        yield name, found


def _usage(name: str, command: Any) -> str:
    pieces = command.collect_usage_pieces(command.make_context(name, [], resilient_parsing=True))
    return " ".join([name, *(piece for piece in pieces if piece != "[OPTIONS]")])


# -- the language of mappings.yaml -------------------------------------------------------------------------------------


def _keys(block: str) -> Callable[[], str]:
    """The table of the keys that a block of the file may hold."""

    def table() -> str:
        found = _block(json_schema()["$defs"], block)
        return _table("key | meaning | unless given", (_key(name, found, key) for name, key in found["properties"].items()))

    return table


def _block(blocks: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A block of the schema; of one that may also be written as a bare name, the long form."""
    found = blocks[name]
    return next((form for form in found.get("anyOf", [found]) if "properties" in form), found)


def _key(name: str, block: Mapping[str, Any], key: Mapping[str, Any]) -> tuple[str, str, str]:
    told = key.get("description", "").partition("\n\n")[0]
    return f"`{name}`", told, "*required*" if name in block.get("required", ()) else _default(key.get("default"))


def _default(value: Any) -> str:
    if value is None or value in ("", [], {}):
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _words(table: Mapping[str, Any]) -> Callable[[], str]:
    return lambda: _table("word | meaning", ((f"`{name}`", meaning(found)) for name, found in sorted(table.items())))


_CHOICES: Mapping[str, type[Enum]] = {
    "direction": Direction,
    "nulls": Nulls,
    "missing": MissingParent,
    "create": Birth,
    "write": KeyWrite,
    "on_delete": OnDelete,
    "on_leave": OnLeave,
    "then": CrmLoser,
}
"""Keys of the file whose words are an enumeration."""


def _choices() -> str:
    """The closed sets of words, each word with what stands below it in its enumeration."""
    return "\n".join(f"- `{key}`: {'; '.join(_member(*m) for m in _members(kind))}" for key, kind in _CHOICES.items())


def _member(word: str, told: str) -> str:
    return f"`{word}` ({told[:1].lower()}{told[1:].rstrip('.')})".replace("``", "`") if told else f"`{word}`"


def _members(kind: type[Enum]) -> Iterator[tuple[str, str]]:
    """Each member's word with the text that stands below it."""
    body = ast.parse(inspect.getsource(kind)).body[0]
    assert isinstance(body, ast.ClassDef)
    told = {}
    for line, below in zip(body.body, [*body.body[1:], None], strict=True):
        if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name):
            text = below.value if isinstance(below, ast.Expr) else None
            told[line.targets[0].id] = str(text.value) if isinstance(text, ast.Constant) else ""
    return ((str(member.value), told[member.name]) for member in kind)


def _transforms() -> str:
    return "\n\n".join(_transform(name, kind) for name, kind in sorted(TRANSFORMS.items()))


def _transform(name: str, kind: Any) -> str:
    text, example = (inspect.getdoc(kind) or "").partition("\n>>> ")[0], examples(kind)
    parts = [f"### `{name}`", text.replace("``", "`").strip()]
    if options := [_option(n, f, kind.short) for n, f in kind.model_fields.items()]:
        parts.append("\n".join(options))
    if example:
        parts.append(f"```python\n{example}\n```")
    return "\n\n".join(parts)


def _option(name: str, field: Any, short: str) -> str:
    usual = "" if field.is_required() or field.default is None else f" Unless given: {_default(field.default) or 'nothing'}."
    alone = f" `{name}:` may be left out where it is the only option." if name == short else ""
    return f"- `{name}`: {field.description or ''}{usual}{alone}"


# -- routing -----------------------------------------------------------------------------------------------------------


def _facts(words: Mapping[str, Fact]) -> Callable[[], str]:
    return lambda: _table("fact | meaning | kind", ((f"`{name}`", fact.meaning, _kind(fact)) for name, fact in words.items()))


def _kind(fact: Fact) -> str:
    return ", ".join(f"`{choice}`" for choice in fact.choices) or {"flag": "true, false"}.get(fact.kind, fact.kind)


def _enumerated(head: str, kind: type[Enum]) -> Callable[[], str]:
    return lambda: _table(head, ((f"`{word}`", told) for word, told in _members(kind)))


def _cases() -> str:
    return _table("business case | when it holds", ((f"`{case.name}`", case.meaning) for case in BUILT_IN))


def _drawn(machine: Machine) -> Callable[[], str]:
    """The table of a state machine as a diagram. Where any state may be the first, no arrow leads to the first."""

    def drawing() -> str:
        first = [] if machine.begins >= set(machine.follows) else [f"[*] --> {state}" for state in sorted(machine.begins)]
        steps = [f"{state} --> {after}" for state, following in machine.follows.items() for after in sorted(following)]
        again = [f"{state} --> {after}: by an admin" for state, found in machine.reopened.items() for after in sorted(found)]
        last = [f"{state} --> [*]" for state in machine.follows if not machine.following(state, admin=True)]
        return "\n".join(["```mermaid", "stateDiagram-v2", *(f"    {line}" for line in (*first, *steps, *again, *last)), "```"])

    return drawing


def _match_columns(kind: str) -> str:
    """The columns of one kind of file."""
    rows = ((f"`{field}`", match_columns.MEANING[field]) for field in match_columns.FIELDS[kind])
    return _table(f"{kind} | what it holds", rows)


def _report(report: Report) -> tuple[str, str, str, str]:
    """A report's line: its name, its question, its columns with their units, who may see it."""
    columns = ", ".join(f"`{c.name}`" + ("" if c.unit == "text" else f" ({c.unit})") for c in report.columns)
    return f"`{report.name}`", report.question, columns, _REACH[report.reach]


_REACH = {
    Reach.GRANTED: "what it was granted",
    Reach.OWN: "its own, for cpa and viewer",
    Reach.NOTHING: "no",
}


def _notice_kinds() -> str:
    whom = {"partner": "partners", "vendor": "the vendor", "both": "both"}
    return _table("kind | when | for", ((f"`{name}`", kind.tells, whom[kind.to]) for name, kind in sorted(NOTICES.items())))


PARTS: Mapping[str, Callable[[], str]] = {
    "anomalies": _anomalies,
    "alerts": _alerts,
    "figures": _figures,
    "hook_keys": _keys("Hook"),
    "alerts_keys": _keys("Alerting"),
    "thresholds_keys": _keys("Thresholds"),
    "chat_keys": _keys("Chat"),
    "records": _records,
    "commands": lambda: _table("command | what it does", ((f"`{name}`", told) for name, told in commands())),
    "budget_keys": _keys("BudgetBlock"),
    "entity_keys": _keys("EntityMapping"),
    "key_keys": _keys("KeyRule"),
    "merge_keys": _keys("OnMerge"),
    "field_keys": _keys("FieldRule"),
    "choice_keys": _keys("ValueMap"),
    "matching_keys": _keys("Matching"),
    "lead_matching_keys": _keys("LeadMatching"),
    "tie_breakers": _words(TIE_BREAKERS),
    "dedupe_keys": _keys("Deduping"),
    "rule_fields": _words(RULE_FIELDS),
    "survivor_order": _words(ORDER),
    "survivor_fields": _words(TAKINGS),
    "standardize_keys": _keys("Standardize"),
    "title_keys": _keys("Titles"),
    "rule_keys": _keys("RuleBlock"),
    "then_keys": _keys("Then"),
    "rule_set_keys": _keys("RuleSetBlock"),
    "whose": _enumerated("partner | who that is", Whose),
    "owned": _enumerated("owner_of | who that is", Owned),
    "cases": _cases,
    "territory_keys": _keys("TerritoryBlock"),
    "pool_keys": _keys("PoolBlock"),
    "cap_keys": _keys("CapsBlock"),
    "strategies": _enumerated("strategy | how leads are spread", Strategy),
    "absent": _enumerated("absent | the turn of a member that is away", Absent),
    "ranks": _words(RANKS),
    "fact_tests": _enumerated("test | holds for", Test),
    "lead_facts": _facts(LEAD_WORDS),
    "partner_facts": _facts(PARTNER_WORDS),
    "timers": _enumerated("timer | what has happened", Timer),
    "lead_machine": _drawn(LEAD),
    "assignment_machine": _drawn(ASSIGNMENT),
    "approval_machine": _drawn(APPROVAL),
    "notification_keys": _keys("Notifying"),
    "email_keys": _keys("EmailBlock"),
    "webhook_keys": _keys("WebhookBlock"),
    "notice_kinds": _notice_kinds,
    "choices": _choices,
    "transforms": _transforms,
    "policies": _words(POLICIES),
    "blocks": _words(BLOCKS),
    "comparisons": _words(COMPARISONS),
    "caps": _words(CAPS),
    "match_columns": lambda: "\n\n".join(map(_match_columns, match_columns.FIELDS)),
    "match_keys": lambda: _table(
        "key | why it leads to a candidate", ((f"`{n}`", told) for n, told in described.FOUND_BY.items())
    ),
    "match_evidence": lambda: _table("evidence | what it tells", ((f"`{n}`", told) for n, told in described.MEANING.items())),
    "match_codes": lambda: _table("code | meaning", ((f"`{word}`", told) for word, told in _members(Code))),
    "reports": lambda: _table("report | question | columns | for a partner", map(_report, REPORTS.values())),
    "views": lambda: _table("view | holds", ((f"`{v.name}`", f"{v.about[:1].upper()}{v.about[1:]}.") for v in views.VIEWS)),
    "check_rules": lambda: _table(
        "rule | severity | what must hold", ((f"`{n}`", r.severity, r.meaning) for n, r in RULES.items())
    ),
}
"""Each part by its name in the marker."""


if __name__ == "__main__":
    for page in pages():
        page.write_text(filled(page), encoding="utf-8")
