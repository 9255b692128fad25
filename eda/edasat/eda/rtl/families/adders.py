"""Adders by structure: how carries reach the bits is written out."""

from __future__ import annotations

from random import Random
from typing import Final

from ..sheet import Set, Sheet, Signal, Statement
from .family import Family, between, chance

#: Gates per bit of the carry structures.
_PER_BIT: Final = {"ripple": 6, "select": 11, "prefix": 13, "brent": 9, "skip": 8}


def _adder(sheet: Sheet, rng: Random, size: float) -> None:
    """Two words or more, summed by ripple, carry-select, carry-skip, Kogge-Stone or Brent-Kung carries."""
    count = rng.choice((2, 2, 2, 3, 4, 6, 8)) if size > 120 else 2
    form = rng.choice(tuple(_PER_BIT))
    w = between(3, size / (_PER_BIT[form] * 0.6 + 2 + (count - 2) * 5), 128)
    sheet.clock()
    words = [sheet.input(f"operand {i}", w) for i in range(count)]
    result, carry_out = sheet.output("sum", w, registered=True), sheet.output("carry", registered=True)
    x, y = words[0], words[1]
    for i, z in enumerate(words[2:]):  # carry-save
        saved = sheet.wire(f"saved {i}", w, f"{x} ^ {y} ^ {z}")
        y = sheet.wire(f"carries {i}", w, f"(({x} & {y}) | ({x} & {z}) | ({y} & {z})) << 1")
        x = saved
    start = str(sheet.input("carry in")) if chance(rng) else "1'b0"
    if chance(rng, 0.3):
        subtract = sheet.input("subtract")
        y = sheet.wire("inverted", w, f"{y} ^ {{{w}{{{subtract}}}}}")
        start = f"{subtract} ^ {start}"
    both = sheet.wire("generate bits", w, f"{x} & {y}")
    one = sheet.wire("propagate bits", w, f"{x} ^ {y}")
    carries = sheet.wire("carry chain", w + 1)
    sheet.assign(f"{carries}[0]", start)
    if form == "ripple":
        for i in range(w):
            sheet.assign(f"{carries}[{i + 1}]", f"{both}[{i}] | ({one}[{i}] & {carries}[{i}])")
    elif form in {"select", "skip"}:
        block = rng.randrange(2, 7)
        for low in range(0, w, block):
            write = _selected if form == "select" else _skipped
            write(sheet, x, y, one, carries, low, min(w, low + block))
    else:
        write_groups = _kogge_stone if form == "prefix" else _brent_kung
        for i, (g, p) in enumerate(write_groups(sheet, both, one)):
            sheet.assign(f"{carries}[{i + 1}]", f"{g} | ({p} & {carries}[0])")
    body: list[Statement] = [Set(result, f"{one} ^ {carries}[{w - 1}:0]"), Set(carry_out, f"{carries}[{w}]")]
    resets = {result: sheet.zero(w), carry_out: "1'b0"}
    if chance(rng, 0.3):
        over = sheet.output("overflow", registered=True)
        body.append(Set(over, f"{carries}[{w}] ^ {carries}[{w - 1}]"))
        resets[over] = "1'b0"
    sheet.clocked(body, resets)


def _selected(sheet: Sheet, x: Signal, y: Signal, one: Signal, carries: Signal, low: int, high: int) -> None:
    """Write bits ``low`` to ``high - 1``: both sums are made, the carry chooses."""
    n, part = high - low, f"[{high - 1}:{low}]"
    none = sheet.wire(f"if zero {low}", n + 1, f"{x}{part} + {y}{part}")
    some = sheet.wire(f"if one {low}", n + 1, f"{x}{part} + {y}{part} + 1'b1")
    chosen = sheet.wire(f"chosen {low}", n + 1, f"{carries}[{low}] ? {some} : {none}")
    sheet.assign(f"{carries}[{high}]", f"{chosen}[{n}]")
    for i in range(low + 1, high):
        sheet.assign(f"{carries}[{i}]", f"{chosen}[{i - low}] ^ {one}[{i}]")


def _skipped(sheet: Sheet, x: Signal, y: Signal, one: Signal, carries: Signal, low: int, high: int) -> None:
    """Write bits ``low`` to ``high - 1``: a carry that every bit propagates goes round them."""
    n, part = high - low, f"[{high - 1}:{low}]"
    rippled = sheet.wire(f"rippled {low}", n + 1, f"{x}{part} + {y}{part} + {carries}[{low}]")
    sheet.assign(f"{carries}[{high}]", f"(&{one}{part}) ? {carries}[{low}] : {rippled}[{n}]")
    for i in range(low + 1, high):
        sheet.assign(f"{carries}[{i}]", f"{rippled}[{i - low}] ^ {one}[{i}]")


def _kogge_stone(sheet: Sheet, both: Signal, one: Signal) -> list[tuple[str, str]]:
    """Return, per bit, (generate, propagate) of it and all lower bits."""
    w = int(both.width)
    g, p = both, one
    distance = 1
    while distance < w:
        g_next, p_next = sheet.wire(f"g {distance}", w), sheet.wire(f"p {distance}", w)
        for i in range(w):
            j = i - distance
            sheet.assign(f"{g_next}[{i}]", f"{g}[{i}] | ({p}[{i}] & {g}[{j}])" if j >= 0 else f"{g}[{i}]")
            sheet.assign(f"{p_next}[{i}]", f"{p}[{i}] & {p}[{j}]" if j >= 0 else f"{p}[{i}]")
        g, p = g_next, p_next
        distance *= 2
    return [(f"{g}[{i}]", f"{p}[{i}]") for i in range(w)]


def _brent_kung(sheet: Sheet, both: Signal, one: Signal) -> list[tuple[str, str]]:
    """Return the same as :func:`_kogge_stone`, with fewer gates and more levels."""
    w = int(both.width)
    steps = [1 << k for k in range(w.bit_length()) if 1 << k < w]
    order = [(i, i - step) for step in steps for i in range(2 * step - 1, w, 2 * step)]
    order += [(i, i - step) for step in reversed(steps) for i in range(3 * step - 1, w, 2 * step)]
    groups = [(f"{both}[{i}]", f"{one}[{i}]") for i in range(w)]
    for number, (i, j) in enumerate(order):
        (gi, pi), (gj, pj) = groups[i], groups[j]
        joint = sheet.wire(f"g {number}", 1, f"{gi} | ({pi} & {gj})")
        groups[i] = (joint, sheet.wire(f"p {number}", 1, f"{pi} & {pj}"))
    return groups


FAMILIES = (
    Family("adder", _adder, 40, 1500, ("adder", "add sub", "cla", "sum unit", "prefix adder"), "Adder."),
)  # fmt: skip
