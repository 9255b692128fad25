"""``edasat timing predict``: slack of a placed design, before it is routed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from edasat.core.errors import InputError

from .common import Json, Quiet, Threads, print_json, print_notes, set_up
from .timing_files import DesignFiles, takes_design

_FILES: Final = "--def placed.def --lef tech.lef --lef cells.lef --lib cells.lib"
PREDICT_EPILOG: Final = (
    f"Examples: edasat timing predict {_FILES} --sdc top.sdc | "
    f"edasat timing predict {_FILES} --period 1.2 -o slack.csv | "
    f"edasat timing predict {_FILES} --sdc top.sdc --spef extracted.spef --report slack.html"
)


@takes_design
def predict(
    files: DesignFiles,
    weights: Annotated[
        Path | None, typer.Option("--weights", help="Folder of `edasat train e2eslack`; default: those that ship.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write every end point with its interval (.csv, .parquet).")
    ] = None,
    report: Annotated[Path | None, typer.Option("--report", help="Also write an HTML report.")] = None,
    top_ends: Annotated[int, typer.Option("--worst", min=1, help="End points to print.")] = 10,
    threads: Threads = 1,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Say what routing and sign-off timing will: slack of every end point, WNS and TNS, with intervals.

    The DEF needs a placement and no wires; a LEF tells where pins are. --spef, the wires extracted after routing, is
    not looked at for the prediction: it is compared with.
    """
    set_up(threads=threads, quiet=quiet)
    from edasat import api
    from edasat.core.files import check_writable
    from edasat.core.tables import check_table_path, write_table
    from edasat.tools.slack_prediction import endpoint_table, extracted, prediction_dict, prediction_text

    if files.layout is None or not files.lef:
        raise InputError("prediction needs a placed layout and its LEF", hint="give --def FILE and --lef FILE")
    if files.wires != "auto" or files.wire_rc is not None:
        raise InputError("the wires are what is predicted", hint="leave out --wires and --wire-rc, or use `timing sta`")
    if out is not None:
        check_table_path(out)
    if report is not None:
        check_writable(report)
    found = api.predict_slack(
        files.lib,
        layout=files.layout,
        lef=files.lef,
        netlist=files.netlist,
        sdc=files.sdc,
        period=files.period,
        sdf=files.sdf,
        top=files.top,
        corners=files.corners,
        latches=files.latches,
        black_boxes=files.black_boxes,
        weights=weights,
    )
    golden = extracted(found, files.spef) if files.spef is not None else None
    print_notes(found.result.notes, quiet=quiet)
    if out is not None:
        write_table(endpoint_table(found, golden), out)
    if report is not None:
        from edasat.tools.slack_report import slack_report

        slack_report(found, golden, report)
    if as_json:
        print_json(prediction_dict(found, golden))
        return
    print(prediction_text(found, golden, top_ends))
    for path in (out, report):
        if path is not None:
            print(f"written: {path}")
