"""Digital filters over signed samples."""

from __future__ import annotations

import math
from random import Random

from ..sheet import If, Set, Sheet, Signal, Statement
from .family import Family, between, bits_for, chance


def _filter(sheet: Sheet, rng: Random, size: float) -> None:
    """FIR in direct or transposed form, cascaded integrators and combs, a moving average, or leaky integrators."""
    kind = rng.choice((_fir, _fir, _fir, _fir, _integrator_comb, _moving_average, _leaky))
    w = rng.randrange(4, 7 if size < 300 else 13)
    sheet.clock()
    data = sheet.input("data", w, signed=True)
    valid = sheet.input("valid")
    ready = sheet.output("output valid", registered=True)
    sheet.clocked([Set(ready, valid)], {ready: "1'b0"})
    kind(sheet, rng, size, data, valid)


def _fir(sheet: Sheet, rng: Random, size: float, data: Signal, valid: Signal) -> None:
    w, cw = int(data.width), rng.randrange(3, 9)
    constant, symmetric = chance(rng, 0.6), chance(rng, 0.4)
    per_tap = (w * cw * (2.2 if constant else 6.5)) + (w + cw) * 9
    taps = between(2, size / per_tap, 64)
    total = w + cw + bits_for(taps)
    if constant:
        distinct = [f"{cw}'sd{rng.randrange(1, 1 << (cw - 1))}" for _ in range(taps)]
    else:
        distinct = _loaded_coefficients(sheet, cw, (taps + 1) // 2 if symmetric else taps)
    coefficients = [distinct[min(i, taps - 1 - i) if symmetric else i] for i in range(taps)]
    if chance(rng):
        line = _delay_line(sheet, data, valid, taps)
        products = [
            sheet.wire(f"product {i}", w + cw, f"{line[i]} * {coefficients[i]}", signed=True) for i in range(taps)
        ]
        result = sheet.wire("total", total, " + ".join(products), signed=True)
    else:
        products = [sheet.wire(f"product {i}", w + cw, f"{data} * {coefficients[i]}", signed=True) for i in range(taps)]
        sums = [sheet.register(f"sum {i}", total, signed=True) for i in range(taps)]
        steps = [Set(sums[i], f"{products[i]} + {sums[i + 1]}") for i in range(taps - 1)]
        sheet.clocked([If(valid, [*steps, Set(sums[-1], products[-1])])], dict.fromkeys(sums, sheet.zero(total)))
        result = sums[0]
    _narrowed(sheet, rng, result, w)


def _loaded_coefficients(sheet: Sheet, width: int, count: int) -> list[str]:
    """Return registers that a write port fills."""
    bits = bits_for(count)
    write, number = sheet.input("coefficient write"), sheet.input("coefficient index", bits)
    value = sheet.input("coefficient value", width, signed=True)
    held: list[str] = []
    for i in range(count):
        register = sheet.register(f"coefficient {i}", width, signed=True)
        load = If(f"{write} && {number} == {sheet.number(i, bits)}", [Set(register, value)])
        sheet.clocked([load], {register: sheet.zero(width)})
        held.append(register)
    return held


def _delay_line(sheet: Sheet, data: Signal, valid: Signal, length: int) -> list[Signal]:
    line = [sheet.register(f"tap {i}", data.width, signed=True) for i in range(length)]
    shift: list[Statement] = [Set(line[0], data), *(Set(line[i], line[i - 1]) for i in range(1, length))]
    sheet.clocked([If(valid, shift)], dict.fromkeys(line, sheet.zero(data.width)))
    return line


def _integrator_comb(sheet: Sheet, rng: Random, size: float, data: Signal, valid: Signal) -> None:
    w = int(data.width)
    stages = between(1, size / (2 * 9 * (w + 8)), 6)
    grown = w + between(4, 2 * stages * rng.uniform(1, 3), 24)
    value = data
    for i in range(stages):
        held = sheet.register(f"integrator {i}", grown, signed=True)
        sheet.clocked([If(valid, [Set(held, f"{held} + {value}")])], {held: sheet.zero(grown)})
        value = held
    ratio = sheet.register("rate count", rng.randrange(2, 7))
    sheet.clocked([If(valid, [Set(ratio, f"{ratio} + 1'b1")])], {ratio: sheet.zero(ratio.width)})
    slow = sheet.wire("slow tick", 1, f"{valid} && (&{ratio})")
    for i in range(stages):
        past, out = sheet.register(f"past {i}", grown, signed=True), sheet.register(f"comb {i}", grown, signed=True)
        step = If(slow, [Set(past, value), Set(out, f"{value} - {past}")])
        sheet.clocked([step], {past: sheet.zero(grown), out: sheet.zero(grown)})
        value = out
    _narrowed(sheet, rng, value, w)


def _moving_average(sheet: Sheet, rng: Random, size: float, data: Signal, valid: Signal) -> None:
    w = int(data.width)
    power = between(1, math.log2(size / (2.2 * w)), 6)
    line = _delay_line(sheet, data, valid, 1 << power)
    total = sheet.register("running sum", w + power, signed=True)
    slide = If(valid, [Set(total, f"{total} + {data} - {line[-1]}")])
    sheet.clocked([slide], {total: sheet.zero(w + power)})
    sheet.assign(sheet.output("mean", w, signed=True), f"{total} >>> {power}")
    if chance(rng):
        limit = sheet.input("threshold", w, signed=True)
        sheet.assign(sheet.output("above"), f"({total} >>> {power}) > {limit}")


def _leaky(sheet: Sheet, rng: Random, size: float, data: Signal, valid: Signal) -> None:
    w = int(data.width)
    value = data
    for i in range(between(1, size / (28 * w), 8)):
        power = rng.randrange(1, 6)
        held = sheet.register(f"leak {i}", w + power, signed=True)
        decay = If(valid, [Set(held, f"{held} + {value} - ({held} >>> {power})")])
        sheet.clocked([decay], {held: sheet.zero(w + power)})
        value = sheet.wire(f"smooth {i}", w, f"{held} >>> {power}", signed=True)
        if chance(rng, 0.3):
            value = sheet.wire(f"detail {i}", w, f"{data} - {value}", signed=True)
    sheet.assign(sheet.output("filtered", w, signed=True), value)


def _narrowed(sheet: Sheet, rng: Random, value: Signal, width: int) -> None:
    """Write the output: cut, rounded or saturated to ``width`` bits."""
    total = int(value.width)
    drop = max(1, total - width - rng.randrange(0, 3))
    kind = rng.choice(("cut", "round", "saturate"))
    out = sheet.output("filtered", width, registered=True, signed=True)
    if kind == "cut":
        text = f"{value} >>> {drop}"
    elif kind == "round":
        text = f"({value} + {1 << (drop - 1)}) >>> {drop}"
    else:
        scaled = sheet.wire("scaled", total, f"{value} >>> {drop}", signed=True)
        top, sign = f"{scaled}[{total - 1}:{width - 1}]", f"{scaled}[{total - 1}]"
        fits = sheet.wire("fits", 1, f"(&{top}) | ~(|{top})")
        text = f"{fits} ? {scaled}[{width - 1}:0] : {{{sign}, {{{width - 1}{{~{sign}}}}}}}"
    sheet.clocked([Set(out, text)], {out: sheet.zero(width)})


FAMILIES = (
    Family("filter", _filter, 120, 12000, ("fir", "filter", "iir", "cic", "smooth", "dsp filter"), "Digital filter."),
)  # fmt: skip
