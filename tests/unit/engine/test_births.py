"""Records born in the PRM: where they go, what they take along, and that nothing crosses from one CRM to the other."""

from sqlalchemy import insert
from two_crms import QUIET

from centri.store.database import write
from centri.store.prm_tables import lead_assignment


def partner_in(world, crm, name="Castell Systems"):
    world.person_saves(crm, "Account", Name=name, Kind="Partner", Website=f"{name.split()[0].lower()}.example")
    world.sync()
    return next(p["id"] for p in world.rows("partner_account") if p["name"] == name)


def opportunity(world, partner, **values):
    account = world.insert("account", name="Nouvelle Banque", website="banque.example", name_norm="nouvelle banque")
    contact = world.insert("contact", last_name="Petit", email="jean@banque.example", account_id=account)
    known = {"account_id": account, "primary_contact_id": contact, "partner_account_id": partner}
    return world.insert("opportunity", name="Vault", amount="120000.00", **known, **values)


def test_an_opportunity_takes_its_parents_along_to_its_partners_crm(world):
    deal = opportunity(world, partner_in(world, "west"))
    world.sync()
    lead = world.in_crm("west", "Lead")[0]
    assert ("Vault", "120000.00", "Petit", "Nouvelle Banque", deal) == (
        lead["OpportunityName"], lead["Amount"], lead["LastName"], lead["Company"], lead["OpportunityId"],
    )  # fmt: skip
    (account,) = [a for a in world.crms["west"].objects["Account"].values() if a.values["Name"] == "Nouvelle Banque"]
    (contact,) = world.crms["west"].objects["Contact"].values()
    assert (account.id, account.id, contact.id) == (contact.values["AccountId"], lead["AccountId"], lead["ContactId"])
    assert world.in_crm("west", "Opportunity") == []
    assert world.writes() == QUIET


def test_nothing_of_it_reaches_the_other_crm(world):
    opportunity(world, partner_in(world, "west"))
    world.sync()
    assert {name: world.in_crm("east", name) for name in ("Account", "Contact", "Lead", "Opportunity")} == {
        "Account": [],
        "Contact": [],
        "Lead": [],
        "Opportunity": [],
    }


def test_a_partner_of_both_crms_has_no_one_home(world):
    partner = partner_in(world, "west")
    world.insert("partner_account", name="Unlinked")
    world.person_saves("east", "Account", Name="Castell Systems", Kind="Partner", Website="castell.example", OurId=partner)
    world.sync()
    opportunity(world, partner)
    world.sync()
    assert world.in_crm("east", "Lead") + world.in_crm("west", "Lead") == []
    assert world.anomalies() == [("no_home", ""), ("no_home", "")]


def test_an_opportunity_of_a_partner_that_no_crm_has_is_owed_until_one_has(world):
    partner = world.insert("partner_account", name="Danube")
    opportunity(world, partner)
    world.sync()
    assert world.anomalies() == [("no_home", ""), ("no_home", "")]
    world.person_saves("east", "Account", Name="Danube", Kind="Partner", OurId=partner)
    world.sync()
    assert [lead["OpportunityName"] for lead in world.in_crm("east", "Lead")] == ["Vault"]
    assert world.anomalies() == []


def test_an_account_that_nobody_needs_stays_at_home(world):
    world.insert("account", name="Nouvelle Banque")
    world.insert("lead", last_name="Petit")
    world.sync()
    assert world.in_crm("east", "Account") + world.in_crm("west", "Account") + world.in_crm("east", "Lead") == []


def test_an_account_that_is_there_already_is_used(world):
    partner = partner_in(world, "west")
    world.person_saves("west", "Account", Name="Nouvelle Banque SA", Website="banque.example")
    opportunity(world, partner)
    world.sync()
    assert sorted(a["Name"] for a in world.in_crm("west", "Account")) == ["Castell Systems", "Nouvelle Banque SA"]
    assert world.writes() == QUIET


def test_an_opportunity_goes_onto_the_lead_it_came_from(world):
    partner = partner_in(world, "east")
    world.person_saves("east", "Lead", LastName="Wong", Company="Umbrella", Status="New", Distribute=True)
    world.sync()
    lead = world.row("lead")
    opportunity(world, partner, originating_lead_id=lead["id"])
    world.edit("lead", lead["id"], state="working")
    world.sync()
    (in_crm,) = world.in_crm("east", "Lead")
    assert (in_crm["LastName"], in_crm["OpportunityName"], in_crm["Status"]) == ("Wong", "Vault", "Working")
    assert {"origin", "push_lead"} == {k["role"] for k in world.links() if k["object"] == "Lead"}
    assert world.writes() == QUIET


