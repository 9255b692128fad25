"""One labelled layout: the design before routing, and what extraction and sign-off timing said after it.

A sample is a folder:

==================  ====================================================================================
``sample.json``     id, family, library, where it comes from, licence, tool versions, seconds, counts
``placed.def.gz``   the layout without the wires of its signals; ``netlist.v.gz`` and ``design.sdc.gz`` with it
``golden.spef.gz``  extracted wires
``ends.parquet``    end points by OpenSTA with these wires: slack, arrival and required time, setup and hold
==================  ====================================================================================
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from edasat.core.errors import InputError, Message
from edasat.core.names import Names
from edasat.eda.formats.spef import read_spef
from edasat.eda.timing.design import Design, load_design
from edasat.eda.timing.parasitics import spef_wires
from edasat.eda.timing.wires import RcNetwork

from .libraries import LibraryFiles, library_files

if TYPE_CHECKING:
    import pyarrow as pa

PLACED: Final = "placed.def.gz"
NETLIST: Final = "netlist.v.gz"
CONSTRAINTS: Final = "design.sdc.gz"
GOLDEN: Final = "golden.spef.gz"
ENDS: Final = "ends.parquet"
ABOUT: Final = "sample.json"

_NO_SAMPLE = Message(
    "timing-sample", "not a folder of a labelled layout: {name} is missing", "edasat data build timing makes them"
)


@dataclass(frozen=True, eq=False)
class GoldenEnds:
    """End points of sign-off timing, setup or hold.

    Attributes:
        node: int32, (num_ends,): in the pin graph of the sample's design.
        slack, arrival, required: float64, (num_ends,), ns.
    """

    node: npt.NDArray[np.int32]
    slack: npt.NDArray[np.float64]
    arrival: npt.NDArray[np.float64]
    required: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.node)


@dataclass(frozen=True, eq=False)
class TimingSample:
    """A labelled layout in memory; heavy parts are read when first asked for.

    Attributes:
        folder: its files.
        about: what ``sample.json`` says.
        files: of its library.
    """

    folder: Path
    about: Mapping[str, Any]
    files: LibraryFiles

    @property
    def id(self) -> str:
        """Name of the sample."""
        return str(self.about["id"])

    @property
    def family(self) -> str:
        """What the split keeps together: one circuit in all its layouts and libraries."""
        return str(self.about["family"])

    @property
    def library(self) -> str:
        """Name of the cell library."""
        return str(self.about["library"])

    @property
    def period(self) -> float:
        """Shortest clock period, ns."""
        return float(self.about["period_ns"])

    @cached_property
    def design(self) -> Design:
        """The placed design, with its constraints and without wires."""
        return load_design(
            self.files.liberty,
            layout=self.folder / PLACED,
            lef=self.files.lef,
            sdc=self.folder / CONSTRAINTS,
            wires="none",
            latches="opaque",
            black_boxes=True,
        )

    @cached_property
    def golden(self) -> RcNetwork:
        """Extracted wires on the design's pins."""
        return spef_wires(self.design.graph, read_spef(self.folder / GOLDEN))[0]

    @cached_property
    def ends(self) -> tuple[GoldenEnds, GoldenEnds]:
        """End points of sign-off timing: ``[EARLY]`` for hold, ``[LATE]`` for setup."""
        import pyarrow.parquet as pq

        table = pq.read_table(self.folder / ENDS)
        return (self._ends(table, "hold"), self._ends(table, "setup"))

    def _ends(self, table: pa.Table, analysis: str) -> GoldenEnds:
        import pyarrow.compute as pc

        rows = table.filter(pc.equal(table["analysis"], analysis))
        node = self.design.graph.find_nodes(Names.of(rows["endpoint"].to_pylist()))
        known = node >= 0
        columns = [
            rows[name].to_numpy().astype(np.float64)[known] for name in ("slack_ns", "arrival_ns", "required_ns")
        ]
        return GoldenEnds(node[known].astype(np.int32), *columns)


def read_sample(folder: str | Path, data: Path | None) -> TimingSample:
    """Open a sample.

    Args:
        folder: of the sample.
        data: folder of other people's libraries, see :func:`~.libraries.library_files`.

    Raises:
        InputError: if it is none, or its library is not here.
    """
    folder = Path(folder)
    for name in (ABOUT, PLACED, CONSTRAINTS, GOLDEN, ENDS):
        if not (folder / name).is_file():
            raise InputError.of(_NO_SAMPLE, str(folder), name=name)
    about = json.loads((folder / ABOUT).read_bytes())
    return TimingSample(folder, about, library_files(about["library"], data))
