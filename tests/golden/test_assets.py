"""Every asset of the shipped mapping as Dagster shows it, kept as text so that a change of it is seen."""

from pathlib import Path

import dagster as dg

from centri.engine.project import PRM_FIELDS
from centri.mappings.loader import load
from centri.pipelines.definitions import build_definitions
from centri.settings import Settings

GOLDEN = Path(__file__).with_name("assets.txt")
SHIPPED = Path(__file__).parents[2] / "mappings.yaml"
REFRESH = ".venv/bin/python tests/golden/test_assets.py"


def rendered() -> str:
    definitions = build_definitions(load(SHIPPED, PRM_FIELDS), Settings())
    specs = sorted(definitions.resolve_all_asset_specs(), key=lambda spec: spec.key.to_user_string())
    return "\n".join(_lines(spec) for spec in specs)


def _lines(spec: dg.AssetSpec) -> str:
    """Everything but the version and the field table, which follow each edit of the mapping."""
    facts = {
        "group": spec.group_name,
        "owners": ", ".join(spec.owners),
        "kinds": ", ".join(sorted(spec.kinds)),
        "tags": ", ".join(f"{name}={value}" for name, value in sorted(spec.tags.items()) if not name.startswith("dagster/")),
        "behind": ", ".join(sorted(dep.asset_key.to_user_string() for dep in spec.deps)),
        "says": (spec.description or "").splitlines()[0],
    }
    return "\n".join([spec.key.to_user_string(), *(f"  {name}: {value}" for name, value in facts.items() if value), ""])


def test_assets():
    assert rendered() == GOLDEN.read_text(), f"the assets changed; if they should: {REFRESH}"


if __name__ == "__main__":
    GOLDEN.write_text(rendered())
