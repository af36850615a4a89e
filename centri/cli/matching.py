"""``centri match``: leads and the accounts they mean, from plain files or in the store."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from centri.cli import match_store
from centri.cli.options import Home, Json, Mappings, settings
from centri.cli.output import HELD, answering, print_json, say
from centri.errors import ConfigError, Stop

if TYPE_CHECKING:
    from centri.dedupe.companies.rules import CompanyRules
    from centri.engine.match_training import Trial

app = typer.Typer(help="Leads, and the accounts they mean.", no_args_is_help=True)

Accounts = Annotated[Path, typer.Option("--accounts", help="The file of accounts: .csv, .csv.gz or .xlsx.", show_default=False)]
Leads = Annotated[Path, typer.Option("--leads", help="The file of leads.", show_default=False)]
Labels = Annotated[Path, typer.Option("--labels", help="The file of right answers: lead_id, gold_ids.", show_default=False)]
Columns = Annotated[
    list[str] | None,
    typer.Option(
        "--columns", help="Which column holds what: name=Company,website=URL; of one file only: leads.country=Land. Repeatable."
    ),
]
ModelFile = Annotated[
    Path | None,
    typer.Option("--model", help="A model that centri match train made; that of the package without.", show_default=False),
]
Accept = Annotated[
    float | None, typer.Option("--accept", help="The probability from which on it is a match.", show_default="0.85")
]
Review = Annotated[
    float | None, typer.Option("--review", help="The probability from which on a person is asked.", show_default="0.5")
]
Processes = Annotated[
    int | None,
    typer.Option("--processes", help="How many processes work; as many as there are processors without.", show_default=False),
]


@app.callback()
def _match() -> None:
    pass


match_store.add_to(app)


@app.command()
def file(
    accounts: Accounts,
    leads: Leads,
    out: Annotated[Path, typer.Option("--out", help="Where the answers go; packed where it ends on .gz.", show_default=False)],
    model: ModelFile = None,
    top: Annotated[int, typer.Option("--top", help="So many candidates of each lead; the first is the answer.")] = 1,
    columns: Columns = None,
    accept: Accept = None,
    review: Review = None,
    reasons: Annotated[bool, typer.Option("--reasons", help="Two more columns: code and because.")] = False,
    processes: Processes = None,
    as_json: Json = False,
) -> None:
    """Match a file of leads to a file of accounts, without any store.

    Examples: `centri match file --accounts accounts.csv --leads leads.csv.gz --out matched.csv`,
    `centri match file --accounts a.csv --leads l.csv --out m.csv --columns name=Firma,leads.company=Company --top 3 --reasons`

    Writes lead_id, account_id, score, verdict: the score is the probability, 0 to 1, that the account is right, and the verdict
    match, review or none. A lead without candidates has no row. Of several rows of a lead the first is the answer, and the
    others say none: at most one is to be acted on.
    """
    from centri.cli.match_progress import bars
    from centri.engine.match_files import MatchFiles, match_files

    with answering(as_json=as_json):
        wanted = MatchFiles(accounts, leads, out, model, top, tuple(columns or ()), _rules(accept, review), reasons, processes)
        with bars(quiet=as_json) as progress:
            done = match_files(wanted, progress=progress)
    counts = {word: done.verdicts.get(word, 0) for word in ("match", "review", "none")}
    if as_json:
        told = {"accounts": done.accounts, "leads": done.leads, "rows": done.rows, "without_candidates": done.without}
        print_json({"ok": True, "out": str(out), **told, "verdicts": counts, "unread_columns": done.unread})
        return
    shares = ", ".join(f"{word} {count:,}" for word, count in counts.items())
    say(f"{done.leads:,} leads against {done.accounts:,} accounts: {shares}")
    say(f"{done.rows:,} rows are in {out}; {done.without:,} leads had no candidate")
    for kind, names in done.unread.items():
        say(f"columns of the {kind} that were not read: {', '.join(names)}. --columns {kind}.FIELD=COLUMN says what one holds")


@app.command()
def train(
    accounts: Annotated[Path | None, typer.Option("--accounts", help="The file of accounts.", show_default=False)] = None,
    leads: Annotated[Path | None, typer.Option("--leads", help="The file of leads.", show_default=False)] = None,
    labels: Annotated[
        Path | None, typer.Option("--labels", help="The file of right answers: lead_id, gold_ids.", show_default=False)
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="Where the model goes.")] = Path("models/ours.json"),
    columns: Columns = None,
    yes: Annotated[bool, typer.Option("--yes", help="Take the model without asking, where it is better.")] = False,
    processes: Processes = None,
    as_json: Json = False,
    mappings: Mappings = None,
    home: Home = None,
) -> None:
    """Train a model on leads whose account is known, and show what it gains before it is taken.

    Examples: `centri match train --accounts a.csv --leads l.csv --labels gold.csv --out models/ours.json --yes`,
    `centri match train --out models/ours.json`

    Without files it learns from what people decided in the store. The gain is told on leads that were held back: each is
    judged by a model that others taught. Without --yes it asks on a terminal, and elsewhere writes nothing. A model that is
    no better is refused, with exit code 4.
    """
    from centri.cli.match_progress import bars
    from centri.cli.match_shown import gain, gain_json
    from centri.engine.match_training import TrainFiles, take, try_decisions, try_files

    with answering(as_json=as_json):
        with bars(quiet=as_json) as progress:
            if given := _all_or_none(accounts, leads, labels):
                done = try_files(TrainFiles(*given, out, tuple(columns or ()), processes), progress=progress)
            else:
                done = try_decisions(_settings(mappings, home), progress=progress)
        if not as_json:
            gain(done)
        if not done.better:
            raise Stop(f"the model is no better than that of the package on leads held back: {out} was not written")
        taken = yes or (not as_json and _asked(out))
        if taken:
            take(done, out)
    if as_json:
        print_json({"ok": True, "out": str(out), "written": taken, **gain_json(done)})
    else:
        say(_end(done, out, taken=taken))


def _end(done: "Trial", out: Path, *, taken: bool) -> str:
    if not taken:
        return "nothing was written; to take it: the same with --yes"
    return f"{out} was written. Use it with --model {out}, or in the mapping: matching: lead_account: model: {out}"


@app.command()
def report(
    accounts: Accounts,
    leads: Leads,
    labels: Labels,
    model: ModelFile = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Where the page goes; none is made without.", show_default=False)
    ] = None,
    columns: Columns = None,
    accept: Accept = None,
    review: Review = None,
    processes: Processes = None,
    dagster: Annotated[bool, typer.Option("--dagster", help="Show it in the Dagster UI too, as the asset match_report.")] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Measure matching on leads whose account is known: precision, recall, what scores are worth, and the worst errors.

    Examples: `centri match report --accounts a.csv --leads l.csv --labels gold.csv --out report.html`,
    `centri match report --accounts a.csv --leads l.csv --labels gold.csv --model models/ours.json --json`
    """
    from centri.cli.match_progress import bars
    from centri.cli.match_shown import measured
    from centri.engine.match_models import replace_file
    from centri.engine.match_page import html
    from centri.engine.match_report import ReportFiles, report_files, report_json

    with answering(as_json=as_json):
        wanted = ReportFiles(accounts, leads, labels, model, tuple(columns or ()), _rules(accept, review), processes)
        with bars(quiet=as_json) as progress:
            told = report_files(wanted, progress=progress)
        if out:
            replace_file(out, html(told).encode())
        if dagster:
            from centri.pipelines.reported import keep_match_report

            keep_match_report(settings(None, home), told)
    if as_json:
        print_json({"ok": True, "out": str(out) if out else None, **report_json(told)})
        return
    measured(told)
    if out:
        say(f"\nthe page is {out}")


