"""``centri match leads``, ``index``, ``always``, ``never``, ``overrides``, ``alias``, ``domain``, ``learn``: in the store."""

from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from centri.cli.options import Home, Json, Mappings, opened
from centri.cli.output import answering, print_json, say, table

if TYPE_CHECKING:
    from centri.engine.match import Matched

About = Annotated[
    str, typer.Argument(metavar="LEAD_OR_NAME", help="A lead's id, an e-mail address, a domain, or a company's name.")
]
Whom = Annotated[str, typer.Argument(metavar="ACCOUNT", help="The id of an account or partner, or a name that one alone has.")]
Note = Annotated[str, typer.Option("--note", help="Why, for those who come after.")]
By = Annotated[str, typer.Option("--by", help="Who says so.")]
Kind = Annotated[str, typer.Option("--as", help="What LEAD_OR_NAME is, where it does not look it: lead, email, domain or name.")]


def add_to(app: typer.Typer) -> None:
    """Put the commands into ``centri match``."""
    for command in (leads, index, always, never, overrides, alias, domain, learn):
        app.command()(command)


def leads(
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[LEAD_ID]...", help="These leads; without, those that wait.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every lead that no person has matched.")] = False,
    plan: Annotated[bool, typer.Option("--plan", help="Tell what would change, and change nothing.")] = False,
    as_json: Json = False,
    mappings: Mappings = None,
    home: Home = None,
) -> None:
    """Match the leads of the store to its accounts and partners, as every sync does of itself.

    Examples: `centri match leads`, `centri match leads --all --plan`

    Without more it takes the leads that nobody has matched since they came, and those that an account which is new or has
    changed may concern. What a person matched stays. After an edit of the `matching:` block `--all` applies it to all.
    """
    from centri.cli.match_progress import bars
    from centri.engine.match import match_leads, match_some

    with answering(as_json=as_json), opened(mappings, home) as project, bars(quiet=as_json) as progress:
        count = lambda done: progress("leads", done)  # noqa: E731 - a name for one line
        done = (
            match_some(project, ids, plan=plan) if ids else match_leads(project, everything=everything, plan=plan, progress=count)
        )
    if as_json:
        print_json({"ok": True, "plan": plan, **_document(done)})
        return
    _print(done)
    say(f"{done.leads:,} leads: {_counts(done)}; {done.changed:,} {'would change' if plan else 'changed'}")


def index(
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Read all companies anew.")] = False,
    as_json: Json = False,
    mappings: Mappings = None,
    home: Home = None,
) -> None:
    """Bring the index of companies up to date, and say what it holds.

    Examples: `centri match index`, `centri match index --rebuild`

    Nobody has to run it: every match looks up what has changed, and makes the index where there is none. It reads every byte
    of the snapshot, and makes one anew where a byte is wrong. After a copy of the store was put back: --rebuild.
    """
    from centri.cli.match_progress import bars
    from centri.engine.match_index import companies
    from centri.engine.match_snapshot import sound

    began = perf_counter()
    with answering(as_json=as_json), opened(mappings, home) as project, bars(quiet=as_json) as progress:
        kept = companies(project.engine, project.settings, project.mapping.dictionaries.anybody)
        kept.look()
        damaged = kept.snapshot is not None and kept.snapshot.folder is not None and not sound(kept.snapshot)
        if rebuild or damaged:
            kept.rebuild(progress=lambda done: progress("companies", done))
        snapshot, changes = kept.snapshot, kept.changes
    assert snapshot is not None
    folder = str(snapshot.folder) if snapshot.folder else None
    told = {"companies": len(snapshot.segment), "changed_since": changes, "rebuilt": rebuild or damaged, "damaged": damaged}
    if as_json:
        print_json({"ok": True, **told, "folder": folder, "seconds": round(perf_counter() - began, 3)})
        return
    if damaged:
        say("the snapshot was damaged; it was made anew")
    say(f"{told['companies']:,} companies, {changes:,} changed since; {folder or 'in memory only: so few are read as fast'}")


def always(
    about: About, whom: Whom, note: Note = "", by: By = "", kind: Kind = "", as_json: Json = False,
    mappings: Mappings = None, home: Home = None,
) -> None:  # fmt: skip
    """Say that a lead, an address, a domain or a name is always this account, whatever the evidence.

    Examples: `centri match always Initrode "Initech LLC"`, `centri match always initrode.example 5c1f8a3e-...`

    It stays until `centri match overrides --remove NUMBER`. The leads that it is about are matched again at once.
    """
    _say("always", about, whom, note, by, kind, as_json=as_json, mappings=mappings, home=home)


def never(
    about: About, whom: Whom, note: Note = "", by: By = "", kind: Kind = "", as_json: Json = False,
    mappings: Mappings = None, home: Home = None,
) -> None:  # fmt: skip
    """Say that a lead, an address, a domain or a name is never this account, however alike they are.

    Examples: `centri match never "Wayne Entreprises" "Wayne Enterprises"`, `centri match never jo@acme.example 5c1f8a3e-...`
    """
    _say("never", about, whom, note, by, kind, as_json=as_json, mappings=mappings, home=home)


