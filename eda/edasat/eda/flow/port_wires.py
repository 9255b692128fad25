"""Wires that the router writes on the track of a port, and means for the track beside it.

qrouter may join a port from the track beside it. It then writes the first segment at the height of the port, on a
track that belongs to other nets, and of the stub that joins the two only the first point. From that point follows which
track was meant: the stub begins half a wire's width on the other side of the port. The segment is moved there, with
the vias at its end, and the stub is added.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np

from ..formats.layout import Layout, WireKind
from .gaps import with_segments

_SPECIAL: Final = re.compile(r"\bSPECIALNETS\b.*?\bEND SPECIALNETS\b", re.DOTALL)
_STUB: Final = re.compile(
    r"- n(?P<net>\d+)|(?:ROUTED|NEW) (?P<layer>\S+) \d+ \( (?P<x>-?\d+) (?P<y>-?\d+) \)(?=\s*(?:;|NEW\b))"
)


class Stub(NamedTuple):
    """A stub of which only the first point is written: net, layer, x and y."""

    net: int
    layer: str
    x: int
    y: int


def read_stubs(text: str) -> list[Stub]:
    """Return the stubs of one point in what the router wrote; nets are called ``n0``, ``n1``, ...

    >>> read_stubs("SPECIALNETS 1 ; - n7 + ROUTED m3 280 ( 10 44 ) NEW m1 280 ( 5 3 ) ( * 9 ) ; END SPECIALNETS")
    [Stub(net=7, layer='m3', x=10, y=44)]
    """
    found = []
    net = -1
    special = _SPECIAL.search(text)
    for match in _STUB.finditer(special[0] if special else ""):
        if match["net"]:
            net = int(match["net"])
        else:
            found.append(Stub(net, match["layer"], int(match["x"]), int(match["y"])))
    return found


def on_their_tracks(layout: Layout, stubs: list[Stub]) -> Layout:
    """Return the layout with the first segments behind these stubs on the tracks that were meant."""
    pins, wires = layout.pins, layout.wiring
    step = min((track.step for track in layout.tracks if track.axis == "Y"), default=0)
    y1, y2 = wires.y1.copy(), wires.y2.copy()
    missing = []
    places = zip(pins.net[pins.port_pin].tolist(), pins.port_x.tolist(), pins.port_y.tolist(), strict=True)
    port_at = {(net, x): y for net, x, y in places}
    for stub in stubs:
        y = port_at.get((stub.net, stub.x), stub.y)
        if abs(stub.y - y) not in range(1, step):
            continue  # of a pin inside, whose metal it lies in
        meant = y + step if stub.y < y else y - step
        layer = layout.layers.index(stub.layer)
        paths = np.flatnonzero((wires.path_net == stub.net) & (wires.path_layer == layer))
        for path in paths.tolist():
            rows = np.flatnonzero(wires.path == path)
            if wires.kind[rows[0]] != WireKind.SEGMENT or (wires.x1[rows[0]], wires.y1[rows[0]]) != (stub.x, y):
                continue
            for row in rows:
                if wires.y1[row] != y:
                    break
                y1[row] = meant
                if wires.y2[row] == y:
                    y2[row] = meant
            missing.append((stub.net, layer, stub.x, y, stub.x, meant))
    return with_segments(replace(layout, wiring=replace(wires, y1=y1, y2=y2)), missing)
