"""Sales: the pipeline, what was won and by whom. Amounts are never added up across currencies."""

# ruff: noqa: S608 - every name that is put into a statement here is one of ours

from __future__ import annotations

from centri.store.views.view import View

DIRECT_INDIRECT_SALES = View(
    "v_direct_indirect_sales",
    "one row for each motion (direct, indirect, cosell) and currency, of what was won",
    """
SELECT o.motion, o.currency, count(*) AS won, round(coalesce(sum(o.amount), 0), 2) AS amount
FROM {opportunities} o
WHERE o.stage_category = 'won'
GROUP BY o.motion, o.currency
""",
)

SALES_BY_PARTNER = View(
    "v_sales_by_partner",
    "one row for each partner that closed something, and currency",
    """
SELECT p.id AS partner_id, p.name AS partner, o.currency,
  count(CASE WHEN o.stage_category = 'won' THEN 1 END) AS won, count(CASE WHEN o.stage_category = 'lost' THEN 1 END) AS lost,
  round(coalesce(sum(CASE WHEN o.stage_category = 'won' THEN o.amount END), 0), 2) AS amount
FROM {opportunities} o
JOIN {partners} p ON p.id = o.partner_account_id
WHERE o.stage_category IN ('won', 'lost')
GROUP BY p.id, p.name, o.currency
""",
)

TOP_PARTNERS = View(
    "v_top_partners",
    "one row for each partner that won something, and currency, ranked by amount within the currency",
    f"""
SELECT rank() OVER (PARTITION BY s.currency ORDER BY s.amount DESC) AS place, s.partner_id, s.partner, s.currency, s.won, s.amount
FROM ({SALES_BY_PARTNER.sql}) s
WHERE s.won > 0
""",
)

REP_STACK_RANK = View(
    "v_rep_stack_rank",
    "one row for each person that won something, of partners or the vendor, and currency, ranked within the currency",
    """
WITH sale AS (
  SELECT u.id AS person_id, trim(coalesce(u.first_name, '') || ' ' || coalesce(u.last_name, '')) AS name, u.email,
    u.partner_account_id, o.currency, o.amount
  FROM {opportunities} o JOIN {people} u ON u.id = o.partner_user_id
  WHERE o.stage_category = 'won'
  UNION ALL
  SELECT v.id, coalesce(v.name, ''), v.email, NULL, o.currency, o.amount
  FROM {opportunities} o JOIN {vendors} v ON v.id = o.owner_vendor_user_id
  WHERE o.stage_category = 'won' AND o.partner_user_id IS NULL AND o.partner_account_id IS NULL
), person AS (
  SELECT s.person_id, CASE s.name WHEN '' THEN s.email ELSE s.name END AS person, s.partner_account_id, s.currency,
    count(*) AS won, round(coalesce(sum(s.amount), 0), 2) AS amount
  FROM sale s GROUP BY s.person_id, s.name, s.email, s.partner_account_id, s.currency
)
SELECT rank() OVER (PARTITION BY r.currency ORDER BY r.amount DESC) AS place, r.person_id, r.person,
  r.partner_account_id AS partner_id, coalesce(p.name, 'direct') AS works_for, r.currency, r.won, r.amount
FROM person r
LEFT JOIN {partners} p ON p.id = r.partner_account_id
""",
)

PIPELINE_FUNNEL = View(
    "v_pipeline_funnel",
    "one row for each stage and currency of what is not lost; amounts that only hold a place count as records, not as money",
    """
SELECT o.stage, o.stage_order, o.stage_category, o.currency, count(*) AS opportunities,
  sum(o.amount_unknown) AS without_amount, round(coalesce(sum(o.amount), 0), 2) AS amount
FROM {opportunities} o
WHERE o.stage_category <> 'lost'
GROUP BY o.stage, o.stage_order, o.stage_category, o.currency
""",
)

FORECAST = View(
    "v_forecast",
    "one row for each month in which open opportunities should close, motion and currency: direct and indirect beside each other",
    """
SELECT coalesce(o.close_month, '(none)') AS month, o.motion, o.currency, count(*) AS opportunities,
  sum(o.amount_unknown) AS without_amount, round(coalesce(sum(o.amount), 0), 2) AS amount,
  round(CAST(coalesce(sum(o.amount * coalesce(o.probability, 0)), 0) / 100.0 AS NUMERIC), 2) AS weighted
FROM {opportunities} o
WHERE o.stage_category = 'open'
GROUP BY o.close_month, o.motion, o.currency
""",
)

CLOSED_BY_MONTH = View(
    "v_closed_by_month",
    "one row for each month and currency: what was won and lost",
    """
SELECT coalesce(o.closed_month, '(none)') AS month, o.currency,
  count(CASE WHEN o.stage_category = 'won' THEN 1 END) AS won,
  round(coalesce(sum(CASE WHEN o.stage_category = 'won' THEN o.amount END), 0), 2) AS amount,
  count(CASE WHEN o.stage_category = 'lost' THEN 1 END) AS lost
FROM {opportunities} o
WHERE o.stage_category IN ('won', 'lost')
GROUP BY o.closed_month, o.currency
""",
)

TOP_DEALS = View(
    "v_top_deals",
    "one row for each opportunity that is not lost and whose amount is known, ranked by it within its currency",
    """
SELECT rank() OVER (PARTITION BY o.currency ORDER BY o.amount DESC) AS place, o.opportunity_id, o.name, o.account,
  p.name AS partner, o.stage, o.close_date, o.currency, o.amount
FROM {opportunities} o
LEFT JOIN {partners} p ON p.id = o.partner_account_id
WHERE o.stage_category <> 'lost' AND o.amount IS NOT NULL
""",
)

DEAD_OPPORTUNITIES = View(
    "v_dead_opportunities",
    "one row for each lost opportunity, the archive of what came to nothing",
    """
SELECT o.opportunity_id, o.name, o.account, p.name AS partner, o.currency, o.amount, o.closed_at, o.lost_reason
FROM {opportunities} o
LEFT JOIN {partners} p ON p.id = o.partner_account_id
WHERE o.stage_category = 'lost'
""",
)

DEAL_STATUS = View(
    "v_deal_status",
    "one row for each registered deal, with the moments that tell how long it has waited and until when it is protected",
    """
SELECT d.deal_id, d.number, d.revision_no, d.program, p.name AS partner, d.account, d.product_family, d.state,
  d.currency, d.amount, d.submitted_at, d.response_due_at, d.reviewed_at, d.approved_at, d.expires_at
FROM {deals} d
LEFT JOIN {partners} p ON p.id = d.partner_account_id
""",
)

VIEWS = (
    DIRECT_INDIRECT_SALES, SALES_BY_PARTNER, TOP_PARTNERS, REP_STACK_RANK, PIPELINE_FUNNEL, FORECAST, CLOSED_BY_MONTH, TOP_DEALS,
    DEAD_OPPORTUNITIES, DEAL_STATUS,
)  # fmt: skip
