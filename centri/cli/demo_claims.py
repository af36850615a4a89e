"""What the demo claims, each as a question to the facts; its answer is what speaks against it, so none means that it holds."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from centri.cli.demo_acts import Deal
from centri.cli.demo_crms import Row, Rows
from centri.cli.demo_facts import Facts, Moment

READS = 2
"""How many calls may read one object in a round that finds nothing new."""


@dataclass(frozen=True, slots=True)
class Claim:
    """``words`` say it to people; ``against`` finds what contradicts it."""

    words: str
    against: Callable[[Facts], Iterator[str]]


def wrote_nothing(facts: Facts) -> Iterator[str]:
    for connection, calls in facts.calls.items():
        yield from (f"{connection}: {call}" for call in calls.writes)
    if facts.before.crms != facts.end.crms:
        yield "rows of a CRM are not what they were"


def left_the_prm_alone(facts: Facts) -> Iterator[str]:
    for table, rows in facts.end.prm.items():
        if "sync_" in table:
            continue
        before = {id: row["revision"] for id, row in facts.before.prm[table].items()}
        if before != {id: row["revision"] for id, row in rows.items()}:
            yield f"{table} changed"


def read_sparingly(facts: Facts) -> Iterator[str]:
    for connection, calls in facts.calls.items():
        yield from (f"{connection} {object}: {n} calls" for object, n in calls.reads.items() if n > READS)


def handed_out_leads_are_there_once(facts: Facts) -> Iterator[str]:
    leads = facts.before.prm["lead"]
    for connection, rows in facts.before.crms.items():
        linked = _linked(facts.before, connection, "lead")
        for id, row in rows["lead"].items():
            if not row["distribute"]:
                continue
            found = [leads[prm_id] for prm_id in linked.get(id, ()) if prm_id in leads]
            if [lead["last_name"] for lead in found] != [row["last_name"]]:
                yield f"{connection} lead {id} is {len(found)} times in the PRM"
        if strangers := linked.keys() - {id for id, row in rows["lead"].items() if row["distribute"]}:
            yield f"{connection}: {len(strangers)} leads are in the PRM that nobody handed out"


def no_account_crossed(facts: Facts) -> Iterator[str]:
    """A CRM gains the companies of its own deals only, and loses none."""
    for connection, rows in facts.end.crms.items():
        before, after = facts.start.crms[connection]["account"], rows["account"]
        allowed = {deal.account for deal in (*facts.acts.deals, *facts.acts.own) if deal.connection == connection}
        linked = _linked(facts.end, connection, "account")
        for id in after.keys() - before.keys():
            if not allowed.intersection(linked.get(id, ())):
                yield f"{connection} has a new account {after[id]['name']!r}"
        yield from (f"{connection} lost account {id}" for id in before.keys() - after.keys())
        yield from _foreign(facts, connection, after.keys() - before.keys())


def _foreign(facts: Facts, connection: str, new: set[str]) -> Iterator[str]:
    """New accounts under a name that only the other CRM had."""
    elsewhere = {row["name"] for c, rows in facts.start.crms.items() if c != connection for row in rows["account"].values()}
    deals = {deal.company for deal in (*facts.acts.deals, *facts.acts.own) if deal.connection == connection}
    rows = facts.end.crms[connection]["account"]
    yield from (f"{connection} got {rows[id]['name']!r} from another CRM" for id in new if rows[id]["name"] in elsewhere - deals)


def nothing_is_linked_twice(facts: Facts) -> Iterator[str]:
    links = [row for row in facts.end.prm["sync_link"].values() if row["state"] == "active"]
    from_crm = Counter((r["connection"], r["object"], r["crm_id"], r["entity"]) for r in links)
    from_prm = Counter((r["entity"], r["prm_id"], r["connection"], r["object"], r["role"]) for r in links)
    yield from (f"{key} is linked {n} times" for key, n in (from_crm + from_prm).items() if n > 1)
    for connection, rows in facts.end.crms.items():
        ours = Counter(row["our_id"] for object in rows.values() for row in object.values() if row.get("our_id"))
        yield from (f"{connection}: {n} records carry the id {id}" for id, n in ours.items() if n > 1)


def vendor_changes_arrived(facts: Facts) -> Iterator[str]:
    leads, notes = facts.end.prm["lead"], facts.end.prm["note"].values()
    for (connection, id), phone in facts.acts.phones.items():
        found = [leads[prm_id]["phone_e164"] for prm_id in _linked(facts.end, connection, "lead").get(id, ())]
        if found != [phone.replace(" ", "")]:
            yield f"{connection} lead {id}: the phone number is {found}, not {phone}"
    for (connection, id), subject in facts.acts.notes.items():
        parents = _linked(facts.end, connection, "lead").get(id, ())
        if sum(note["subject"] == subject and note["parent_id"] in parents for note in notes) != 1:
            yield f"{connection} lead {id}: the note did not arrive once"
    for connection, id in facts.acts.handed_out:
        if not _linked(facts.end, connection, "lead").get(id):
            yield f"{connection} lead {id} did not arrive"


def conflicts_are_held(facts: Facts) -> Iterator[str]:
    open_ = [row for row in facts.end.prm["sync_anomaly"].values() if row["state"] == "open" and row["kind"] == "conflict_open"]
    for (connection, id), (theirs, ours) in facts.acts.conflicts.items():
        if facts.end.crms[connection]["lead"][id]["company"] != theirs:
            yield f"{connection} lead {id}: the vendor's change is lost"
        found = [facts.end.prm["lead"][prm_id]["company"] for prm_id in _linked(facts.end, connection, "lead").get(id, ())]
        if found != [ours]:
            yield f"{connection} lead {id}: the partner's change is lost, there is {found}"
        if sum((row["connection"], row["crm_id"], row["field"]) == (connection, id, "company") for row in open_) != 1:
            yield f"{connection} lead {id}: nobody is asked"


def use_case_1(facts: Facts) -> Iterator[str]:
    """A vendor's lead, converted by a partner, is one lead in the CRM still, and carries the opportunity."""
    for deal in facts.acts.deals:
        rows = facts.end.crms[deal.connection]
        where = f"{deal.connection} lead {deal.crm_lead}"
        same = [row for row in rows["lead"].values() if _same_person(row, deal)]
        if [row["id"] for row in same] != [deal.crm_lead]:
            yield f"{where} is there {len(same)} times"
        carried = rows["lead"][deal.crm_lead]
        if (carried["our_opportunity"], carried["opportunity_name"], carried["amount"]) != (
            deal.opportunity,
            deal.name,
            deal.amount,
        ):
            yield f"{where} does not carry {deal.name!r}"
        yield from _family(facts.end, deal, where)
        yield from _noted(rows, deal, deal.crm_lead, where)


