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
    results: list[tuple[str, Signal, int]] = []
    loop = sheet.fresh("g")
    for port in below.ports:
        w = int(port.name.width)
        if port.direction == "input" and chance(rng, 0.35):
            connections[port.name] = str(sheet.input(port.words, w))
            continue
        if port.direction == "input":
            bus = sheet.input(f"{port.words} bus", w * count)
        elif collect == "packed":
            bus = sheet.output(f"{port.words} bus", w * count)
        else:
            bus = sheet.wire(f"{port.words} bus", w * count)
            results.append((port.words, bus, w))
        connections[port.name] = f"{bus}[{loop}]" if w == 1 else f"{bus}[{loop}*{w} +: {w}]"
    block = sheet.fresh("channels")
    sheet.raw([f"genvar {loop};", "generate"])
    sheet.raw([f"\tfor ({loop} = 0; {loop} < {n.text}; {loop} = {loop} + 1) begin : {block}"])
    sheet.instance(below, "channel", connections, indent=2)
    sheet.raw(["\tend", "endgenerate"])
    if collect == "selected":
        bits = bits_for(count)
        pick = sheet.input("channel select", bits)
        for words, bus, w in results:
            out = sheet.output(f"chosen {words}", w, registered=True)
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
        for words, bus, w in results:
            out = sheet.output(f"joined {words}", w, registered=True)
            parts = [f"{bus}[{i * w + w - 1}:{i * w}]" if w > 1 else f"{bus}[{i}]" for i in range(count)]
            joint = "^" if w == 1 and operator == "+" else operator
            sheet.clocked([Set(out, f" {joint} ".join(parts))], {out: sheet.zero(w)})
