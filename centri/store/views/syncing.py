"""The sync itself: how each connection does, and which rows have no counterpart in a CRM."""

# ruff: noqa: S608 - every name that is put into a statement here is one of ours

from __future__ import annotations

from centri.store.triggers import SYNCED
from centri.store.views.view import View

SYNC_HEALTH = View(
    "v_sync_health",
    "one row for each connection that ran or is spoken to: its last round, and what is owed, held and refused",
    """
WITH named AS (
  SELECT connection FROM sync_run UNION SELECT connection FROM sync_spoke
), ran AS (
  SELECT r.connection, count(*) AS runs, count(CASE r.status WHEN 'failed' THEN 1 END) AS failed, max(r.started_at) AS last_run_at
  FROM sync_run r GROUP BY r.connection
)
SELECT c.connection, coalesce(n.runs, 0) AS runs, coalesce(n.failed, 0) AS failed, n.last_run_at,
  (SELECT max(r.status) FROM sync_run r WHERE r.connection = c.connection AND r.started_at = n.last_run_at) AS last_status,
  (SELECT count(*) FROM sync_staging s WHERE s.connection = c.connection AND s.state <> 'done') AS to_settle,
  (SELECT count(*) FROM sync_dirty d WHERE d.connection = c.connection) AS to_look_at,
  (SELECT count(*) FROM sync_delivery d WHERE d.connection = c.connection AND d.state IN ('queued', 'waiting', 'sending'))
    AS to_send,
  (SELECT count(*) FROM sync_delivery d WHERE d.connection = c.connection AND d.state = 'rejected') AS refused,
  (SELECT count(*) FROM sync_anomaly a WHERE a.connection = c.connection AND a.state = 'open' AND a.severity = 'error') AS errors,
  (SELECT count(*) FROM sync_anomaly a WHERE a.connection = c.connection AND a.state = 'open' AND a.severity = 'warning')
    AS warnings
FROM named c
LEFT JOIN ran n ON n.connection = c.connection
""",
)


def _rows(entity: str) -> str:
    gone = {
        "lead": " AND r.state <> 'merged'",
        "contact": " AND r.merged_into_id IS NULL",
        "account": " AND r.merged_into_id IS NULL",
    }
    return f"SELECT '{entity}' AS entity, r.id, r.created_at FROM {entity} r WHERE r.deleted_at IS NULL{gone.get(entity, '')}"


UNLINKED = View(
    "v_unlinked",
    "one row for each living row and connection that maps it but has no active link; why tells what its link became",
    f"""
SELECT s.connection, r.entity, r.id AS prm_id, r.created_at, s.creates AS born_there,
  coalesce((SELECT min(k.state) FROM sync_link k WHERE k.connection = s.connection AND k.entity = r.entity AND k.prm_id = r.id),
    'never linked') AS why
FROM sync_spoke s
JOIN ({" UNION ALL ".join(map(_rows, SYNCED))}) r ON r.entity = s.entity
WHERE NOT EXISTS (SELECT 1 FROM sync_link k
  WHERE k.connection = s.connection AND k.entity = r.entity AND k.prm_id = r.id AND k.state = 'active')
""",
)

VIEWS = (SYNC_HEALTH, UNLINKED)