def _say(verdict: Any, about: str, whom: str, note: str, by: str, kind: str, *, as_json: bool, mappings: Any, home: Any) -> None:
    from dataclasses import asdict

    from centri.engine.match_sayings import say as engine

    with answering(as_json=as_json), opened(mappings, home) as project:
        said, done = engine(project, verdict, about, whom, actor=by, note=note, kind=kind)
    if as_json:
        print_json({"ok": True, "override": asdict(said), **_document(done)})
        return
    say(f"{said.kind} {said.key} is {said.verdict} {said.company}; {done.leads:,} leads were looked at, {done.changed:,} changed")


def overrides(
    remove: Annotated[
        int | None, typer.Option("--remove", metavar="NUMBER", help="Take this one back.", show_default=False)
    ] = None,
    as_json: Json = False,
    mappings: Mappings = None,
    home: Home = None,
) -> None:
    """List what people said once and for all about matches, or take one back.

    Examples: `centri match overrides`, `centri match overrides --remove 3`
    """
    from centri.engine.match_sayings import unsay
    from centri.store.database import read
    from centri.store.match_overrides import every

    with answering(as_json=as_json), opened(mappings, home) as project:
        gone = unsay(project, remove) if remove is not None else None
        with read(project.engine) as conn:
            rows = every(conn)
    if as_json:
        print_json({"ok": True, "removed": gone[0] if gone else None, "overrides": rows})
        return
    if gone:
        was, done = gone
        say(f"{was['kind']} {was['key']} is no longer {was['verdict']} {was['company']}; {done.changed:,} leads changed")
    table("", ("number", "what", "verdict", "company", "by", "at", "note"), (_row(row) for row in rows), numbers=("number",))
    if not rows:
        say("nothing is said once and for all")


def _row(row: Any) -> tuple[Any, ...]:
    return (row["id"], f"{row['kind']} {row['key']}", row["verdict"], row["company"], row["actor"], row["at"], row["note"])


def alias(whom: Whom, name: Annotated[str, typer.Argument(help="What it is called besides.")],
          kind: Annotated[str, typer.Option("--kind", help="former, popular, ticker, merger or manual.")] = "manual",
          as_json: Json = False, mappings: Mappings = None, home: Home = None) -> None:  # fmt: skip
    """Say that an account is also called so: a former name, an abbreviation, a brand.

    Examples: `centri match alias "Alphabet Inc." Google`, `centri match alias 5c1f8a3e-... "Old Name GmbH" --kind former`
    """
    from centri.engine.match_names import add_alias

    with answering(as_json=as_json), opened(mappings, home) as project:
        id, kept = add_alias(project, whom, name, kind=kind)
    _told({"account": id, "alias": kept}, f"account {id} is also called {kept}", as_json=as_json)


def domain(whom: Whom, name: Annotated[str, typer.Argument(metavar="DOMAIN", help="The domain.")],
           excluded: Annotated[bool, typer.Option("--excluded", help="It is not, whatever contacts have.")] = False,
           as_json: Json = False, mappings: Mappings = None, home: Home = None) -> None:  # fmt: skip
    """Say that an account has this domain too, or that it has not.

    Examples: `centri match domain "Alphabet Inc." google.com`, `centri match domain 5c1f8a3e-... agency.example --excluded`
    """
    from centri.engine.match_names import add_domain

    with answering(as_json=as_json), opened(mappings, home) as project:
        id, kept = add_domain(project, whom, name, kind="excluded" if excluded else "secondary")
    _told(
        {"account": id, "domain": kept, "excluded": excluded},
        f"account {id} {'does not have' if excluded else 'has'} {kept}",
        as_json=as_json,
    )


def learn(
    plan: Annotated[bool, typer.Option("--plan", help="Tell what would be learned, and keep nothing.")] = False,
    as_json: Json = False,
    mappings: Mappings = None,
    home: Home = None,
) -> None:
    """Learn accounts' domains from the addresses of their contacts.

    Examples: `centri match learn --plan`, `centri match learn`

    A domain is an account's where two of its contacts or more, and at least half of them, have it. Never one of free mail, nor
    one that contacts of more than three accounts have, nor one that `centri match domain --excluded` ruled out.
    """
    from centri.engine.match_names import learn_from_contacts

    with answering(as_json=as_json), opened(mappings, home) as project:
        fresh = learn_from_contacts(project, plan=plan)
    if as_json:
        print_json({"ok": True, "plan": plan, "domains": fresh})
        return
    table(
        "", ("account", "domain", "share of contacts"), ((row["account"], row["domain"], f"{row['share']:.0%}") for row in fresh)
    )
    say(f"{len(fresh):,} domains {'would be' if plan else 'were'} learned")


def _told(document: dict[str, Any], text: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"ok": True, **document})
    else:
        say(text)


def _document(done: "Matched") -> dict[str, Any]:
    counts = {
        "leads": done.leads,
        "verdicts": {str(k): n for k, n in done.verdicts.items()},
        "codes": {str(k): n for k, n in done.codes.items()},
    }
    return {**counts, "changed": done.changed, "changes": done.changes}


def _print(done: "Matched") -> None:
    columns = ("lead", "class", "probability", "company", "code", "because")
    rows = (
        (
            c["lead"],
            c["match_class"],
            _share(c["match_confidence"]),
            c.get("company") or "",
            c.get("code", ""),
            c.get("because", ""),
        )
        for c in done.changes
    )
    table("", columns, rows, numbers=("probability",))


def _share(score: float | None) -> str:
    return "" if score is None else f"{score:.4f}"


def _counts(done: "Matched") -> str:
    return ", ".join(f"{word} {done.verdicts.get(word, 0):,}" for word in ("match", "review", "none"))
