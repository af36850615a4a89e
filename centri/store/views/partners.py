"""Partners: the scorecard, and what each sees of its own leads, opportunities and deals.

The views that begin with ``v_partner_`` name in ``principal_partner_id`` whose rows they are. ``principal_user_id`` is NULL where
the partner itself was granted a record, which is for its administrators, and names a person where that person was.
"""

# ruff: noqa: S608 - every name that is put into a statement here is one of ours

from __future__ import annotations

from centri.store.views.view import View, one_currency, sum_of_one_currency

PARTNER_SCORECARD = View(
    "v_partner_scorecard",
    "one row for each partner: how it answers offers, works on leads, and closes opportunities",
    f"""
WITH offer AS MATERIALIZED (
  SELECT o.partner_account_id, count(*) AS offers, count(CASE o.state WHEN 'accepted' THEN 1 END) AS accepted,
    count(CASE o.state WHEN 'declined' THEN 1 END) AS declined, count(CASE o.state WHEN 'expired' THEN 1 END) AS expired,
    avg(CASE o.state WHEN 'accepted' THEN {{hours:o.offered_at,o.responded_at}} END) AS hours_to_accept
  FROM {{offers}} o GROUP BY o.partner_account_id
), work AS MATERIALIZED (
  SELECT a.partner_account_id, count(DISTINCT a.lead_id) AS leads,
    avg(CASE a.kind WHEN 'internal' THEN NULL ELSE {{hours:a.accepted_at,a.first_contact_at}} END) AS hours_to_contact,
    count(CASE a.state WHEN 'pulled_back' THEN 1 END) AS pullbacks,
    count(DISTINCT CASE a.converted WHEN 1 THEN a.lead_id END) AS converted
  FROM {{assignments}} a WHERE a.accepted_at IS NOT NULL GROUP BY a.partner_account_id
), outcome AS MATERIALIZED (
  SELECT o.partner_account_id, count(CASE o.stage_category WHEN 'won' THEN 1 END) AS won,
    count(CASE o.stage_category WHEN 'lost' THEN 1 END) AS lost
  FROM {{opportunities}} o GROUP BY o.partner_account_id
), won AS MATERIALIZED (
  SELECT o.partner_account_id, {sum_of_one_currency("o")} AS revenue, {one_currency("o")} AS currency
  FROM {{opportunities}} o WHERE o.stage_category = 'won' GROUP BY o.partner_account_id
), deal AS MATERIALIZED (
  SELECT d.partner_account_id, count(CASE d.state WHEN 'draft' THEN NULL ELSE 1 END) AS deals, count(d.approved_at) AS approved
  FROM {{deals}} d GROUP BY d.partner_account_id
)
SELECT p.id AS partner_id, p.name AS partner, p.tier,
  coalesce(f.offers, 0) AS offers, coalesce(f.accepted, 0) AS accepted, coalesce(f.declined, 0) AS declined,
  coalesce(f.expired, 0) AS expired,
  f.accepted * 1.0 / nullif(f.accepted + f.declined + f.expired, 0) AS accept_rate, f.hours_to_accept,
  coalesce(a.leads, 0) AS leads, a.hours_to_contact, coalesce(a.pullbacks, 0) AS pullbacks,
  coalesce(a.converted, 0) AS converted, a.converted * 1.0 / nullif(a.leads, 0) AS conversion,
  coalesce(o.won, 0) AS won, coalesce(o.lost, 0) AS lost, o.won * 1.0 / nullif(o.won + o.lost, 0) AS win_rate,
  CASE WHEN w.partner_account_id IS NULL THEN 0 ELSE w.revenue END AS revenue, w.currency,
  coalesce(d.deals, 0) AS deals, coalesce(d.approved, 0) AS deals_approved
FROM {{partners}} p
LEFT JOIN offer f ON f.partner_account_id = p.id
LEFT JOIN work a ON a.partner_account_id = p.id
LEFT JOIN outcome o ON o.partner_account_id = p.id
LEFT JOIN won w ON w.partner_account_id = p.id
LEFT JOIN deal d ON d.partner_account_id = p.id
WHERE p.deleted_at IS NULL
""",
)