@app.command()
def explain(
    lead: Annotated[
        str | None, typer.Argument(metavar="[LEAD_ID]", help="A lead of the store, or of --leads.", show_default=False)
    ] = None,
    company: Annotated[str | None, typer.Option("--company", help="The company that a lead names.", show_default=False)] = None,
    email: Annotated[str | None, typer.Option("--email", help="Its e-mail address.", show_default=False)] = None,
    website: Annotated[str | None, typer.Option("--website", help="Its web site.", show_default=False)] = None,
    country: Annotated[str | None, typer.Option("--country", help="Its country.", show_default=False)] = None,
    city: Annotated[str | None, typer.Option("--city", help="Its city.", show_default=False)] = None,
    accounts: Annotated[
        Path | None, typer.Option("--accounts", help="A file of accounts; the store's without.", show_default=False)
    ] = None,
    leads: Annotated[Path | None, typer.Option("--leads", help="The file that LEAD_ID stands in.", show_default=False)] = None,
    model: ModelFile = None,
    most: Annotated[int, typer.Option("--most", help="Candidates that are shown.", min=1)] = 3,
    columns: Columns = None,
    accept: Accept = None,
    review: Review = None,
    as_json: Json = False,
    mappings: Mappings = None,
    home: Home = None,
) -> None:
    """Explain whom a lead's company is thought to be: who was weighed, what each piece of evidence gave, what decided.

    Examples: `centri match explain 5c1f8a3e-...`,
    `centri match explain --company "ACME Germany" --email jo@acme.de --accounts accounts.csv`,
    `centri match explain L17 --accounts accounts.csv --leads leads.csv --json`
    """
    from centri.cli.match_explained import shown
    from centri.cli.match_progress import bars
    from centri.dedupe.companies.explanation import as_json as document
    from centri.engine.match_explained import Asked, explained

    said = {"company": company, "email": email, "website": website, "country": country, "city": city}
    with answering(as_json=as_json):
        values = {name: text for name, text in said.items() if text}
        levers = accept is not None or review is not None
        asked = Asked(lead, values, accounts, leads, model, tuple(columns or ()), most, levers)
        with bars(quiet=as_json) as progress:
            told, names = explained(asked, _rules(accept, review), lambda: _settings(mappings, home), progress=progress)
    if as_json:
        print_json({"ok": True, **document(told, names)})
    else:
        shown(told, names)


