"""Leads: where they come from, how good they are, how far they come, how old they are."""

# ruff: noqa: S608 - every name that is put into a statement here is one of ours

from __future__ import annotations

from centri.store.views.view import View, one_currency, sum_of_one_currency

LEAD_AGEING = View(
    "v_lead_ageing",
    "one row for each open lead, with the moments that tell how long it has waited",
    """
SELECT l.lead_id, l.company, l.source, l.state, p.name AS partner,
  CASE WHEN l.partner_account_id IS NULL THEN 0 ELSE 1 END AS with_partner, l.received_at, l.state_changed_at,
  l.first_assigned_at, l.first_response_at, l.last_activity_at
FROM {leads} l
LEFT JOIN {partners} p ON p.id = l.partner_account_id
WHERE l.is_open = 1
""",
)

LEADS_BY_SOURCE = View(
    "v_leads_by_source",
    "one row for each lead source",
    """
SELECT l.source, count(*) AS leads, sum(l.is_open) AS open, sum(l.converted) AS converted,
  sum(CASE WHEN l.state IN ('disqualified', 'expired') THEN 1 ELSE 0 END) AS dropped
FROM {leads} l
GROUP BY l.source
""",
)

LEAD_QUALITY = View(
    "v_lead_quality",
    "one row for each segment and band of scores",
    """
SELECT l.segment, l.score_band, count(*) AS leads, sum(l.qualified) AS qualified, sum(l.converted) AS converted,
  sum(l.qualified) * 1.0 / count(*) AS qualified_share, sum(l.converted) * 1.0 / count(*) AS converted_share
FROM {leads} l
GROUP BY l.segment, l.score_band
""",
)

LEAD_QUALITY_BY_SOURCE = View(
    "v_lead_quality_by_source",
    "one row for each lead source: from the lead to the won opportunity",
    f"""
SELECT l.source, count(*) AS leads, sum(l.qualified) AS qualified, sum(l.converted) AS converted,
  sum(l.converted) * 1.0 / count(*) AS converted_share,
  count(CASE WHEN o.stage_category = 'won' THEN 1 END) AS won, count(CASE WHEN o.stage_category = 'lost' THEN 1 END) AS lost,
  count(CASE WHEN o.stage_category = 'won' THEN 1 END) * 1.0
    / nullif(count(CASE WHEN o.stage_category IN ('won', 'lost') THEN 1 END), 0) AS win_rate,
  {sum_of_one_currency("w")} AS won_amount, {one_currency("w")} AS currency
FROM {{leads}} l
LEFT JOIN {{opportunities}} o ON o.opportunity_id = l.opportunity_id
LEFT JOIN {{opportunities}} w ON w.opportunity_id = l.opportunity_id AND w.stage_category = 'won'
GROUP BY l.source
""",
)

LEAD_BY_STATUS = View(
    "v_lead_by_status",
    "one row for each state that leads are in",
    """
SELECT l.state, CASE l.state WHEN 'new' THEN 1 WHEN 'on_hold' THEN 2 WHEN 'ready' THEN 3 WHEN 'assigned' THEN 4
    WHEN 'working' THEN 5 WHEN 'qualified' THEN 6 WHEN 'converted' THEN 7 WHEN 'recycled' THEN 8
    WHEN 'disqualified' THEN 9 ELSE 10 END AS state_order,
  count(*) AS leads, count(l.partner_account_id) AS with_partner
FROM {leads} l
GROUP BY l.state
""",
)

LEAD_CONVERSION = View(
    "v_lead_conversion",
    "one row for each month in which leads came in: how many of them were converted since",
    """
SELECT l.received_month AS month, count(*) AS leads, sum(l.converted) AS converted,
  sum(l.converted) * 1.0 / count(*) AS converted_share
FROM {leads} l
GROUP BY l.received_month
""",
)

CONVERTED_BY_MONTH = View(
    "v_converted_by_month",
    "one row for each month in which leads were converted",
    """
SELECT l.converted_month AS month, count(*) AS converted, count(l.opportunity_id) AS with_opportunity,
  avg({hours:l.received_at,l.converted_at}) / 24.0 AS average_days
FROM {leads} l
WHERE l.converted = 1
GROUP BY l.converted_month
""",
)

DIRECT_INDIRECT_LEADS = View(
    "v_direct_indirect_leads",
    "one row for leads that the vendor works on itself, one for those that partners brought in or took",
    """
SELECT l.channel, count(*) AS leads, sum(l.is_open) AS open, sum(l.converted) AS converted,
  sum(l.converted) * 1.0 / count(*) AS converted_share
FROM {leads} l
GROUP BY l.channel
""",
)

MTD_TREND = View(
    "v_mtd_trend",
    "one row for each day on which something happened; to_date columns add up within the month",
    """
WITH event AS (
  SELECT l.received_day AS day, 1 AS leads, 0 AS converted, 0 AS opportunities, 0 AS won FROM {leads} l
  UNION ALL SELECT l.converted_day, 0, 1, 0, 0 FROM {leads} l WHERE l.converted = 1
  UNION ALL SELECT o.created_day, 0, 0, 1, 0 FROM {opportunities} o
  UNION ALL SELECT o.closed_day, 0, 0, 0, 1 FROM {opportunities} o WHERE o.stage_category = 'won' AND o.closed_day IS NOT NULL
), day AS (
  SELECT e.day, substr(e.day, 1, 7) AS month, sum(e.leads) AS leads, sum(e.converted) AS converted,
    sum(e.opportunities) AS opportunities, sum(e.won) AS won
  FROM event e GROUP BY e.day
)
SELECT d.month, CAST(substr(d.day, 9, 2) AS INTEGER) AS day_of_month, d.day, d.leads, d.converted, d.opportunities, d.won,
  sum(d.leads) OVER (PARTITION BY d.month ORDER BY d.day) AS leads_to_date,
  sum(d.converted) OVER (PARTITION BY d.month ORDER BY d.day) AS converted_to_date,
  sum(d.opportunities) OVER (PARTITION BY d.month ORDER BY d.day) AS opportunities_to_date,
  sum(d.won) OVER (PARTITION BY d.month ORDER BY d.day) AS won_to_date
FROM day d
""",
)

VIEWS = (
    LEAD_AGEING, LEADS_BY_SOURCE, LEAD_QUALITY, LEAD_QUALITY_BY_SOURCE, LEAD_BY_STATUS, LEAD_CONVERSION, CONVERTED_BY_MONTH,
    DIRECT_INDIRECT_LEADS, MTD_TREND,
)  # fmt: skip
