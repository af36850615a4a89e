"""What the demo prints: its steps, progress, plans, tables and claims."""

import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from centri.cli.demo_claims import Claim
from centri.cli.output import console, say, table
from centri.engine.project import Project
from centri.engine.sync import Tally, entities, pull_order, push_order
from centri.pipelines.resources import Told
from centri.sync.explain import explain
from centri.sync.plan import Plan
from centri.sync.reconcile import Action, Decision

_FIELDS, _HELD = 3, 8
"""How many fields of a record a printed plan shows, and how many held values the last list does."""
_NUMBERS = ("read", "to PRM", "to CRM", "new", "API calls")


@dataclass(frozen=True)
class Report:
    """``quiet``: nothing on standard output, which belongs to the JSON document then."""

    quiet: bool = False
    shown: set[tuple[Any, ...]] = field(default_factory=set)
    """The kinds of decisions of which an example was printed."""

    def step(self, title: str, *lines: str) -> None:
        self._say(f"\n{title}")
        for line in lines:
            self._say(f"  {line}")

    def plans(self, plans: Sequence[Plan]) -> None:
        """One record of each kind that was not shown before, and how many there are of each entity."""
        changing: dict[tuple[str, str], int] = {}
        for plan in plans:
            key = (plan.connection, plan.entity)
            changing[key] = changing.get(key, 0) + sum(any(kind_of(d)[1:]) for d in plan)
        for key, count in changing.items():
            shown = list(self._examples([plan for plan in plans if (plan.connection, plan.entity) == key]))
            if count or shown:
                self._say(f"\n  {' '.join(key)}: {count} to change{', such as' if shown else ''}")
            for line in (line for plan in shown for line in shortened(plan)):
                self._say(f"  {line}")

    def _examples(self, plans: Iterable[Plan]) -> Iterator[Plan]:
        for plan in plans:
            for decision in plan:
                kind = (plan.entity, *kind_of(decision))
                if kind not in self.shown and any(kind_of(decision)[1:]):
                    self.shown.add(kind)
                    yield replace(plan, decisions=(decision,))

    def table(self, tallies: Mapping[tuple[str, str], Tally]) -> None:
        if not self.quiet:
            say("")
            rows = ((*key, t.read, t.to_prm, t.to_crm, t.created, t.api_calls) for key, t in tallies.items())
            table("", ("  connection", "entity", *_NUMBERS), [(f"  {c}", *rest) for c, *rest in rows], numbers=_NUMBERS)

    def nothing(self, sums: Mapping[str, Any]) -> None:
        told = (
            "{to_prm} to the PRM, {to_crm} to the CRMs, {created} new; {read} read again, since each pull steps back a little; "
        )
        self._say("  " + (told + "{api_calls} calls, {seconds} s").format_map(sums))

    def claims(self, claims: Mapping[str, Claim], against: Mapping[str, Sequence[str]]) -> None:
        for name, claim in claims.items():
            self._say(f"  {'✗' if against[name] else '✓'} {claim.words}")
            for found in against[name][:_HELD]:
                self._say(f"      {found}")

    def held(self, held: Sequence[Mapping[str, Any]]) -> None:
        self.step(f"{len(held)} values are held for a person to look at")
        for one in held[:_HELD]:
            self._say(
                f"  {one['connection']} {one['object'] or one['entity']} {one['record']}  {one['field'] or ''}: {one['note']}"
            )
        if len(held) > _HELD:
            self._say(f"  ... and {len(held) - _HELD} more")

    def _say(self, text: str) -> None:
        if not self.quiet:
            say(text)


def kind_of(decision: Decision) -> tuple[str, bool, bool, bool]:
    """What is done, and whether a person is asked, the PRM told something, the CRM told something."""
    disputed = any(field.kind == "conflict_open" for field in decision.fields)
    told = decision.action is not Action.WAIT
    return str(decision.action), disputed, told and bool(decision.to_prm), told and bool(decision.to_crm) and not disputed


def shortened(plan: Plan) -> Iterator[str]:
    """The plan as it would be printed, without its counts and with the first fields only."""
    record, *fields = explain(plan).splitlines()[1:]
    yield record
    yield from fields[:_FIELDS]
    if len(fields) > _FIELDS:
        yield f"      ... and {len(fields) - _FIELDS} more"


@contextmanager
def progress(project: Project) -> Iterator[Told]:
    """A bar for each connection on stderr: the steps done of a round, the records behind them."""
    shown = "[progress.description]{task.description}", "{task.fields[records]}"
    columns = (TextColumn(shown[0]), BarColumn(24), TextColumn(shown[1]), TimeElapsedColumn())
    with Progress(*columns, console=console(stderr=True)) as bars:
        told = _Bars(bars, {name: _steps(project, name) for name in project.mapping.connections})
        yield told
        told.finish()


def _steps(project: Project, connection: str) -> int:
    mappings = project.mappings(connection)
    return len(pull_order(mappings)) + len(entities(mappings)) + len(push_order(mappings))


class _Bars:
    """Told of each step and its records."""

    def __init__(self, bars: Progress, steps: Mapping[str, int]) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {
            name: bars.add_task(f"  {name:<10}", total=total, start=False, records="") for name, total in steps.items()
        }
        self._done = {name: {"pull": 0, "settle": 0, "push": 0} for name in steps}
        self._begun: set[str] = set()

    def finish(self) -> None:
        for task in self._tasks.values():
            self._bars.advance(task)

    def __call__(self, connection: str, step: str, number: int) -> None:
        done, task = self._done[connection], self._tasks[connection]
        verb = step.partition(" ")[0]
        if number:
            done[verb] += number
        elif connection in self._begun:
            self._bars.advance(task)
        else:
            self._bars.start_task(task)
            self._begun.add(connection)
        records = f"pulled {done['pull']:>5,}  settled {done['settle']:>5,}  pushed {done['push']:>5,}"
        self._bars.update(task, records=records)


def next_steps(home: Path, ports: tuple[int, int], *, running: bool, lead: str, unset: bool) -> list[str]:
    """Commands to type after the demo; those that need the sandbox only while it is ``running``."""
    centri = _command()
    environment = f"export CENTRI_HOME={_short(home)} CENTRI_OVERLAP_SECONDS=5"
    sandbox = f'eval "$({centri} sandbox env --salesforce-port {ports[0]} --sugarcrm-port {ports[1]})"'
    return [
        *(["unset CENTRI_DATABASE_URL"] if unset else []),
        environment,
        f"{centri} status",
        f"{centri} anomalies list --open",
        *([sandbox, f"{centri} trace salesforce Lead {lead}", f"{centri} sync"] if running else [f"{centri} ui"]),
    ]


def _command() -> str:
    beside = Path(sys.executable).parent / "centri"
    return "centri" if shutil.which("centri") else _short(beside)


def _short(path: Path) -> str:
    found = path.resolve().parent / path.name
    return str(found.relative_to(Path.cwd())) if found.is_relative_to(Path.cwd()) else str(found)
