"""What the reports count: leads, assignments, offers, opportunities, registered deals; deleted and merged rows are none."""

# ruff: noqa: S608 - every name that is put into a statement here is one of ours

from __future__ import annotations

from centri.store.views.view import View

LEADS = View(
    "v_leads",
    "one row for each lead that stands for itself, with who holds it and what it became",
    """
SELECT l.id AS lead_id, l.company, l.received_at, {day:l.received_at} AS received_day, {month:l.received_at} AS received_month,
  coalesce(l.lead_source, '(none)') AS source, l.campaign_ref AS campaign, l.source_kind, l.country_code,
  l.state, l.state_changed_at, coalesce(l.segment_code, '(none)') AS segment, l.score,
  CASE WHEN l.score IS NULL THEN '(none)' WHEN l.score < 25 THEN '0-24' WHEN l.score < 50 THEN '25-49'
    WHEN l.score < 75 THEN '50-74' ELSE '75+' END AS score_band,
  CASE WHEN l.qualification = 'sql' OR l.state IN ('qualified', 'converted') THEN 1 ELSE 0 END AS qualified,
  CASE WHEN l.state = 'converted' THEN 1 ELSE 0 END AS converted,
  CASE WHEN l.state IN ('converted', 'disqualified', 'expired') THEN 0 ELSE 1 END AS is_open,
  l.first_assigned_at, l.first_response_at, l.last_activity_at,
  l.converted_at, {day:l.converted_at} AS converted_day, {month:l.converted_at} AS converted_month,
  l.converted_opportunity_id AS opportunity_id,
  a.partner_account_id, a.partner_user_id,
  CASE WHEN l.source_kind = 'partner' OR a.partner_account_id IS NOT NULL THEN 'indirect' ELSE 'direct' END AS channel
FROM lead l
LEFT JOIN lead_assignment a ON a.lead_id = l.id AND a.deleted_at IS NULL AND a.state IN ('accepted', 'retained', 'completed')
  AND a.seq = (SELECT max(x.seq) FROM lead_assignment x WHERE x.lead_id = l.id AND x.deleted_at IS NULL)
WHERE l.deleted_at IS NULL AND l.state <> 'merged'
""",
)

ASSIGNMENTS = View(
    "v_assignments",
    "one row for each time that a lead was given to a partner or put on offer",
    """
SELECT a.id AS assignment_id, a.lead_id, a.seq, a.kind, a.state, a.partner_account_id, a.partner_user_id,
  a.offered_at, a.accept_by, a.accepted_at, a.qualify_by, a.retained_at, a.ended_at, a.end_reason,
  CASE WHEN a.state = 'completed' AND l.state = 'converted' THEN 1 ELSE 0 END AS converted,
  (SELECT min(c.occurred_at) FROM activity c WHERE c.subject_type = 'lead' AND c.subject_id = a.lead_id
    AND c.kind IN ('call', 'email', 'meeting', 'contact_established') AND c.deleted_at IS NULL
    AND c.occurred_at >= a.accepted_at AND (a.ended_at IS NULL OR c.occurred_at <= a.ended_at)) AS first_contact_at
FROM lead_assignment a
JOIN lead l ON l.id = a.lead_id
WHERE a.deleted_at IS NULL AND l.deleted_at IS NULL AND l.state <> 'merged'
""",
)

OFFERS = View(
    "v_offers",
    "one row for each partner that was asked whether it takes a lead",
    """
SELECT o.id AS offer_id, o.assignment_id, a.lead_id, o.partner_account_id, o.state, o.rank, o.offered_at, o.responded_at,
  a.accept_by, coalesce(a.accepted_at, a.ended_at) AS decided_at
FROM lead_offer o
JOIN {assignments} a ON a.assignment_id = o.assignment_id
WHERE o.deleted_at IS NULL
""",
)