@app.command("review")
def review_(
    as_json: Json = False,
    mappings: Mappings = None,
    home: Home = None,
) -> None:
    """Walk the leads whose account a person must decide, with the evidence, one key for each answer.

    Examples: `centri match review`, `centri match review --json`

    y: it is this one. n: it is not. 1 to 9: it is that candidate. a: this name is always this one. s: later. q: enough.
    What is decided stays decided, and centri match train learns from it. With --json it lists what is open and asks nothing;
    exit code 3 says that something is.
    """
    from centri.cli.match_review import listed, walk
    from centri.engine.match_reviews import open_reviews

    with answering(as_json=as_json):
        if not as_json and not (sys.stdin.isatty() and sys.stdout.isatty()):
            raise ConfigError("reviews are answered at a terminal; `centri match review --json` lists them")
        with open_reviews(_settings(mappings, home)) as reviews:
            if as_json:
                document = listed(reviews)
                print_json({"ok": True, "reviews": document})
                raise typer.Exit(HELD if document else 0)
            left = walk(reviews)
    raise typer.Exit(HELD if left else 0)


def _settings(mappings: Path | None, home: Path | None) -> Any:
    from centri.cli.options import settings

    return settings(mappings, home)


def _rules(accept: float | None, review: float | None) -> "CompanyRules":
    """The rules with other thresholds. Raises ConfigError."""
    from centri.dedupe.companies.rules import CompanyRules

    usual = CompanyRules()
    low = review if review is not None else min(usual.review, usual.accept if accept is None else accept)
    try:
        return CompanyRules(accept=usual.accept if accept is None else accept, review=low)
    except ValueError as error:
        raise ConfigError(f"--accept, --review: {error}") from error


def _all_or_none(accounts: Path | None, leads: Path | None, labels: Path | None) -> tuple[Path, Path, Path] | None:
    if accounts and leads and labels:
        return accounts, leads, labels
    if accounts or leads or labels:
        raise ConfigError(
            "to train from files it takes all three: --accounts, --leads and --labels; without any, it is the store"
        )
    return None


def _asked(out: Path) -> bool:
    """Whether a person at a terminal says yes; nobody else is asked."""
    return sys.stdin.isatty() and sys.stdout.isatty() and typer.confirm(f"\nWrite {out}?", default=False)