def use_case_2(facts: Facts) -> Iterator[str]:
    """A partner's own lead became account, contact, lead and note in its CRM; what the vendor says about it comes back."""
    for deal in facts.acts.own:
        rows, where = facts.pushed.crms[deal.connection], f"{deal.connection} {deal.company}"
        carrying = [row for row in rows["lead"].values() if row["our_opportunity"] == deal.opportunity]
        wanted = [(deal.name, deal.amount, facts.from_partner[deal.connection], deal.company)]
        if [(row["opportunity_name"], row["amount"], row["source"], row["company"]) for row in carrying] != wanted:
            yield f"{where}: {len(carrying)} leads carry the opportunity, or it says something else"
            continue
        yield from _family(facts.pushed, deal, where)
        yield from _noted(rows, deal, carrying[0]["id"], where)
        yield from _answered(facts, deal, carrying[0]["id"], where)


def _family(moment: Moment, deal: Deal, where: str) -> Iterator[str]:
    """The one account of the deal is there, and the person at it."""
    accounts = [id for id, known in _linked(moment, deal.connection, "account").items() if deal.account in known]
    rows = moment.crms[deal.connection]
    if len(accounts) != 1 or accounts[0] not in rows["account"]:
        yield f"{where}: {len(accounts)} accounts stand for {deal.company}"
        return
    people = [row for row in rows["contact"].values() if _same_person(row, deal)]
    if [row["account"] for row in people] != accounts:
        yield f"{where}: {len(people)} contacts, not one at the account"


