"""``centri notifications``: what people are told, how they want it, and its sending."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from centri.cli.options import As, Home, Json, Mappings, opened
from centri.cli.output import HELD, Group, answering, note, print_json, say, table
from centri.errors import ConfigError

if TYPE_CHECKING:
    from centri.engine.notify_send import Sending

app = typer.Typer(cls=Group, help="What people are told, how they want it, and its sending.", no_args_is_help=True)

_SHOWN = ("id", "kind", "to", "channel", "mode", "state", "subject", "subject_type", "subject_id", "queued_at", "due_at",
          "sent_at", "attempts", "next_at", "message_id", "error")  # fmt: skip


@app.command("list")
def list_(
    state: Annotated[
        str | None, typer.Option(help="Those in a state: queued, sent, failed, suppressed, aggregated.", show_default=False)
    ] = None,
    to: Annotated[str | None, typer.Option(help="Those for an e-mail address.", show_default=False)] = None,
    about: Annotated[str | None, typer.Option(metavar="ID", help="Those about a record.", show_default=False)] = None,
    most: Annotated[int, typer.Option(help="How many at the most.", min=1)] = 100,
    actor: As = None, as_json: Json = False, mappings: Mappings = None, home: Home = None,
) -> None:  # fmt: skip
    """List notifications, the latest first: who was told what, when and how, and what is still to go.

    Examples: `centri notifications list`, `centri notifications list --state failed`,
    `centri notifications list --as clara@alpine.example`
    """
    with answering(as_json=as_json):
        from centri.engine.notify_wishes import told

        with opened(mappings, home) as project:
            rows = told(project, state=state, to=to, about=about, most=most, actor=actor)
    found = [{name: row[name] for name in _SHOWN} for row in rows]
    if as_json:
        print_json({"ok": True, "notifications": found})
    else:
        _print(found)


@app.command()
def send(as_json: Json = False, mappings: Mappings = None, home: Home = None) -> None:
    """Send what is due: digests first, then everything by e-mail, web-hook or log, as the mapping says.

    Examples: `centri notifications send`, `centri --env sandbox notifications send`

    Any number of these may run at once; each notification is sent by one of them. Outside of production everything goes to the
    log. Exit code 2 says that something is to be tried again later, 3 that something could not be delivered.
    """
    with answering(as_json=as_json):
        from centri.engine.notify_send import send as engine

        with opened(mappings, home) as project:
            done = engine(project)
    if as_json:
        print_json({"ok": not done.failed, **vars(done)})
    else:
        _print_sending(done)
    raise typer.Exit(HELD if done.failed else 2 if done.later or done.waiting else 0)


@app.command()
def retry(
    ids: Annotated[list[int] | None, typer.Argument(metavar="ID...", help="Failed ones, by the id that the list shows.")] = None,
    all_: Annotated[bool, typer.Option("--all", help="Everything that failed.")] = False,
    as_json: Json = False, mappings: Mappings = None, home: Home = None,
) -> None:  # fmt: skip
    """Have what could not be delivered tried again, from the first attempt on.

    Examples: `centri notifications retry 17 18`, `centri notifications retry --all`
    """
    with answering(as_json=as_json):
        from centri.engine.notify_send import retry as engine

        if bool(ids) == all_:
            raise ConfigError("say which, by id, or --all; `centri notifications list --state failed` shows them")
        with opened(mappings, home) as project:
            again = engine(project, ids or None)
    if missing := sorted(set(ids or ()) - set(again)):
        note(f"not failed, and left alone: {', '.join(map(str, missing))}")
    if as_json:
        print_json({"ok": True, "retried": again})
    else:
        say(f"{len(again)} will be sent again: centri notifications send")


@app.command()
def prefer(
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="Whose wish it is: a partner's person or one of the vendor's.")],
    kind: Annotated[str, typer.Argument(metavar="KIND", help="A kind of notification; '*' stands for all.")] = "*",
    mode: Annotated[
        Literal["individual", "daily", "weekly", "off"], typer.Option(help="Each by itself, digests, or not at all.")
    ] = "individual",
    channel: Annotated[
        Literal["email", "webhook", "log"] | None, typer.Option(help="By which way; unchanged without it.", show_default=False)
    ] = None,
    actor: As = None, as_json: Json = False, mappings: Mappings = None, home: Home = None,
) -> None:  # fmt: skip
    """Say how somebody wants to be told; what is queued already stays as it is.

    Examples: `centri notifications prefer clara@alpine.example --mode daily`,
    `centri notifications prefer clara@alpine.example lead_reminder --mode off --as clara@alpine.example`
    """
    with answering(as_json=as_json):
        from centri.engine.notify_wishes import prefer as engine

        with opened(mappings, home) as project:
            engine(project, email, kind, mode, channel, actor=actor)
    if as_json:
        print_json({"ok": True, "email": email, "kind": kind, "mode": mode})
    else:
        say(f"{email} is told of {'everything else' if kind == '*' else kind}: {mode}")


def _print(rows: Sequence[Mapping[str, Any]]) -> None:
    if not rows:
        say("nobody was told anything")
        return
    heads = ("id", "queued_at", "kind", "to", "subject", "channel", "mode", "state", "sent_at", "error")
    table("", [name.removesuffix("_at") for name in heads], ([row[name] for name in heads] for row in rows))


def _print_sending(done: "Sending") -> None:
    for channel, why in done.down.items():
        if channel in done.waiting:
            note(f"{done.waiting[channel]} wait for {channel}: {why}")
    counted = {"sent": done.sent, "to be tried again": done.later, "failed": done.failed, "suppressed": done.suppressed}
    told = [f"{count} {what}" for what, count in counted.items() if count or what == "sent"]
    digests = f", {done.digests} of them digests" if done.digests else ""
    say(", ".join(told) + digests)