def test_two_roles_on_one_crm_record_are_one_write(world):
    partner = partner_in(world, "east")
    world.person_saves("east", "Lead", LastName="Wong", Status="New", Distribute=True)
    world.sync()
    lead = world.row("lead")
    deal = opportunity(world, partner, originating_lead_id=lead["id"])
    world.sync()
    before = next(iter(world.crms["east"].objects["Lead"].values())).version
    world.edit("lead", lead["id"], state="working")
    world.edit("opportunity", deal, amount="130000.00")
    world.sync()
    after = next(iter(world.crms["east"].objects["Lead"].values()))
    assert (after.values["Status"], after.values["Amount"]) == ("Working", "130000.00")
    assert after.version - before == 1
    assert len({k["crm_version"] for k in world.links() if k["crm_id"] == after.id}) == 1


def test_a_converted_lead_hands_over_to_its_opportunity(world):
    deal = opportunity(world, partner_in(world, "west"))
    world.sync()
    (lead,) = world.crms["west"].objects["Lead"]
    account = next(a.id for a in world.crms["west"].objects["Account"].values() if a.values["Name"] == "Nouvelle Banque")
    born = world.person_saves("west", "Opportunity", Name="Vault", AccountId=account, Amount="120000.00", Stage="Prospecting")
    world.crms["west"].convert("Lead", lead, {"opportunity": born, "contact": ""})
    world.sync()
    assert deal == world.row("opportunity")["id"]
    assert {"push_lead", "converted_to"} == {k["role"] for k in world.links() if k["entity"] == "opportunity"}
    world.person_saves("west", "Opportunity", born, Stage="Qualification")
    world.sync()
    assert world.row("opportunity")["vendor_stage"] == "Qualification"
    world.edit("opportunity", deal, amount="125000.00")
    world.sync()
    assert world.in_crm("west", "Opportunity")[0]["Amount"] == "125000.00"
    assert world.in_crm("west", "Lead")[0]["Amount"] == "120000.00"
    assert world.anomalies() == []
    assert world.writes() == QUIET


def test_a_lead_converted_without_its_opportunity_is_reported_until_it_has_one(world):
    opportunity(world, partner_in(world, "west"))
    world.sync()
    (lead,) = world.crms["west"].objects["Lead"]
    world.crms["west"].convert("Lead", lead, {"contact": ""})
    world.sync()
    assert world.anomalies() == [("disconnected_conversion", "")]
    assert [k["state"] for k in world.links() if k["role"] == "push_lead"] == ["disconnected"]
    account = next(a.id for a in world.crms["west"].objects["Account"].values() if a.values["Name"] == "Nouvelle Banque")
    born = world.person_saves("west", "Opportunity", Name="Vault", AccountId=account)
    world.crms["west"].convert("Lead", lead, {"opportunity": born, "contact": ""})
    world.sync()
    assert world.anomalies() == []
    assert len(world.rows("opportunity")) == 1


def test_a_note_follows_its_parent(world):
    partner = partner_in(world, "east")
    world.person_saves("east", "Lead", LastName="Wong", Distribute=True)
    world.sync()
    lead = world.row("lead")["id"]
    world.insert("note", parent_type="lead", parent_id=lead, subject="Asked for a demo", visibility="both")
    world.insert("note", parent_type="lead", parent_id=lead, subject="Our margin", visibility="partner")
    world.insert(
        "note", parent_type="account", parent_id=world.insert("account", name="Unknown"), subject="Lost", visibility="both"
    )
    world.sync()
    ((crm_lead, _),) = world.crms["east"].objects["Lead"].items()
    assert [("Asked for a demo", crm_lead)] == [(n["Title"], n["ParentId"]) for n in world.in_crm("east", "Note")]
    assert partner
    assert world.writes() == QUIET


def test_a_note_of_a_lead_the_crm_never_had_follows_its_opportunity(world):
    partner = partner_in(world, "west")
    deal = opportunity(world, partner)
    lead = world.insert(
        "lead", last_name="Petit", source_kind="partner", sourced_by_partner_id=partner, state="converted",
        converted_at=world.clock.now, converted_opportunity_id=deal,
    )  # fmt: skip
    world.insert("note", parent_type="lead", parent_id=lead, subject="Budget confirmed", visibility="both")
    world.sync()
    (crm_lead,) = world.crms["west"].objects["Lead"]
    assert [("Budget confirmed", crm_lead)] == [(n["Title"], n["ParentId"]) for n in world.in_crm("west", "Note")]


def test_a_change_of_the_assignment_marks_its_lead(world):
    partner = partner_in(world, "east")
    world.person_saves("east", "Lead", LastName="Wong", Status="New", Distribute=True)
    world.sync()
    with write(world.project.engine) as conn:
        conn.execute(
            insert(lead_assignment).values(
                lead_id=world.row("lead")["id"], seq=1, kind="manual", partner_account_id=partner, state="accepted"
            )
        )
    world.sync()
    assert world.in_crm("east", "Lead")[0]["DistributionStatus"] == "accepted"
