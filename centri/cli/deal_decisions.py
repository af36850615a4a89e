"""``centri deal``: what the vendor decides, and what is asked of it."""

from typing import Annotated, Any

import typer

from centri.cli.deals import Deal, Reason
from centri.cli.deals_shown import print_review, review_document
from centri.cli.desk import Text, done
from centri.cli.options import As, Home, Json, Mappings, opened
from centri.cli.output import answering, print_json


def add_to(app: typer.Typer) -> None:
    """The commands join those of partners."""
    for name, command in (
        ("review", review), ("approve", approve), ("return", return_), ("reject", reject), ("extend", extend), ("cancel", cancel),
        ("credit", credit),
    ):  # fmt: skip
        app.command(name)(command)


def review(
    deal: Deal,
    look: Annotated[bool, typer.Option("--look", help="Only show what was found last; begin nothing.")] = False,
    actor: As = None, as_json: Json = False, mappings: Mappings = None, home: Home = None,
) -> None:  # fmt: skip
    """Look at a deal: whether it is complete, what it may be a duplicate of here and in the CRMs, what stands in its way.

    Examples: `centri deal review DR-0002 --as dana@vantage.example`, `centri deal review DR-0002 --look --json`
    """
    with answering(as_json=as_json), opened(mappings, home) as project:
        from centri.engine.deal_acts import review_deal, review_of

        found = review_of(project, deal, actor) if look else review_deal(project, deal, actor)
    if as_json:
        print_json(review_document(found))
    else:
        print_review(found)


def approve(
    deal: Deal, text: Text = "",
    override: Annotated[str, typer.Option(help="Why, although something stands in the way.", show_default=False)] = "",
    actor: As = None, as_json: Json = False, mappings: Mappings = None, home: Home = None,
) -> None:  # fmt: skip
    """Approve a deal: it is protected from now on.

    Examples: `centri deal approve DR-0002 --as dana@vantage.example`,
    `centri deal approve DR-0003 --override "agreed with both" --as dana@vantage.example`

    Refused while it is incomplete, or while another is approved for the same account and product. With --override that one gives
    way, and is cancelled.
    """
    with answering(as_json=as_json), opened(mappings, home) as project:
        from centri.engine.deal_acts import approve_deal, deal_shown

        approve_deal(project, deal, actor, text, override)
        until = deal_shown(project, deal)["expires_at"]
    done(
        f"approved; protected until {until:%Y-%m-%d %H:%M} UTC",
        {"deal": deal, "state": "approved", "expires_at": until},
        as_json=as_json,
    )


def return_(
    deal: Deal, text: Text = "", actor: As = None, as_json: Json = False, mappings: Mappings = None, home: Home = None
) -> None:
    """Give a deal back to be completed, and say what is missing.

    Examples: `centri deal return DR-0004 --text "close date missing" --as dana@vantage.example`
    """
    with answering(as_json=as_json), opened(mappings, home) as project:
        from centri.engine.deal_acts import return_deal

        return_deal(project, deal, actor, text)
    done("returned", {"deal": deal, "state": "returned"}, as_json=as_json)


def reject(
    deal: Deal,
    code: Annotated[str, typer.Option(help="duplicate, incomplete, ineligible, territory, direct, other.")] = "other",
    text: Text = "",
    duplicate_of: Annotated[str | None, typer.Option(help="The deal that it is a duplicate of.", show_default=False)] = None,
    actor: As = None, as_json: Json = False, mappings: Mappings = None, home: Home = None,
) -> None:  # fmt: skip
    """Refuse a deal, and say why; the partner reads the text.

    Examples: `centri deal reject DR-0003 --code duplicate --text "Registered by another partner" --as dana@vantage.example`
    """
    with answering(as_json=as_json), opened(mappings, home) as project:
        from centri.engine.deal_acts import reject_deal

        reject_deal(project, deal, actor, code, text, duplicate_of)
    done("rejected", {"deal": deal, "state": "rejected", "code": code}, as_json=as_json)


def extend(
    deal: Deal,
    days: Annotated[int | None, typer.Option(help="How many (else as many as the programme gives).", show_default=False)] = None,
    reason: Reason = "",
    approved: Annotated[bool | None, typer.Option("--approve/--reject", help="The vendor decides.", show_default=False)] = None,
    text: Text = "", actor: As = None, as_json: Json = False, mappings: Mappings = None, home: Home = None,
) -> None:  # fmt: skip
    """Ask for more days of protection; or, for the vendor, grant or refuse them.

    Examples: `centri deal extend DR-0005 --days 30 --reason "budget moved" --as bernd@bavaria.example`,
    `centri deal extend DR-0005 --approve --as dana@vantage.example`
    """
    with answering(as_json=as_json), opened(mappings, home) as project:
        from centri.engine.deal_acts import decide_extension, request_extension

        if approved is None:
            request_extension(project, deal, actor, days, reason)
        else:
            decide_extension(project, deal, actor, approve=approved, text=text)
    state = {None: "asked for", True: "approved", False: "rejected"}[approved]
    done(f"extension {state}", {"deal": deal, "extension": "pending" if approved is None else state}, as_json=as_json)


def cancel(
    deal: Deal, reason: Reason = "", actor: As = None, as_json: Json = False, mappings: Mappings = None, home: Home = None
) -> None:
    """Take an approved deal's protection away, which an administrator may, with a reason.

    Examples: `centri deal cancel DR-0001 --reason "the partner left the programme"`
    """
    with answering(as_json=as_json), opened(mappings, home) as project:
        from centri.engine.deal_acts import cancel_deal

        cancel_deal(project, deal, actor, reason)
    done("cancelled", {"deal": deal, "state": "cancelled"}, as_json=as_json)


def credit(
    deal: Deal,
    void: Annotated[bool, typer.Option("--void", help="Make it void instead of releasing it.")] = False,
    actor: As = None, as_json: Json = False, mappings: Mappings = None, home: Home = None,
) -> None:  # fmt: skip
    """Release the margin credit that a won deal has earned.

    Examples: `centri deal credit DR-0001 --as dana@vantage.example`, `centri deal credit DR-0001 --void`
    """
    state: Any = "void" if void else "released"
    with answering(as_json=as_json), opened(mappings, home) as project:
        from centri.engine.deal_acts import settle_credit

        settle_credit(project, deal, actor, state)
    done(f"credit {state}", {"deal": deal, "credit": state}, as_json=as_json)