def _noted(rows: Rows, deal: Deal, lead: str, where: str) -> Iterator[str]:
    notes = [row for row in rows["note"].values() if (row["parent"], row["subject"]) == (lead, deal.note)]
    if len(notes) != 1:
        yield f"{where}: the partner's note is there {len(notes)} times"


def _answered(facts: Facts, deal: Deal, lead: str, where: str) -> Iterator[str]:
    converted = facts.end.crms[deal.connection]["lead"][lead]
    if not converted["converted"] or not converted["became"]:
        yield f"{where}: the lead is not converted"
    found = facts.end.prm["opportunity"][deal.opportunity]
    said = (found["approval_state"], found["vendor_stage"], found["partner_stage"])
    if said != ("approved", "qualification", "proposal"):
        yield f"{where}: in the PRM the opportunity is {said}"
    if sum(row["originating_lead_id"] == found["originating_lead_id"] for row in facts.end.prm["opportunity"].values()) != 1:
        yield f"{where}: the opportunity came back as another one"


def held_records_say_why(facts: Facts) -> Iterator[str]:
    for row in held(facts.end):
        if not row["kind"] or not row["note"]:
            yield f"{row['connection']} {row['record']} is held without a word"


def held(moment: Moment) -> list[dict[str, Any]]:
    """What waits for a person, with the reasons, the latest first; mere remarks are left out."""
    rows = moment.prm["sync_anomaly"].values()
    waiting = sorted((r for r in rows if r["state"] == "open" and r["severity"] != "info"), key=lambda r: -r["id"])
    words = ("connection", "entity", "object", "field", "kind", "note")
    return [{**{word: row[word] for word in words}, "record": row["crm_id"] or row["prm_id"]} for row in waiting]


def _same_person(row: Row, deal: Deal) -> bool:
    return str(row["email"] or "").casefold() == deal.email


def _linked(moment: Moment, connection: str, entity: str) -> dict[str, list[str]]:
    """PRM ids by CRM id."""
    found: dict[str, list[str]] = {}
    for link in moment.links(connection, entity):
        found.setdefault(link["crm_id"], []).append(link["prm_id"])
    return found


STORIES: Mapping[str, Claim] = {
    "use_case_1": Claim(
        "a vendor's lead came back from its partner as an opportunity, on the same lead, in both CRMs", use_case_1
    ),
    "use_case_2": Claim("a partner's own lead became account, contact, lead and note, and the approval came back", use_case_2),
}

CLAIMS: Mapping[str, Claim] = {
    "third_round_wrote_nothing_to_the_crms": Claim("the third round wrote nothing to either CRM", wrote_nothing),
    "third_round_left_the_prm_alone": Claim("the third round changed no row of the PRM", left_the_prm_alone),
    "third_round_read_sparingly": Claim(f"the third round made at most {READS} calls for each object", read_sparingly),
    "every_handed_out_lead_is_in_the_prm_once": Claim(
        "every lead that was handed out is in the PRM, once; no other is", handed_out_leads_are_there_once
    ),
    "no_account_crossed": Claim("no account crossed from one CRM to the other", no_account_crossed),
    "nothing_is_linked_twice": Claim("nothing is linked twice", nothing_is_linked_twice),
    "the_vendors_changes_arrived": Claim("what the vendor's people changed arrived in the PRM", vendor_changes_arrived),
    "conflicts_are_held": Claim(
        "where both sides changed one field, both values stand and a person is asked", conflicts_are_held
    ),
    "held_records_say_why": Claim("every record that is held says why", held_records_say_why),
}
