"""The tables of the labelled set: layouts, and the end points of all of them.

The tables that ship hold the labels of one build, without the layouts and wires themselves: those are other people's
in part, and come back with ``edasat data build timing``.

======================  ===================================================================
``timing_layouts``      a layout: id, family, library, source, licence, flow, tool versions, seconds, figures; or why
                        it is missing
``timing_ends``         an end point: sample, analysis, name, slack, arrival and required time (ns) by OpenSTA
======================  ===================================================================
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from edasat.core.errors import InputError
from edasat.core.tables import write_table

from .build import LAYOUTS, NAME, sample_folders
from .samples import ENDS

if TYPE_CHECKING:
    import pyarrow as pa

_FOLDER: Final = Path(__file__).parents[1] / "tables"
#: The tables that ship.
TABLE: Final = _FOLDER / "timing_layouts.parquet"
ENDS_TABLE: Final = _FOLDER / "timing_ends.parquet"


@dataclass(frozen=True)
class Check:
    """What a build holds.

    Attributes:
        layouts: that are labelled.
        failed: that could not be made: reasons by id.
        end_points: of setup.
        failing_share: mean share of end points with negative setup slack.
        by_library: layouts of each cell library.
        by_flow: layouts of each flow.
    """

    layouts: int
    failed: dict[str, str] = field(repr=False)
    end_points: int
    failing_share: float
    by_library: dict[str, int]
    by_flow: dict[str, int]

    @property
    def good(self) -> bool:
        """Whether there is anything, and slack straddles zero."""
        return self.layouts > 0 and 0.02 < self.failing_share < 0.98

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {**asdict(self), "good": self.good}


def load(folder: str | Path | None = None) -> tuple[pa.Table, pa.Table]:
    """Return the tables of layouts and of end points: those that ship, or those of a build.

    Raises:
        InputError: if they are missing.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    layouts = TABLE if folder is None else Path(folder) / LAYOUTS
    if not layouts.exists():
        raise InputError("no such table", path=str(layouts), hint=f"edasat data build {NAME} makes it")
    if folder is None:
        return pq.read_table(layouts), pq.read_table(ENDS_TABLE)
    ends = [pq.read_table(path / ENDS) for path in sample_folders(folder)]
    return pq.read_table(layouts), pa.concat_tables(ends, promote_options="default").unify_dictionaries()


def check(folder: str | Path | None = None) -> Check:
    """Look at what a build holds."""
    layouts, ends = load(folder)
    rows = layouts.to_pylist()
    labelled = [row for row in rows if row["status"] == "labelled"]
    negative: dict[str, list[bool]] = {}
    columns = (ends[name].to_pylist() for name in ("sample", "analysis", "slack_ns"))
    for sample, analysis, slack in zip(*columns, strict=True):
        if analysis == "setup":
            negative.setdefault(sample, []).append(slack < 0)
    shares = [sum(flags) / len(flags) for flags in negative.values()]
    count: dict[str, dict[str, int]] = {"library": {}, "flow": {}}
    for row in labelled:
        for name, counts in count.items():
            counts[row[name]] = counts.get(row[name], 0) + 1
    return Check(
        layouts=len(labelled),
        failed={row["id"]: row["message"] for row in rows if row["status"] != "labelled"},
        end_points=sum(len(flags) for flags in negative.values()),
        failing_share=sum(shares) / len(shares) if shares else 0.0,
        by_library=count["library"],
        by_flow=count["flow"],
    )


def release(folder: str | Path) -> None:
    """Copy the tables of a build to where those lie that ship."""
    layouts, ends = load(folder)
    write_table(layouts, TABLE)
    write_table(ends, ENDS_TABLE)
