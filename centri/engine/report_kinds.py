"""What a report is: its question, its view, its columns, its chart, whom it may be shown to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from centri.engine.report_shapes import Shape
from centri.engine.report_values import Column
from centri.store.views.narrowing import Reach


class Kind(StrEnum):
    """How a report is drawn."""

    BAR = "bar"
    LINE = "line"
    FUNNEL = "funnel"
    NONE = "none"


class Chart(NamedTuple):
    """``label`` columns name a bar or a place along a line; bars are as long as ``values`` says, or count rows.

    A line is drawn for each of ``values``, or where ``by`` is given for each of its values.
    """

    kind: Kind
    label: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    by: str = ""


NO_CHART = Chart(Kind.NONE)


@dataclass(frozen=True)
class Report:
    """A report.

    ``order`` names columns, those behind a minus from the highest down. ``dated`` names of each source the moment that has to
    lie within ``since`` and ``until``. A ``shape`` makes the rows from those of the view, of which it reads ``fetched``.
    ``counted`` names a column that counts the view's rows by all others. ``top``: only rows up to this place.
    """

    name: str
    title: str
    question: str
    view: str
    columns: tuple[Column, ...]
    order: tuple[str, ...]
    chart: Chart = NO_CHART
    reach: Reach = Reach.GRANTED
    dated: Mapping[str, str] = field(default_factory=dict)
    shape: Shape | None = None
    fetched: tuple[Column, ...] = ()
    counted: str = ""
    top: int | None = None
