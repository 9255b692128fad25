"""Several channels of one module side by side: how small designs become large ones."""

from __future__ import annotations

from random import Random

from ..sheet import If, Set, Sheet, Signal, Statement
from .family import Family, bits_for, chance


def build_channels(sheet: Sheet, rng: Random, size: float, family: Family, count: int) -> None:
    """Write ``count`` instances of one module: ports packed or shared, results apart, chosen or combined."""
    below = sheet.child(rng.choice(("channel", "lane", "slice", "unit")), family.title)
    family.build(below, rng, size / count)
    sheet.clock()
    n = sheet.parameter("num channels", count)
    collect = rng.choice(("packed", "packed", "selected", "combined"))
    connections: dict[str, str] = {}
    results: list[tuple[Signal, Signal, int]] = []
    loop = sheet.fresh("g")
    for direction, port in below.ports:
        w = int(port.width)
        words = str(port).replace("_", " ").lower()
        if direction == "input" and chance(rng, 0.35):
            connections[port] = str(sheet.input(f"all {words}", w))
            continue
        if direction == "input":
            bus = sheet.input(f"bus {words}", w * count)
        elif collect == "packed":
            bus = sheet.output(f"bus {words}", w * count)
        else:
            bus = sheet.wire(f"bus {words}", w * count)
            results.append((port, bus, w))
        connections[port] = f"{bus}[{loop}]" if w == 1 else f"{bus}[{loop}*{w} +: {w}]"
    block = sheet.fresh("channels")
    sheet.raw([f"genvar {loop};", "generate"])
    sheet.raw([f"\tfor ({loop} = 0; {loop} < {n.text}; {loop} = {loop} + 1) begin : {block}"])
    sheet.instance(below, "channel", connections, indent=2)
    sheet.raw(["\tend", "endgenerate"])
    if collect == "selected":
        bits = bits_for(count)
        pick = sheet.input("channel select", bits)
        for port, bus, w in results:
            out = sheet.output(f"chosen {str(port).replace('_', ' ').lower()}", w, registered=True)
            choices: list[Statement] = [
                If(
                    f"{pick} == {sheet.number(i, bits)}",
                    [Set(out, f"{bus}[{i * w + w - 1}:{i * w}]" if w > 1 else f"{bus}[{i}]")],
                )
                for i in range(count)
            ]
            sheet.clocked(choices, {out: sheet.zero(w)})
    elif collect == "combined":
        operator = rng.choice(("|", "^", "&", "+"))
        for port, bus, w in results:
            out = sheet.output(f"joined {str(port).replace('_', ' ').lower()}", w, registered=True)
            parts = [f"{bus}[{i * w + w - 1}:{i * w}]" if w > 1 else f"{bus}[{i}]" for i in range(count)]
            joint = "^" if w == 1 and operator == "+" else operator
            sheet.clocked([Set(out, f" {joint} ".join(parts))], {out: sheet.zero(w)})
