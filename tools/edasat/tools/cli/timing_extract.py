"""``edasat timing extract``: RC networks from a routed layout."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .common import Json, Quiet, Threads, print_json, print_notes, set_up

_FILES = "routed.def --lef tech.lef --lef cells.lef"

EXTRACT_EPILOG = (
    f"Examples: edasat timing extract {_FILES} --rules tech.rcx_rules -o top.spef.gz | edasat timing extract {_FILES} "
    f"--rc tech.rc --lib cells.lib -o top.spef | edasat timing extract {_FILES} --json"
)


def extract(
    layout: Annotated[Path, typer.Argument(metavar="DEF", help="Routed layout, plain or compressed.")],
    lef: Annotated[list[Path], typer.Option("--lef", help="LEF file: technology, cells; may be given several times.")],
    rules: Annotated[Path | None, typer.Option("--rules", help="OpenRCX extraction rules (*.rcx_rules).")] = None,
    rc: Annotated[Path | None, typer.Option("--rc", help="RC per layer and via (*.rc), in units of --lib.")] = None,
    lib: Annotated[Path | None, typer.Option("--lib", help="Liberty file that has the units of --rc.")] = None,
    calibration: Annotated[
        Path | None, typer.Option("--calibration", help="Factors per layer that were fitted on another layout (JSON).")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write SPEF (.spef, .spef.gz, .spef.xz).")] = None,
    threads: Threads = 1,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Extract resistance and capacitance of every net of a routed layout.

    Without --rules wires do not see their neighbours: RC comes from --rc, or from the technology LEF alone.
    """
    set_up(threads=threads, quiet=quiet)
    from edasat import api
    from edasat.core.files import check_writable
    from edasat.eda.formats.spef import write_spef

    if out is not None:
        check_writable(out)
    spef = api.extract(layout, lef, rules=rules, rc=rc, lib=lib, calibration=calibration)
    print_notes(spef.notes, quiet=quiet)
    if out is not None:
        write_spef(spef, out)
    summary = {
        "design": spef.design,
        "nets": spef.num_nets,
        "nodes": spef.num_nodes,
        "resistors": spef.num_resistors,
        "capacitance_ff": round(float(spef.net_capacitance.sum()), 3),
        "resistance_ohm": round(float(spef.resistor_ohm.sum()), 3),
        "unrouted_nets": spef.notes.counts.get("extract-unrouted", 0),
        "pins_touching": spef.notes.counts.get("extract-pin-touches", 0),
        "pins_apart": spef.notes.counts.get("extract-pin-apart", 0),
        "nets_bridged": spef.notes.counts.get("extract-bridge", 0),
    }
    if as_json:
        print_json(summary)
        return
    print(
        f"{spef.design}: {spef.num_nets:,} nets, {spef.num_resistors:,} resistors, "
        f"{spef.net_capacitance.sum() / 1000:,.3f} pF"
    )
    if summary["unrouted_nets"]:
        print(f"without wires: {summary['unrouted_nets']:,} nets")
    if out is not None:
        print(f"written: {out}")
