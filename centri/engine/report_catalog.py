"""The reports: which question each answers, which view it reads, what it shows, whom it may be shown to."""

from __future__ import annotations

from collections.abc import Mapping

from centri.engine import report_shapes as shapes
from centri.engine.report_kinds import NO_CHART, Chart, Kind, Report
from centri.engine.report_values import columns
from centri.store.views.narrowing import Reach


def _bar(*label: str, of: str = "") -> Chart:
    return Chart(Kind.BAR, label, (of,) if of else ())


_RECEIVED = {"leads": "received_at"}
_CLOSED = {"opportunities": "closed_at"}
_CREATED = {"opportunities": "created_at"}
_WORK = {"offers": "offered_at", "assignments": "accepted_at", "opportunities": "closed_at", "deals": "submitted_at"}

_SCORECARD = columns(
    "partner", "tier", "offers count", "accepted count", "declined count", "expired count", "accept_rate share",
    "hours_to_accept hours", "leads count", "hours_to_contact hours", "pullbacks count", "converted count", "conversion share",
    "won count", "lost count", "win_rate share", "revenue money", "currency", "deals count", "deals_approved count",
)  # fmt: skip
_FUNNEL = columns("stage", "currency", "opportunities count", "without_amount count", "amount money")

_ALL = (
    Report(
        "lead_ageing", "Lead ageing", "How long have open leads waited?", "v_lead_ageing",
        columns("age", "leads count", "without_partner count", "untouched count", "oldest moment"), (), _bar("age", of="leads"),
        dated=_RECEIVED, shape=shapes.ageing,
        fetched=columns("received_at moment", "with_partner yes or no", "first_response_at moment"),
    ),
    Report(
        "open_leads", "Open leads", "Which leads are open, who holds them, and since when did nothing happen?", "v_lead_ageing",
        columns(
            "lead_id", "company", "source", "state", "partner", "age_days days", "idle_days days", "first_response_at moment",
        ),
        ("-age_days", "lead_id"), _bar("state"), dated=_RECEIVED, shape=shapes.aged,
        fetched=columns(
            "lead_id", "company", "source", "state", "partner", "received_at moment", "state_changed_at moment",
            "last_activity_at moment", "first_response_at moment",
        ),
    ),
    Report(
        "leads_by_source", "Leads by source", "Where do leads come from, and what became of them?", "v_leads_by_source",
        columns("source", "leads count", "open count", "converted count", "dropped count"), ("-leads", "source"),
        _bar("source", of="leads"), dated=_RECEIVED,
    ),
    Report(
        "lead_quality", "Lead quality", "Which share of leads is qualified, and converted, by segment and score?",
        "v_lead_quality",
        columns(
            "segment", "score_band", "leads count", "qualified count", "converted count", "qualified_share share",
            "converted_share share",
        ),
        ("segment", "score_band"), _bar("segment", "score_band", of="converted_share"), dated=_RECEIVED,
    ),
    Report(
        "lead_quality_by_source", "Lead quality by source", "Which sources bring leads that are converted and won?",
        "v_lead_quality_by_source",
        columns(
            "source", "leads count", "qualified count", "converted count", "converted_share share", "won count", "lost count",
            "win_rate share", "won_amount money", "currency",
        ),
        ("-converted_share", "source"), _bar("source", of="converted_share"), dated=_RECEIVED,
    ),
    Report(
        "lead_by_status", "Leads by status", "How many leads are in which state?", "v_lead_by_status",
        columns("state", "leads count", "with_partner count"), ("state_order", "state"), _bar("state", of="leads"),
        dated=_RECEIVED, fetched=columns("state", "leads count", "with_partner count", "state_order count"),
    ),
    Report(
        "lead_conversion", "Lead conversion", "Of the leads that came in in a month, which share was converted since?",
        "v_lead_conversion", columns("month", "leads count", "converted count", "converted_share share"), ("month",),
        Chart(Kind.LINE, ("month",), ("converted_share",)), dated=_RECEIVED,
    ),
    Report(
        "converted_by_month", "Converted leads by month", "How many leads are converted in a month, and after how long?",
        "v_converted_by_month", columns("month", "converted count", "with_opportunity count", "average_days days"), ("month",),
        Chart(Kind.LINE, ("month",), ("converted", "with_opportunity")), dated={"leads": "converted_at"},
    ),
    Report(
        "direct_vs_indirect_leads", "Direct and indirect leads",
        "How many leads does the vendor work on itself, how many do partners?",
        "v_direct_indirect_leads", columns("channel", "leads count", "open count", "converted count", "converted_share share"),
        ("channel",), _bar("channel", of="leads"), dated=_RECEIVED,
    ),
    Report(
        "mtd_trend", "Month to date", "How does this month stand against the one before on the same day?", "v_mtd_trend",
        columns("day count", *(f"{name}{of} count" for name in shapes.TRENDS for of in ("", "_month_before"))), ("day",),
        Chart(Kind.LINE, ("day",), ("leads", "leads_month_before", "won", "won_month_before")), shape=shapes.month_to_date,
        fetched=columns("month", "day_of_month count", *(f"{name}_to_date count" for name in shapes.TRENDS)),
    ),
    Report(
        "indirect_vs_direct_sales", "Indirect and direct sales", "How much is won directly, how much through partners?",
        "v_direct_indirect_sales", columns("motion", "currency", "won count", "amount money"), ("currency", "motion"),
        _bar("motion", "currency", of="amount"), dated=_CLOSED,
    ),
    Report(
        "sales_by_partner", "Sales by partner", "What has each partner won and lost?", "v_sales_by_partner",
        columns("partner", "currency", "won count", "lost count", "amount money"), ("currency", "-amount", "partner"),
        _bar("partner", "currency", of="amount"), dated=_CLOSED,
    ),
    Report(
        "top_partners", "Top partners", "Which ten partners have won most?", "v_top_partners",
        columns("place count", "partner", "currency", "won count", "amount money"), ("currency", "place", "partner"),
        _bar("partner", "currency", of="amount"), Reach.NOTHING, _CLOSED, top=10,
    ),
    Report(
        "rep_stack_rank", "Stack ranking of people", "Who has won most, at partners and at the vendor?", "v_rep_stack_rank",
        columns("place count", "person", "works_for", "currency", "won count", "amount money"), ("currency", "place", "person"),
        _bar("person", "currency", of="amount"), dated=_CLOSED,
    ),
    Report(
        "deal_status", "Deal status", "How do registered deals stand, and which wait beyond their time?", "v_deal_status",
        columns("state", "deals count", "overdue count", "expiring count", "oldest_days days"), (), _bar("state", of="deals"),
        dated={"deals": "submitted_at"}, shape=shapes.deal_states,
        fetched=columns("state", "submitted_at moment", "response_due_at moment", "expires_at moment"),
    ),
    Report(
        "pipeline_funnel", "Pipeline funnel", "What is in the pipeline, stage by stage?", "v_pipeline_funnel", _FUNNEL,
        ("stage_order", "stage", "currency"), Chart(Kind.FUNNEL, ("stage",), ("opportunities",)), dated=_CREATED,
        fetched=(*_FUNNEL, *columns("stage_order count")),
    ),
    Report(
        "forecast", "Forecast", "What should be closed when, directly and through partners?", "v_forecast",
        columns(
            "month", "motion", "currency", "opportunities count", "without_amount count", "amount money", "weighted money",
        ),
        ("month", "currency", "motion"), _bar("month", "motion", "currency", of="weighted"), dated=_CREATED,
    ),
    Report(
        "closed_by_month", "Closed business by month", "How much is won in a month?", "v_closed_by_month",
        columns("month", "currency", "won count", "amount money", "lost count"), ("month", "currency"),
        Chart(Kind.LINE, ("month",), ("amount",), by="currency"), dated=_CLOSED,
    ),
    Report(
        "top_deals", "Top deals", "Which ten opportunities are the largest?", "v_top_deals",
        columns("place count", "name", "account", "partner", "stage", "close_date date", "currency", "amount money"),
        ("currency", "place", "name"), _bar("name", "currency", of="amount"), dated=_CREATED, top=10,
    ),
    Report(
        "dead_opportunities", "Lost opportunities", "Which opportunities were lost, and why?", "v_dead_opportunities",
        columns("name", "account", "partner", "currency", "amount money", "closed_at moment", "lost_reason"),
        ("closed_at", "name"), _bar("lost_reason"), dated=_CLOSED,
    ),
    Report(
        "stage_durations", "Time in each state",
        "How long do leads, opportunities and deals stay in a state, and where do they drop out?",
        "v_stage_durations",
        columns(
            "subject", "stage", "entered count", "moved_on count", "still_there count", "dropped count", "average_hours hours",
            "longest_hours hours",
        ),
        ("subject", "-entered", "stage"), _bar("subject", "stage", of="average_hours"), dated={"stages": "entered_at"},
    ),
    Report(
        "sla_breaches", "Missed deadlines", "Which deadlines were missed, or have passed and still wait?", "v_sla_breaches",
        columns("clock", "subject", "subject_id", "partner", "due_at moment", "settled_at moment", "late_hours hours"),
        ("due_at", "clock", "subject_id", "partner"), _bar("clock"), Reach.OWN, {"deadlines": "due_at"}, shapes.breaches,
        columns("clock", "subject", "subject_id", "partner", "due_at moment", "settled_at moment", "missed yes or no"),
    ),
    Report(
        "partner_scorecard", "Partner scorecard", "How well does each partner answer, work and sell?", "v_partner_scorecard",
        _SCORECARD, ("partner",), _bar("partner", of="accept_rate"), Reach.OWN, _WORK,
    ),
    Report(
        "sync_health", "Health of the sync", "Does each connection run, and what is held?", "v_sync_health",
        columns(
            "connection", "last_run_at moment", "last_status", "runs count", "failed count", "to_settle count",
            "to_look_at count",
            "to_send count", "refused count", "errors count", "warnings count",
        ),
        ("connection",), _bar("connection", of="errors"), Reach.NOTHING,
    ),
    Report(
        "unlinked", "Rows without a counterpart", "What has no record in a CRM that maps it, and why?", "v_unlinked",
        columns("connection", "entity", "why", "born_there yes or no", "records count"), ("connection", "entity", "why"),
        _bar("connection", "entity", of="records"), Reach.NOTHING, counted="records",
    ),
    Report(
        "partner_leads", "A partner's leads", "Which leads may a partner see?", "v_partner_leads",
        columns(
            "for_partner", "for_person", "level", "held yes or no", "lead_id", "company", "country_code", "state",
            "received_at moment", "last_activity_at moment", "converted_at moment",
        ),
        ("for_partner", "for_person", "-received_at", "lead_id"), _bar("state"), dated=_RECEIVED,
    ),
    Report(
        "partner_opportunities", "A partner's opportunities", "Which opportunities may a partner see?", "v_partner_opportunities",
        columns(
            "for_partner", "for_person", "level", "name", "account", "stage", "currency", "amount money", "close_date date",
            "approval_state", "next_step", "closed_at moment",
        ),
        ("for_partner", "for_person", "name"), _bar("stage"), dated=_CREATED,
    ),
    Report(
        "partner_deals", "A partner's registered deals", "How do a partner's registered deals stand?", "v_partner_deals",
        columns(
            "for_partner", "for_person", "level", "number", "revision_no count", "program", "account", "product_family", "state",
            "currency", "amount money", "submitted_at moment", "response_due_at moment", "expires_at moment",
        ),
        ("for_partner", "for_person", "number"), _bar("state"), dated={"deals": "submitted_at"},
    ),
    Report(
        "partner_pipeline", "A partner's pipeline", "What does a partner have in the pipeline, stage by stage?",
        "v_partner_pipeline", (*columns("for_partner"), *_FUNNEL), ("for_partner", "stage_order", "stage", "currency"),
        Chart(Kind.FUNNEL, ("stage",), ("opportunities",)), dated=_CREATED,
        fetched=(*columns("for_partner"), *_FUNNEL, *columns("stage_order count")),
    ),
    Report(
        "partner_scorecard_own", "A partner's own scorecard", "How does a partner do, as it sees itself?",
        "v_partner_scorecard_own", _SCORECARD, ("partner",), NO_CHART, Reach.OWN, _WORK,
    ),
)  # fmt: skip

REPORTS: Mapping[str, Report] = {report.name: report for report in _ALL}
"""Every report by its name."""
