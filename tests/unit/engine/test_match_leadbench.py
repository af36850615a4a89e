"""What matching reaches on the benchmark of noisy leads; the floors stand in one table."""

from __future__ import annotations

from pathlib import Path

import pytest

from centri.dedupe.companies.measures import Measures
from centri.engine.match_report import ReportFiles, report_files
from centri.engine.match_training import TrainFiles, take, try_files

BENCH = Path(__file__).parents[4] / "shared" / "data" / "leadbench"

FLOORS = {"default": (0.965, 0.9, 0.015), "trained": (0.975, 0.95, 0.01)}
"""Of each model the least best F1 and recall at precision 0.99, and the greatest calibration error."""

pytestmark = [
    pytest.mark.prove,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(not BENCH.is_dir(), reason="the benchmark is not here"),
]


def files(folder: Path) -> tuple[Path, Path, Path]:
    return folder / "accounts.csv.gz", folder / "leads.csv.gz", folder / "gold.csv.gz"


def fits(told: Measures, model: str) -> None:
    f1, recall, error = FLOORS[model]
    reached = (told.best.f1, told.recall_at[0.99], told.calibration_error)
    assert reached[0] >= f1, reached
    assert reached[1] >= recall, reached
    assert reached[2] <= error, reached


def test_the_default_model_untrained():
    fits(report_files(ReportFiles(*files(BENCH))).measures, "default")


def test_a_model_trained_on_other_leads(tmp_path):
    out = tmp_path / "model.json"
    done = try_files(TrainFiles(*files(BENCH / "train"), out))
    assert done.better
    take(done, out)
    fits(report_files(ReportFiles(*files(BENCH), model=out)).measures, "trained")
