"""``centri program``: programmes, and which partners take part."""

from typing import Annotated, Any

import typer

from centri.cli.desk import done, listed
from centri.cli.options import As, Home, Json, Mappings, opened
from centri.cli.output import Group, answering

app = typer.Typer(cls=Group, help="Programmes in which partners register deals.", no_args_is_help=True)

Code = Annotated[str, typer.Argument(metavar="CODE", help="What the programme is called, such as DR-STD.")]

_COLUMNS = {
    "code": "programme", "name": "name", "kind": "kind", "partners": "partners", "protection_days": "protects (days)",
    "response_hours": "answers (hours)", "extension_policy": "extensions", "extension_days": "by (days)",
    "margin_pct": "credit (%)", "proof_required": "proof", "active": "active",
}  # fmt: skip


@app.command("list")
def list_(as_json: Json = False, mappings: Mappings = None, home: Home = None) -> None:
    """List the programmes, their terms, and how many partners take part.

    Examples: `centri program list`, `centri program list --json`
    """
    with answering(as_json=as_json), opened(mappings, home) as project:
        from centri.engine.deal_acts import programs

        rows = programs(project)
    listed(rows, "programs", _COLUMNS, "there are no programmes; `centri program create` makes one", as_json=as_json)


@app.command()
def create(
    code: Code,
    name: Annotated[str | None, typer.Option(help="What people call it.", show_default=False)] = None,
    benefits: Annotated[str | None, typer.Option(help="What it gives a partner.", show_default=False)] = None,
    require: Annotated[list[str] | None, typer.Option(help="A field that a deal must have.", show_default=False)] = None,
    protect: Annotated[int | None, typer.Option(help="Days that a deal is protected.", show_default=False)] = None,
    answer: Annotated[int | None, typer.Option(help="Hours within which the vendor answers.", show_default=False)] = None,
    extensions: Annotated[str | None, typer.Option(help="none, once, unlimited.", show_default=False)] = None,
    extend_by: Annotated[int | None, typer.Option(help="Days that an extension gives at most.", show_default=False)] = None,
    resubmissions: Annotated[int | None, typer.Option(help="How often a deal may come again.", show_default=False)] = None,
    margin: Annotated[float | None, typer.Option(help="A won deal's margin credit, in per cent.", show_default=False)] = None,
    proof: Annotated[bool | None, typer.Option(help="Whether a won deal needs a proof.", show_default=False)] = None,
    approve_up_to: Annotated[float | None, typer.Option(help="Worth up to this, it needs no person.", show_default=False)] = None,
    actor: As = None, as_json: Json = False, mappings: Mappings = None, home: Home = None,
) -> None:  # fmt: skip
    """Make a programme, or give the one with this code other terms.

    Examples: `centri program create DR-STD --require account --require amount --margin 5`,
    `centri program create DR-STD --protect 120`

    Fields that may be required: account, contact, contact_email, contact_name, product_family, amount, currency, close_date,
    current_situation, timeframe.
    """
    terms: dict[str, Any] = {
        "name": name, "benefits": benefits, "required_fields": require, "protection_days": protect, "response_hours": answer,
        "extension_policy": extensions, "extension_days": extend_by, "resubmissions": resubmissions, "margin_pct": margin,
        "proof_required": proof, "auto_approve_when": {"amount_at_most": approve_up_to} if approve_up_to is not None else None,
    }  # fmt: skip
    with answering(as_json=as_json), opened(mappings, home) as project:
        from centri.engine.deal_acts import create_program

        create_program(project, actor, code, {word: value for word, value in terms.items() if value is not None})
    done(f"programme {code}", {"program": code}, as_json=as_json)


@app.command()
def enroll(
    code: Code,
    partner: Annotated[str, typer.Argument(metavar="PARTNER", help="The partner's name or id.")],
    status: Annotated[str, typer.Option(help="invited, active, suspended, ended.")] = "active",
    actor: As = None, as_json: Json = False, mappings: Mappings = None, home: Home = None,
) -> None:  # fmt: skip
    """Let a partner take part in a programme, or suspend or end that.

    Examples: `centri program enroll DR-STD "Alpine Resellers GmbH"`, `centri program enroll DR-STD Alpine --status ended`
    """
    with answering(as_json=as_json), opened(mappings, home) as project:
        from centri.engine.deal_acts import enroll as engine

        engine(project, actor, code, partner, status)
    done(f"{partner} is {status} in {code}", {"program": code, "partner": partner, "status": status}, as_json=as_json)
