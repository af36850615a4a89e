"""``centri connections``, ``arm``, ``disarm``, ``pause``, ``resume`` and ``pin``: who may read and write which CRM."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from centri.cli.environments import standings
from centri.cli.options import Home, Json, Mappings, opened, settings
from centri.cli.output import answering, note, print_json, say, table
from centri.errors import ConfigError

if TYPE_CHECKING:
    from centri.engine.connections import Standing
    from centri.settings import Settings
    from centri.sync.budget import Budget

Name = Annotated[str, typer.Argument(help="A connection of the mapping.")]


def connections(as_json: Json = False, mappings: Mappings = None, home: Home = None) -> None:
    """List the connections: which org each is pinned to, whether it may write, whether it is paused, what it has cost today.

    Examples: `centri connections`, `centri connections --json`

    Where the mapping names environments, the connections of each are listed, whichever one is in use.
    """
    with answering(as_json=as_json):
        found, types = standings(settings(mappings, home))
    rows = [(one.env or "production", s) for one in found for s in one.standings]
    if as_json:
        listed = [document(s) | {"type": types[s.name], "environment": env} for env, s in rows]
        print_json({"ok": True, "connections": listed})
    else:
        standing_table("", [s for _, s in rows], types, [env for env, _ in rows] if len(found) > 1 else ())
    for one in found:
        if one.unknown:
            note(f"centri: what is known in {one.env or 'production'} does not show: {one.unknown}")


def arm(connection: Name, as_json: Json = False, mappings: Mappings = None, home: Home = None) -> None:
    """Let a connection write to its CRM, after asking the CRM which org it is. Until then it is only read.

    Examples: `centri arm salesforce`, `centri arm salesforce --json`
    """
    with answering(as_json=as_json), opened(mappings, home) as project:
        from centri.engine import connections as engine

        org = engine.arm(project, connection, _who())
    _tell(as_json, f"{connection} is armed: what it is owed goes to {org} with the next centri sync {connection}", org=org)


def disarm(connection: Name, as_json: Json = False, mappings: Mappings = None, home: Home = None) -> None:
    """Make a connection read-only: it is pulled and settled, and what its CRM ought to be told waits.

    Examples: `centri disarm salesforce`
    """
    with answering(as_json=as_json), opened(mappings, home) as project:
        from centri.engine import connections as engine

        engine.disarm(project, connection)
    _tell(as_json, f"{connection} is read-only; to let it write again: centri arm {connection}")


def pause(
    connection: Name,
    why: Annotated[str, typer.Option("--why", help="The reason, which whoever meets the pause is told.")] = "",
    as_json: Json = False,
    mappings: Mappings = None,
    home: Home = None,
) -> None:
    """Stop a connection: runs of every origin refuse to pull, settle or push it. What is owed stays owed.

    Examples: `centri pause salesforce`, `centri pause salesforce --why "data migration until Monday"`
    """
    with answering(as_json=as_json), opened(mappings, home) as project:
        from centri.engine import connections as engine

        engine.pause(project, connection, _who(), why)
    _tell(as_json, f"{connection} is paused; to let it go on: centri resume {connection}")


def resume(connection: Name, as_json: Json = False, mappings: Mappings = None, home: Home = None) -> None:
    """Let a paused connection go on.

    Examples: `centri resume salesforce`
    """
    with answering(as_json=as_json), opened(mappings, home) as project:
        from centri.engine import connections as engine

        paused = engine.resume(project, connection)
    _tell(as_json, f"{connection} goes on with the next run" if paused else f"{connection} was not paused")


def pin(
    connection: Name,
    org: Annotated[str, typer.Argument(metavar="ORG", help="The org's id, or the CRM's address where it has none.")],
    moved: Annotated[
        bool, typer.Option("--moved", help="It is the same database under another name: what was read and linked stays good.")
    ] = False,
    as_json: Json = False,
    mappings: Mappings = None,
    home: Home = None,
) -> None:
    """Expect another org behind a connection than the one that answered first. It is read-only until it is armed.

    Examples: `centri pin sugarcrm https://crm.example.com --moved`

    A connection that has read or linked records is pinned anew only with `--moved`, since the ids of two databases must not
    mix: a sandbox and its production are two environments of one connection in the mapping.
    """
    with answering(as_json=as_json), opened(mappings, home) as project:
        from centri.engine import connections as engine

        engine.pin(project, connection, org, moved=moved)
    _tell(as_json, f"{connection} is pinned to {org}; to let it write: centri arm {connection}", org=org)


# -- what status shows too ---------------------------------------------------------------------------------------------


def budgets(chosen: "Settings") -> "dict[str, Budget]":
    """What the mapping allows its connections. A mapping with faults keeps nobody from seeing how things stand."""
    from centri.mappings.loader import load

    try:
        found = load(chosen.mappings).within(chosen.env)
    except ConfigError:
        note(f"{chosen.mappings} cannot be used, so the limits that it sets do not show; to see why: centri check")
        return {}
    return {name: config.allowed for name, config in found.connections.items()}


def document(standing: "Standing") -> dict[str, Any]:
    """How a connection stands, for machines. ``used`` and ``left`` are of the limit with the fewest calls left."""
    known, allowance = standing.known, standing.allowance
    facts = ("org", "pinned_at", "handshake_at", "armed_at", "armed_by", "paused_at", "paused_by", "paused_why")
    return {
        "connection": standing.name,
        **{name: known[name] for name in facts},
        "armed": standing.armed,
        "paused": standing.paused,
        "waiting": standing.waiting,
        "calls_today": {purpose.value: number for purpose, number in standing.calls.items()},
        "used": allowance.used if allowance else sum(standing.calls.values()),
        "limit": allowance.limit if allowance else None,
        "left": allowance.left if allowance else None,
        "reserve": standing.reserve,
    }


def standing_table(
    title: str, standings: "Sequence[Standing]", types: Mapping[str, str] | None = None, environments: Sequence[str] = ()
) -> None:
    """The connections, each with its environment where there are several, and below them what lets what waits go."""
    more = (*(("environment",) if environments else ()), *(("type",) if types else ()))
    columns = ("connection", *more, "org", "writes", "runs", "last handshake", "calls today", "limit")
    rows = [
        (
            s.name,
            *((environments[n],) if environments else ()),
            *((types[s.name],) if types else ()),
            s.known["org"],
            "armed" if s.armed else "read-only",
            "paused" if s.paused else "go on",
            s.known["handshake_at"],
            sum(s.calls.values()),
            s.allowance.limit if s.allowance else None,
        )
        for n, s in enumerate(standings)
    ]
    table(title, columns, rows, numbers=("calls today", "limit"))
    for n, s in enumerate(standings):
        for line in _remarks(s):
            say(f"{environments[n]}: {line}" if environments else line)


def calls_table(title: str, standings: "Sequence[Standing]") -> None:
    """The day's calls by purpose; ``used`` is counted by the CRM, other programs included, where it is the CRM's limit."""
    from centri.sync.budget import Purpose

    columns = ("connection", *(p.words for p in Purpose), "used", "limit", "left", "kept for partner push")
    rows = [(s.name, *(s.calls.get(p, 0) for p in Purpose), *_limits(s)) for s in standings]
    table(title, columns, rows, numbers=columns[1:])


def _limits(standing: "Standing") -> tuple[int | None, ...]:
    allowance = standing.allowance
    if allowance is None:
        return sum(standing.calls.values()), None, None, None
    return allowance.used, allowance.limit, allowance.left, round(allowance.limit * standing.reserve)


def _remarks(standing: "Standing") -> Iterator[str]:
    from centri.engine.admission import paused

    if standing.paused:
        yield paused(standing.known)
    if standing.waiting and not standing.armed:
        name = standing.name
        yield f"{standing.waiting:,} writes wait, for {name} is read-only; to let them go: centri arm {name}"


# -- shared ------------------------------------------------------------------------------------------------------------


def _tell(as_json: bool, words: str, **more: Any) -> None:
    if as_json:
        print_json({"ok": True, **more})
    else:
        say(words)


def _who() -> str:
    """Whoever is logged in on this machine."""
    from getpass import getuser

    try:
        return getuser()
    except (KeyError, OSError):
        return "somebody"