PARTNER_SCORECARD_OWN = View(
    "v_partner_scorecard_own",
    "one row for each partner: its own scorecard, for itself",
    f"""
SELECT s.partner_id AS principal_partner_id, s.*
FROM ({PARTNER_SCORECARD.sql}) s
""",
)

PARTNER_LEADS = View(
    "v_partner_leads",
    "one row for each lead and each partner or partner's person that may see it",
    """
SELECT g.principal_partner_id, g.principal_user_id, p.name AS for_partner, u.email AS for_person, g.level,
  l.lead_id, l.company, l.country_code, l.segment, l.source,
  l.state, l.received_at, l.last_activity_at, l.converted_at,
  CASE WHEN l.partner_account_id = g.principal_partner_id THEN 1 ELSE 0 END AS held
FROM {grants} g
JOIN {leads} l ON g.subject_type = 'lead' AND l.lead_id = g.subject_id
JOIN {partners} p ON p.id = g.principal_partner_id
LEFT JOIN {people} u ON u.id = g.principal_user_id
""",
)

PARTNER_OPPORTUNITIES = View(
    "v_partner_opportunities",
    "one row for each opportunity and each partner or partner's person that may see it",
    """
SELECT g.principal_partner_id, g.principal_user_id, p.name AS for_partner, u.email AS for_person, g.level,
  o.opportunity_id, o.name, o.account, o.stage, o.stage_category,
  o.currency, o.amount, o.close_date, o.approval_state, o.next_step, o.closed_at
FROM {grants} g
JOIN {opportunities} o ON g.subject_type = 'opportunity' AND o.opportunity_id = g.subject_id
JOIN {partners} p ON p.id = g.principal_partner_id
LEFT JOIN {people} u ON u.id = g.principal_user_id
""",
)

PARTNER_DEALS = View(
    "v_partner_deals",
    "one row for each registered deal and each partner or partner's person that may see it",
    """
SELECT g.principal_partner_id, g.principal_user_id, p.name AS for_partner, u.email AS for_person, g.level,
  d.deal_id, d.number, d.revision_no, d.program, d.account,
  d.product_family, d.state, d.currency, d.amount, d.submitted_at, d.response_due_at, d.expires_at
FROM {grants} g
JOIN {deals} d ON g.subject_type = 'deal' AND d.deal_id = g.subject_id
JOIN {partners} p ON p.id = g.principal_partner_id
LEFT JOIN {people} u ON u.id = g.principal_user_id
""",
)

PARTNER_PIPELINE = View(
    "v_partner_pipeline",
    "one row for each partner, stage and currency of the opportunities that are not lost and that it or its people may see",
    """
SELECT g.principal_partner_id, p.name AS for_partner, o.stage, o.stage_order, o.stage_category, o.currency,
  count(*) AS opportunities,
  sum(o.amount_unknown) AS without_amount, round(coalesce(sum(o.amount), 0), 2) AS amount
FROM (SELECT DISTINCT x.subject_id, x.principal_partner_id FROM {grants} x WHERE x.subject_type = 'opportunity') g
JOIN {opportunities} o ON o.opportunity_id = g.subject_id
JOIN {partners} p ON p.id = g.principal_partner_id
WHERE o.stage_category <> 'lost'
GROUP BY g.principal_partner_id, p.name, o.stage, o.stage_order, o.stage_category, o.currency
""",
)

VIEWS = (
    PARTNER_SCORECARD, PARTNER_SCORECARD_OWN, PARTNER_LEADS, PARTNER_OPPORTUNITIES, PARTNER_DEALS, PARTNER_PIPELINE,
)  # fmt: skip
