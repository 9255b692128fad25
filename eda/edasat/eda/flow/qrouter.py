"""qrouter: detailed routing by a maze search over all layers.

Written against version 1.4, the Debian package ``qrouter``. What is worth knowing of it:

- it ends with status 0 whatever it left unrouted, so the number of failed nets is taken from what its script prints;
- a port takes part in a net only if both have the same name, and a net's routes are written only if its name stands on
  a line of its own and its semicolon on another: the DEF that it reads is written here, with plain names;
- it may join a port from the track beside it, and then writes the wire on the wrong track (see :mod:`.port_wires`);
- the DEF that it writes has no directions of ports, and defines its vias by rectangles;
- wires end on grid points: where a pin's metal lies beside the point, they meet by overlap only.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from edasat.core.errors import InputError, Message, ToolError
from edasat.core.files import read_bytes
from edasat.core.names import Names
from edasat.core.processes import Limits

from ..formats.layout import NONE, ORIENTATIONS, Layout, WireKind, Wiring, read_def
from ..formats.lef import USES, Lef
from .gaps import by_net
from .port_wires import on_their_tracks, read_stubs
from .programs import DEFAULT_LIMITS, Step, call, debian_program

_TWO_PORTS = Message("flow-two-ports", "net '{net}' has more than one port", "put a buffer between them")
_FAILED: Final = re.compile(r"^edasat-failed (\d+)$", re.MULTILINE)
_DONE: Final = "edasat-script-done"
_VERSION: Final = re.compile(r"^Qrouter detail maze router version (\S+)", re.MULTILINE)

#: After the first stage, failed nets are routed by ripping up others, near their box first and then anywhere: pairs of
#: the distance in tracks and the effort (rounds without progress before it is given up).
_RETRIES: Final = "10 10 20 10 40 10 70 10 100 10 none 20 none 50 none 100"
#: Routing anywhere takes minutes, and is tried only when few nets are left.
_FEW: Final = 30


@dataclass(frozen=True, eq=False)
class Routed:
    """A routed layout.

    Attributes:
        layout: the placed layout with wires; without those of nets that failed.
        num_failed: nets that the router gave up.
        step: what it cost.
        log: what the router printed.
    """

    layout: Layout
    num_failed: int
    step: Step
    log: str


def run_qrouter(
    placed: Layout, lef: Lef, lef_files: Sequence[str | Path], *, num_layers: int, limits: Limits = DEFAULT_LIMITS
) -> Routed:
    """Route a placed layout.

    Args:
        placed: without wires.
        lef: technology and cells.
        lef_files: the files that it was read from, technology first, plain or compressed.
        num_layers: how many routing layers to use, from the lowest up.
        limits: of the process.

    Raises:
        InputError: if a net has two ports.
        MissingToolError: if qrouter is not installed.
        ToolError: if it fails; ToolTimeout at a limit. Nets that find no way are no failure here.
    """
    command = [debian_program("qrouter", "qrouter"), "-nog", "-s", "route.tcl"]
    with tempfile.TemporaryDirectory(prefix="edasat-routing-") as name:
        folder = Path(name)
        for number, file in enumerate(lef_files):
            (folder / f"cells{number}.lef").write_bytes(read_bytes(file))
        (folder / "placed.def").write_text(def_text(placed))
        (folder / "route.tcl").write_text(_script(lef, len(lef_files), num_layers))
        done, log = call("qrouter", command, folder, limits)
        found = _FAILED.search(log)
        if found is None or _DONE not in log:
            raise ToolError("qrouter stopped in the middle", binary=command[0], command=command, output=log)
        text = (folder / "routed.def").read_bytes()
    version = _VERSION.search(log)
    step = Step.of("routing", f"qrouter {version[1] if version else 'of unknown version'}", done)
    layout = on_their_tracks(with_wires(placed, read_def(text, lef=lef)), read_stubs(text.decode()))
    return Routed(layout, int(found[1]), step, log)


def _script(lef: Lef, num_files: int, num_layers: int) -> str:
    """Return the router's Tcl script; of the user's words it holds the names of supplies, checked."""
    supplies: dict[str, str] = {}
    for name, use in zip(lef.pins, lef.pin_use.tolist(), strict=True):
        if USES[use] in {"POWER", "GROUND"} and re.fullmatch(r"\w+!?", name):
            supplies.setdefault(USES[use], name)
    return "\n".join([
        "verbose 1",
        *(f"read_lef cells{number}.lef" for number in range(num_files)),
        f"layers {num_layers}",
        *(f"{word} {supplies[use]}" for word, use in (("vdd", "POWER"), ("gnd", "GROUND")) if use in supplies),
        "read_def placed.def",
        "set failed [stage1]",
        f"foreach {{mask effort}} {{{_RETRIES}}} {{",
        f"  if {{$failed == 0 || ($mask eq {{none}} && $failed > {_FEW})}} break",
        "  set failed [stage2 mask $mask effort $effort]",
        "}",
        "write_def routed.def",
        'puts "\\nedasat-failed $failed"',
        f'puts "{_DONE}"',
        "quit",
        "",
    ])  # fmt: skip


def def_text(placed: Layout) -> str:
    """Return a layout as the router reads it: cells ``c0``, ``c1``, ..., nets and their ports ``n0``, ``n1``, ...

    Raises:
        InputError: if a net has two ports.
    """
    return "\n".join(_def(placed)) + "\n"


def _def(placed: Layout) -> Iterator[str]:
    x1, y1, x2, y2 = placed.die
    yield "VERSION 5.6 ;"
    yield 'DIVIDERCHAR "/" ;'
    yield 'BUSBITCHARS "[]" ;'
    yield "DESIGN design ;"
    yield f"UNITS DISTANCE MICRONS {placed.dbu_per_um} ;"
    yield f"DIEAREA ( {x1} {y1} ) ( {x2} {y2} ) ;"
    for track in placed.tracks:
        yield f"TRACKS {track.axis} {track.start} DO {track.num} STEP {track.step} LAYER {track.layers[0]} ;"
    table = placed.components
    masters = table.masters.to_list()
    yield f"COMPONENTS {len(table)} ;"
    rows = zip(*(column.tolist() for column in (table.master, table.x, table.y, table.orientation)), strict=True)
    for i, (master, x, y, orientation) in enumerate(rows):
        yield f"- c{i} {masters[master]} + PLACED ( {x} {y} ) {ORIENTATIONS[orientation]} ;"
    yield "END COMPONENTS"
    pins, layers = placed.pins, placed.layers.to_list()
    shape = np.full(len(pins), NONE)
    shape[pins.port_pin[pins.shape_port]] = np.arange(len(pins.shape_port))
    connected = np.flatnonzero(pins.net >= 0)
    _check_single(placed, pins.net[connected])
    yield f"PINS {len(connected)} ;"
    for pin in connected.tolist():
        yield f"- n{pins.net[pin]} + NET n{pins.net[pin]}"
        yield f"  + LAYER {layers[pins.shape_layer[shape[pin]]]} ( 0 0 ) ( 1 1 )"
        yield f"  + PLACED ( {pins.port_x[pin]} {pins.port_y[pin]} ) N ;"
    yield "END PINS"
    nets = placed.nets
    pin_names, offsets = nets.pin_names.to_list(), nets.offsets.tolist()
    routed = np.flatnonzero(np.diff(nets.offsets) > 1).tolist()
    yield f"NETS {len(routed)} ;"
    for net in routed:
        yield f"- n{net}"
        for component, pin in zip(
            nets.component[offsets[net] : offsets[net + 1]].tolist(),
            nets.pin[offsets[net] : offsets[net + 1]].tolist(),
            strict=True,
        ):
            yield f"  ( PIN n{net} )" if component == NONE else f"  ( c{component} {pin_names[pin]} )"
        yield ";"
    yield "END NETS"
    yield "END DESIGN"


def _check_single(placed: Layout, nets: npt.NDArray[np.int32]) -> None:
    different, counts = np.unique(nets, return_counts=True)
    if (counts > 1).any():
        raise InputError.of(_TWO_PORTS, net=placed.nets.names[int(different[np.argmax(counts)])])


def with_wires(placed: Layout, routed: Layout) -> Layout:
    """Return the placed layout with the wires of what the router wrote, under the design's own names.

    Wires to pins that lie beside the grid come as special nets of the same name and of a width of their own; they
    become patches of metal of the net.
    """
    number = np.array([int(name[1:]) for name in routed.nets.names], np.int32)
    wiring = _as_patches(routed.wiring, routed.nets.special)
    layers = Names.of(dict.fromkeys([*placed.layers, *routed.layers]))
    at = np.append(routed.layers.find_in(layers), np.int32(NONE))  # the last entry: layer not known
    wiring = replace(wiring, path_net=number[wiring.path_net], path_layer=at[wiring.path_layer], layer=at[wiring.layer])
    return replace(
        placed,
        layers=layers,
        vias=routed.vias,
        via_definitions=routed.via_definitions,
        wiring=by_net(wiring),
    )


def _as_patches(wiring: Wiring, special: npt.NDArray[np.bool_]) -> Wiring:
    """Return the wiring with the segments of special nets as patches."""
    width = np.where(special[wiring.path_net], wiring.path_width, 0)[wiring.path]
    patch = (width > 0) & (wiring.kind == WireKind.SEGMENT)
    flat = wiring.y1 == wiring.y2
    across, up = np.where(patch & ~flat, width // 2, 0), np.where(patch & flat, width // 2, 0)
    low_x, high_x = np.minimum(wiring.x1, wiring.x2) - across, np.maximum(wiring.x1, wiring.x2) + across
    low_y, high_y = np.minimum(wiring.y1, wiring.y2) - up, np.maximum(wiring.y1, wiring.y2) + up
    return replace(
        wiring,
        path_width=np.zeros_like(wiring.path_width),
        kind=np.where(patch, np.uint8(WireKind.RECT), wiring.kind),
        x1=np.where(patch, low_x, wiring.x1).astype(np.int32),
        x2=np.where(patch, high_x, wiring.x2).astype(np.int32),
        y1=np.where(patch, low_y, wiring.y1).astype(np.int32),
        y2=np.where(patch, high_y, wiring.y2).astype(np.int32),
    )