_STAGE_ORDER = """CASE o.partner_stage WHEN 'open' THEN 1 WHEN 'qualification' THEN 2 WHEN 'needs_analysis' THEN 3
    WHEN 'presentation' THEN 4 WHEN 'decision_makers' THEN 5 WHEN 'proposal' THEN 6 WHEN 'negotiation' THEN 7
    WHEN 'won' THEN 9 WHEN 'lost' THEN 10 ELSE 8 END"""

OPPORTUNITIES = View(
    "v_opportunities",
    "one row for each opportunity; amounts and dates that only hold a place are NULL",
    f"""
SELECT o.id AS opportunity_id, o.name, o.account_id, ac.name AS account, o.partner_account_id, o.partner_user_id,
  o.owner_vendor_user_id, o.originating_lead_id, o.motion, o.sourced_by,
  CASE WHEN o.amount_is_placeholder THEN NULL ELSE {{number:o.amount}} END AS amount,
  CASE WHEN o.amount IS NULL OR o.amount_is_placeholder THEN 1 ELSE 0 END AS amount_unknown,
  coalesce(o.currency, '(none)') AS currency,
  CASE WHEN o.close_date_is_placeholder THEN NULL ELSE o.close_date END AS close_date,
  CASE WHEN o.close_date_is_placeholder THEN NULL ELSE {{month_of_date:o.close_date}} END AS close_month,
  o.partner_stage AS stage, {_STAGE_ORDER} AS stage_order, o.stage_category, o.probability,
  coalesce(o.forecast_category, '(none)') AS forecast_category, o.approval_state, o.product_family, o.next_step,
  o.created_at, {{day:o.created_at}} AS created_day, o.closed_at, {{day:o.closed_at}} AS closed_day,
  CASE WHEN o.stage_category = 'open' THEN NULL
    ELSE coalesce({{month:o.closed_at}}, {{month_of_date:o.close_date}}) END AS closed_month,
  o.lost_reason, o.registered_partner_id, o.registration_expires_at
FROM opportunity o
JOIN account ac ON ac.id = o.account_id
WHERE o.deleted_at IS NULL
""",
)

DEALS = View(
    "v_deals",
    "one row for each registered deal, in its latest revision",
    """
SELECT d.id AS deal_id, d.number, d.revision_no, p.code AS program, d.state, d.partner_account_id, d.account_id, d.opportunity_id,
  coalesce(d.account_name, ac.name) AS account, d.product_family, {number:d.amount} AS amount,
  coalesce(d.currency, '(none)') AS currency, d.close_date, d.created_at, d.submitted_at, d.response_due_at, d.reviewed_at,
  d.approved_at, d.expires_at, d.closed_at, d.conflict
FROM deal_registration d
JOIN program p ON p.id = d.program_id
LEFT JOIN account ac ON ac.id = d.account_id
WHERE d.deleted_at IS NULL
  AND d.id NOT IN (SELECT n.previous_id FROM deal_registration n WHERE n.previous_id IS NOT NULL AND n.deleted_at IS NULL)
""",
)

GRANTS = View(
    "v_grants",
    "one row for each record and each partner or partner's person that may see it now",
    """
SELECT g.subject_type, g.subject_id,
  CASE g.principal_type WHEN 'partner_account' THEN g.principal_id ELSE u.partner_account_id END AS principal_partner_id,
  u.id AS principal_user_id,
  CASE max(CASE g.level WHEN 'write' THEN 3 WHEN 'read' THEN 2 ELSE 1 END)
    WHEN 3 THEN 'write' WHEN 2 THEN 'read' ELSE 'offer' END AS level
FROM record_access g
LEFT JOIN partner_user u ON g.principal_type = 'partner_user' AND u.id = g.principal_id
WHERE g.revoked_at IS NULL AND g.deleted_at IS NULL AND (g.principal_type = 'partner_account' OR u.id IS NOT NULL)
GROUP BY g.subject_type, g.subject_id, g.principal_type, g.principal_id, u.partner_account_id, u.id
""",
)

VIEWS = (LEADS, ASSIGNMENTS, OFFERS, OPPORTUNITIES, DEALS, GRANTS)
