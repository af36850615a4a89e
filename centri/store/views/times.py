"""How long things stay in a state, by what the audit log tells, and which deadlines were missed or still run."""

# ruff: noqa: S608 - every name that is put into a statement here is one of ours

from __future__ import annotations

from centri.store.views.view import View

_DROPPED = "'recycled', 'disqualified', 'expired', 'lost', 'rejected', 'withdrawn', 'cancelled'"

# A record's own row stands before its changes: its state then is the first change's old one, its present one where there is none,
# and none at all where the first change tells of its beginning.
STAGES = View(
    "v_stages",
    "one row for each stay of a lead, opportunity or deal in a state; left_at is NULL while it stays",
    """
WITH entry AS (
  SELECT CASE g.entity WHEN 'deal_registration' THEN 'deal' ELSE g.entity END AS subject, g.entity_id AS subject_id, 0 AS born,
    g.at, g.id, {word:g.old} AS old, {word:g.new} AS stage
  FROM audit_log g
  WHERE (g.entity = 'lead' AND g.field = 'state') OR (g.entity = 'opportunity' AND g.field = 'partner_stage')
    OR (g.entity = 'deal_registration' AND g.field = 'state')
  UNION ALL
  SELECT 'lead', l.lead_id, 1, l.received_at, 0, NULL, l.state FROM {leads} l
  UNION ALL
  SELECT 'opportunity', o.opportunity_id, 1, o.created_at, 0, NULL, o.stage FROM {opportunities} o
  UNION ALL
  SELECT 'deal', d.deal_id, 1, d.created_at, 0, NULL, d.state FROM {deals} d
), ordered AS (
  SELECT e.subject, e.subject_id, e.born, e.at, e.id, e.stage,
    max(e.born) OVER (PARTITION BY e.subject, e.subject_id) AS counted,
    lead(e.old) OVER (PARTITION BY e.subject, e.subject_id ORDER BY e.born DESC, e.at, e.id) AS first_stage,
    lead(e.id) OVER (PARTITION BY e.subject, e.subject_id ORDER BY e.born DESC, e.at, e.id) AS first_change
  FROM entry e
), stay AS (
  SELECT o.subject, o.subject_id, o.born, o.at, o.id,
    CASE WHEN o.born = 1 AND o.first_change IS NOT NULL THEN o.first_stage ELSE o.stage END AS stage
  FROM ordered o
  WHERE o.counted = 1 AND (o.born = 0 OR o.first_change IS NULL OR o.first_stage IS NOT NULL)
)
SELECT s.subject, s.subject_id, s.stage, s.at AS entered_at,
  lead(s.at) OVER (PARTITION BY s.subject, s.subject_id ORDER BY s.born DESC, s.at, s.id) AS left_at,
  lead(s.stage) OVER (PARTITION BY s.subject, s.subject_id ORDER BY s.born DESC, s.at, s.id) AS next_stage
FROM stay s
""",
)

STAGE_DURATIONS = View(
    "v_stage_durations",
    "one row for each state of leads, opportunities and deals: how many came, left and dropped out, and how long they stayed",
    f"""
SELECT s.subject, s.stage, count(*) AS entered, count(s.left_at) AS moved_on,
  count(*) - count(s.left_at) AS still_there,
  sum(CASE WHEN s.next_stage IN ({_DROPPED}) THEN 1 ELSE 0 END) AS dropped,
  avg({{hours:s.entered_at,s.left_at}}) AS average_hours, max({{hours:s.entered_at,s.left_at}}) AS longest_hours
FROM {{stages}} s
GROUP BY s.subject, s.stage
""",
)

DEADLINES = View(
    "v_deadlines",
    "one row for each deadline: when it is due, when it was met or became void, and whether it was missed for certain",
    """
SELECT 'accept' AS clock, 'lead' AS subject, o.lead_id AS subject_id, o.partner_account_id, o.accept_by AS due_at,
  CASE WHEN o.state NOT IN ('offered', 'viewed') THEN coalesce(o.responded_at, o.decided_at, o.accept_by) END AS settled_at,
  CASE WHEN o.state = 'expired' OR o.responded_at > o.accept_by THEN 1 ELSE 0 END AS missed
FROM {offers} o WHERE o.accept_by IS NOT NULL
UNION ALL
SELECT 'qualify', 'lead', a.lead_id, a.partner_account_id, a.qualify_by, coalesce(a.retained_at, a.ended_at),
  CASE WHEN a.state = 'pulled_back' OR coalesce(a.retained_at, a.ended_at) > a.qualify_by THEN 1 ELSE 0 END
FROM {assignments} a WHERE a.qualify_by IS NOT NULL
UNION ALL
SELECT 'first_contact', 'lead', f.lead_id, f.partner_account_id, f.due_at, coalesce(f.first_contact_at, f.ended_at),
  CASE WHEN coalesce(f.first_contact_at, f.ended_at) > f.due_at THEN 1 ELSE 0 END
FROM (SELECT a.lead_id, a.partner_account_id, a.first_contact_at, a.ended_at,
    {later:a.accepted_at,p.response_sla_hours} AS due_at
  FROM {assignments} a JOIN {partners} p ON p.id = a.partner_account_id
  WHERE a.accepted_at IS NOT NULL AND p.response_sla_hours IS NOT NULL AND a.kind <> 'internal') f
UNION ALL
SELECT 'deal_response', 'deal', d.deal_id, d.partner_account_id, d.response_due_at,
  CASE WHEN d.state NOT IN ('submitted', 'under_review') THEN coalesce(d.reviewed_at, d.closed_at, d.response_due_at) END,
  CASE WHEN d.state NOT IN ('submitted', 'under_review') AND d.reviewed_at > d.response_due_at THEN 1 ELSE 0 END
FROM {deals} d WHERE d.response_due_at IS NOT NULL
""",
)

SLA_BREACHES = View(
    "v_sla_breaches",
    "one row for each deadline that was missed, or still runs: it is missed too once due_at has passed",
    """
SELECT d.clock, d.subject, d.subject_id, d.partner_account_id AS partner_id, p.name AS partner, d.due_at, d.settled_at, d.missed
FROM {deadlines} d
LEFT JOIN {partners} p ON p.id = d.partner_account_id
WHERE d.missed = 1 OR d.settled_at IS NULL
""",
)

VIEWS = (STAGES, STAGE_DURATIONS, DEADLINES, SLA_BREACHES)
