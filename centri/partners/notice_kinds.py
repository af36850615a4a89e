"""The kinds of notification and their words.

No text holds a person's name, address or number: a lead is told of by its company, and who has the right reads the rest in the
PRM. What a partner is told never names another partner.
"""

from __future__ import annotations

from collections.abc import Mapping

from centri.partners.notices import DIGEST, Kind

_LEAD_FACTS = """\
{% if country_code %}Country: {{ country_code }}
{% endif %}{% if industry_code %}Industry: {{ industry_code }}
{% endif %}{% if segment_code %}Segment: {{ segment_code }}
{% endif %}{% if product_interest %}Interested in: {{ product_interest | listed }}
{% endif %}{% if timeframe %}Timeframe: {{ timeframe }}
{% endif %}"""

_DEAL = "{{ number or 'a deal' }}{% if account_name %} ({{ account_name }}){% endif %}"
_WHY = "{% if reason %}\n\nReason: {{ reason }}{% endif %}"
_DECISION = "{% if decision_text %}\n\nReason: {{ decision_text }}{% endif %}"
_LEAD = "{{ company or 'a lead' }}"

KINDS: Mapping[str, Kind] = {
    "lead_offered": Kind(
        "A lead is on offer to several partners; the first to accept gets it.",
        "partner",
        f"A lead is on offer: {_LEAD}",
        "A lead is on offer to you and to others; the first to accept gets it.\n\n" + _LEAD_FACTS
        + "{% if accept_by %}\nThe offer ends at {{ accept_by | moment }}.{% endif %}",
    ),
    "lead_assigned": Kind(
        "A lead was given to a partner, which is to accept it.",
        "partner",
        f"A new lead for you: {_LEAD}",
        "A lead was given to you. Accept it to see whom to speak to.\n\n" + _LEAD_FACTS
        + "{% if accept_by %}\nPlease answer by {{ accept_by | moment }}.{% endif %}",
    ),
    "lead_assigned_rep": Kind(
        "A partner's administrator gave a lead to one of its people.",
        "partner",
        f"You have a new lead: {_LEAD}",
        "A lead was given to you.{% if qualify_by %}\n\nShow by {{ qualify_by | moment }} that you work on it.{% endif %}",
    ),
    "lead_reminder": Kind(
        "A lead waits for an answer or for work, and its time is running out.",
        "partner",
        f"A lead waits for you: {_LEAD}",
        "{% if accept_by %}The offer ends at {{ accept_by | moment }}. Accept or decline it until then."
        "{% else %}Nothing was done about this lead yet."
        "{% if qualify_by %} Make contact by {{ qualify_by | moment }}, or it is taken back.{% endif %}{% endif %}",
    ),
    "lead_lost_race": Kind(
        "Another partner was first to accept a lead.",
        "partner",
        f"The lead is taken: {_LEAD}",
        "Somebody else accepted this lead first. There is nothing left to do.",
    ),
    "lead_expired": Kind(
        "An offer ended and nobody had accepted.",
        "both",
        f"The offer has ended: {_LEAD}",
        "The time to accept this lead is over.{% if for_vendor and partner %}\n\nIt was on offer to {{ partner }}.{% endif %}",
    ),
    "lead_pulled_back": Kind(
        "A lead was taken back because nothing was done about it in time.",
        "both",
        f"The lead was taken back: {_LEAD}",
        "{% if for_vendor and partner %}{{ partner }} did not work on this lead in time; it goes to others."
        "{% else %}Nothing was done about this lead in time; it goes to others.{% endif %}" + _WHY,
    ),
    "lead_withdrawn": Kind(
        "A channel manager, or a rule, took a lead back.",
        "partner",
        f"The lead was withdrawn: {_LEAD}",
        "This lead is no longer yours to work on." + _WHY,
    ),
    "lead_declined": Kind(
        "A partner declined a lead.",
        "vendor",
        f"Declined: {_LEAD}",
        "{{ partner or 'A partner' }} declined this lead." + _WHY,
    ),
    "lead_unrouted": Kind(
        "No rule found a place for a lead.",
        "vendor",
        f"No partner for {_LEAD}",
        "This lead waits for somebody to place it." + _WHY,
    ),
    "lead_competitor": Kind(
        "A lead comes from a competitor.",
        "vendor",
        f"A competitor's lead: {_LEAD}",
        "This lead belongs to a competitor{% if competitor %}, {{ competitor }},{% endif %} and is offered to nobody.",
    ),
    "deal_submitted": Kind(
        "A partner registered a deal; its channel manager is to review it.",
        "vendor",
        f"To review: {_DEAL}",
        "{{ partner or 'A partner' }} registered this deal.\n\n"
        "{% if amount %}Amount: {{ amount }} {{ currency or '' }}\n{% endif %}"
        "{% if close_date %}Expected close: {{ close_date }}\n{% endif %}"
        "{% if response_due_at %}\nAn answer is due by {{ response_due_at | moment }}.{% endif %}",
    ),
    "deal_received": Kind(
        "The vendor has received a registration: the partner's receipt.",
        "partner",
        f"Received: {_DEAL}",
        "Thank you; your registration has arrived."
        "{% if response_due_at %}\n\nYou have our answer by {{ response_due_at | moment }}.{% endif %}",
    ),
    "deal_approved": Kind(
        "A registration was approved: told to the partner, and to the vendor's owner of the account.",
        "both",
        f"Approved: {_DEAL}",
        "{% if for_vendor %}{{ partner or 'A partner' }} has registered this deal. Speak to it before you speak to the customer."
        "{% else %}Your registration is approved.{% endif %}"
        "{% if expires_at %}\n\nIt is protected until {{ expires_at | moment }}.{% endif %}",
    ),
    "deal_rejected": Kind(
        "A registration was rejected, and why.",
        "partner",
        f"Not approved: {_DEAL}",
        "Your registration was not approved." + _DECISION,
    ),
    "deal_returned": Kind(
        "A registration lacks something; the partner is to complete it.",
        "partner",
        f"Please complete: {_DEAL}",
        "Your registration came back to you. Complete it and submit it again." + _DECISION,
    ),
    "deal_expiring": Kind(
        "A deal's protection ends soon.",
        "partner",
        f"Protection ends soon: {_DEAL}",
        "{% if expires_at %}This deal is protected until {{ expires_at | moment }}."
        "{% else %}This deal's protection ends soon.{% endif %} Ask for an extension if you need one.",
    ),
    "deal_expired": Kind(
        "A deal's protection has ended.",
        "both",
        f"Protection has ended: {_DEAL}",
        "This deal is no longer protected.{% if not for_vendor %} You can register it again.{% endif %}",
    ),
    "deal_extension_decided": Kind(
        "A request to extend a deal's protection was decided.",
        "partner",
        f"Extension {{{{ state or 'decided' }}}}: {_DEAL}",
        "{% if state == 'approved' %}Your deal is protected until {{ expires_at | moment }}."
        "{% else %}The extension was not granted.{% endif %}" + _DECISION,
    ),
    "deal_extension_requested": Kind(
        "A partner asks for more time to close a deal.",
        "vendor",
        f"More time asked for: {_DEAL}",
        "{{ partner or 'A partner' }} asks for protection"
        "{% if requested_until %} until {{ requested_until | moment }}{% endif %}." + _WHY,
    ),
    "deal_overdue": Kind(
        "A registration was not answered within the time that the programme promises.",
        "vendor",
        f"Not answered in time: {_DEAL}",
        "{{ partner or 'A partner' }} waits for an answer"
        "{% if response_due_at %} since {{ response_due_at | moment }}{% endif %}.",
    ),
    "deal_cancelled": Kind(
        "The vendor took a registration back.",
        "both",
        f"Cancelled: {_DEAL}",
        "{% if for_vendor %}The registration of {{ partner or 'a partner' }} was cancelled."
        "{% else %}Your registration was cancelled, and the deal is no longer protected.{% endif %}" + _DECISION,
    ),
    "deal_conflict": Kind(
        "Several partners are after the same deal.",
        "vendor",
        f"Conflict: {_DEAL}",
        "{{ partner or 'A partner' }} registered what another partner has already, or is protected for.{% if others %}\n\n"
        "See: {{ others | listed }}{% endif %}",
    ),
    "opportunity_assigned": Kind(
        "An opportunity was given to a partner, or to one of its people.",
        "partner",
        "An opportunity for you: {{ name }}",
        "An opportunity was given to you.{% if account_name %}\n\nAccount: {{ account_name }}{% endif %}",
    ),
    "opportunity_approved": Kind(
        "The vendor approved an opportunity.",
        "partner",
        "Approved: {{ name }}",
        "Your opportunity is approved.{% if approval_text %}\n\n{{ approval_text }}{% endif %}",
    ),
    "opportunity_rejected": Kind(
        "The vendor rejected or returned an opportunity.",
        "partner",
        "Not approved: {{ name }}",
        "Your opportunity was not approved.{% if approval_text %}\n\nReason: {{ approval_text }}{% endif %}",
    ),
    "register_now": Kind(
        "An approved opportunity is the partner's to register as a deal.",
        "partner",
        "Register your deal: {{ name }}",
        "Your opportunity is approved. Register it as a deal to have it protected."
        "{% if program %}\n\nProgramme: {{ program }}{% endif %}",
    ),
    "alert": Kind(
        "Something is wrong with a connection, or with the whole; see [alerts](alerts.md).",
        "vendor",
        "Alert: {{ trouble }}{% if connection %}: {{ connection }}{% endif %}",
        "{{ why }}\n\nSince {{ since | moment }}.\n\nWhat to do: {{ remedy }}",
    ),
    "alert_over": Kind(
        "What was wrong is well again.",
        "vendor",
        "Over: {{ trouble }}{% if connection %}: {{ connection }}{% endif %}",
        "It was on since {{ since | moment }}, because: {{ why }}",
    ),
    "alert_test": Kind(
        "Somebody tries whether alerts arrive.",
        "vendor",
        "Alert: a trial",
        "Nothing is wrong: this is a trial of the alerts, sent by hand.",
    ),
    DIGEST: Kind(
        "What somebody wants to be told once a day or once a week, together.",
        "both",
        "{{ events | length }} {{ 'piece' if events | length == 1 else 'pieces' }} of news",
        "{% for event in events %}* {{ event.subject }}\n{{ event.text | indent(2, first=true) }}\n\n{% endfor %}",
    ),
}  # fmt: skip
