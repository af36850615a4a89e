"""What a command found out and the UI shows too: materializations that no run has made."""

from __future__ import annotations

import dagster as dg

from centri.engine.match_report import Report
from centri.pipelines import metadata
from centri.pipelines.instance import instance_of
from centri.pipelines.translator import OWNER
from centri.settings import Settings

MATCH_REPORT = dg.AssetSpec(
    "match_report",
    group_name="matching",
    owners=[OWNER],
    kinds={"python"},
    description=(
        "How good matching is on leads whose account is known: precision, recall, what scores are worth, the worst errors. "
        "Made by `centri match report ... --dagster`."
    ),
)


def keep_match_report(settings: Settings, report: Report) -> None:
    """Show a report in the UI, beside those before it."""
    made = dg.AssetMaterialization(MATCH_REPORT.key, metadata=metadata.of_match_report(report))
    with instance_of(settings) as instance:
        instance.report_runless_asset_event(made)
