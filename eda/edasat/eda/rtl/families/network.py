"""Switches and shifters: words that go another way."""

from __future__ import annotations

from random import Random

from ..sheet import Case, If, Set, Sheet, Signal, Statement
from .family import Family, between, bits_for, chance


def _crossbar(sheet: Sheet, rng: Random, size: float) -> None:
    """A switch with static, addressed or arbitrated outputs."""
    kind = rng.choice(("static", "addressed", "arbitrated", "arbitrated"))
    inputs = between(2, size**0.24 * rng.uniform(0.8, 1.5), 16)
    outputs = between(2, size**0.24 * rng.uniform(0.8, 1.5), 16)
    per_bit = outputs * (inputs * 1.1 + 2)
    extra = {"static": 0, "addressed": 3 * inputs * outputs, "arbitrated": 8 * inputs * outputs}[kind]
    w = between(1, (size - extra) / per_bit, 64)
    width = sheet.parameter("data width", w)
    sheet.clock()
    packed = chance(rng)
    data: list[str]
    if packed:
        bus = sheet.input("input data", inputs * w)
        data = [f"{bus}[{i * w + w - 1}:{i * w}]" for i in range(inputs)]
    else:
        data = [str(sheet.input(f"input {i}", width)) for i in range(inputs)]
    select_bits = bits_for(inputs)
    valids = sheet.input("input valid", inputs) if kind != "static" else None
    targets = [sheet.input(f"destination {i}", bits_for(outputs)) for i in range(inputs)] if kind != "static" else []
    ready = sheet.output("input ready", inputs) if kind == "arbitrated" else None
    taken: list[list[str]] = [[] for _ in range(inputs)]
    for o in range(outputs):
        out = sheet.output(f"output {o}", width, registered=True)
        if kind == "static":
            pick = sheet.input(f"select {o}", select_bits)
            chosen = sheet.variable(f"chosen {o}", width)
            arms: list[tuple[str, list[Statement]]] = [
                (sheet.number(i, select_bits), [Set(chosen, data[i])]) for i in range(inputs - 1)
            ]
            sheet.combinational([Case(pick, arms, [Set(chosen, data[-1])])])
            enable = sheet.input(f"enable {o}") if chance(rng, 0.3) else None
            body: list[Statement] = [Set(out, chosen)]
            sheet.clocked([If(enable, body)] if enable else body, {out: sheet.zero(width)})
            continue
        wants = sheet.wire(f"want {o}", inputs)
        for i in range(inputs):
            sheet.assign(f"{wants}[{i}]", f"{valids}[{i}] && {targets[i]} == {sheet.number(o, bits_for(outputs))}")
        full = sheet.output(f"output valid {o}", registered=True)
        if kind == "addressed":
            merged = " | ".join(f"({{{width.text}{{{wants}[{i}]}}}} & {data[i]})" for i in range(inputs))
            sheet.clocked([Set(out, merged), Set(full, f"|{wants}")], {out: sheet.zero(width), full: "1'b0"})
            continue
        accept = sheet.input(f"output ready {o}")
        last = sheet.register(f"last {o}", inputs)
        after = sheet.wire(f"after {o}", inputs, f"{wants} & ~({last} | ({last} - 1'b1))")
        first = sheet.wire(f"first {o}", inputs, f"{wants} & (~{wants} + 1'b1)")
        wins = sheet.wire(f"win {o}", inputs, f"(|{after}) ? {after} & (~{after} + 1'b1) : {first}")
        free = sheet.wire(f"free {o}", 1, f"!{full} || {accept}")
        pieces = " | ".join(f"({{{width.text}{{{wins}[{i}]}}}} & {data[i]})" for i in range(inputs))
        sheet.clocked(
            [If(free, [Set(full, f"|{wants}"), If(f"|{wants}", [Set(out, pieces), Set(last, wins)])])],
            {out: sheet.zero(width), full: "1'b0", last: sheet.zero(inputs)},
        )
        for i in range(inputs):
            taken[i].append(f"({free} && {wins}[{i}])")
    if ready:
        for i in range(inputs):
            sheet.assign(f"{ready}[{i}]", " || ".join(taken[i]))


_KINDS = ("logical left", "logical right", "arithmetic", "rotate left", "rotate right", "reverse")


def _shifter(sheet: Sheet, rng: Random, size: float) -> None:
    """A barrel shifter of a few kinds: logarithmic stages or operators, several lanes, registered by choice."""
    kinds = rng.sample(_KINDS, rng.randrange(1, 5))
    w = 1 << between(2, (size / (len(kinds) * 6)) ** 0.5 * 0.45, 7)
    while w * bits_for(w) * 1.4 * len(kinds) > size * 1.6 and w > 4:
        w //= 2
    width = sheet.parameter("data width", w)
    bits, mode_bits = bits_for(w), bits_for(len(kinds))
    lanes = between(1, size / (w * bits * 1.3 * len(kinds) + 3 * w), 8)
    sheet.clock()
    amount, mode = sheet.input("amount", bits), sheet.input("mode", mode_bits)
    shift = _by_stages if chance(rng) else _by_operator
    twice = chance(rng, 0.25)
    for lane in range(lanes):
        data = sheet.input(f"data {lane}", width)
        options = [shift(sheet, kind, data, amount, f"{kind} {lane}") for kind in kinds]
        chosen = sheet.variable(f"chosen {lane}", width)
        last: list[Statement] = [Set(chosen, options[-1])]
        arms = [(sheet.number(i, mode_bits), [Set(chosen, option)]) for i, option in enumerate(options[:-1])]
        sheet.combinational([Case(mode, arms, last)] if arms else last)
        out = sheet.output(f"result {lane}", width, registered=True)
        if twice:
            middle = sheet.register(f"middle {lane}", width)
            sheet.clocked([Set(middle, chosen), Set(out, middle)], {middle: sheet.zero(width), out: sheet.zero(width)})
        else:
            sheet.clocked([Set(out, chosen)], {out: sheet.zero(width)})
        if chance(rng, 0.3):
            mask = sheet.input(f"mask {lane}", width)
            sheet.assign(sheet.output(f"field {lane}", width), f"{chosen} & {mask}")


def _reversed(data: Signal) -> str:
    return f"{{{', '.join(f'{data}[{i}]' for i in range(int(data.width)))}}}"


def _by_operator(sheet: Sheet, kind: str, data: Signal, amount: Signal, words: str) -> str:
    """Return a shifted word as one expression."""
    w = int(data.width)
    match kind:
        case "logical left":
            return f"{data} << {amount}"
        case "logical right":
            return f"{data} >> {amount}"
        case "arithmetic":
            return f"$signed({data}) >>> {amount}"
        case "rotate left":
            return f"({data} << {amount}) | ({data} >> ({w} - {amount}))"
        case "rotate right":
            return f"({data} >> {amount}) | ({data} << ({w} - {amount}))"
    return _reversed(data)


def _by_stages(sheet: Sheet, kind: str, data: Signal, amount: Signal, words: str) -> str:
    """Return a shifted word made by one stage of multiplexers per bit of the amount."""
    if kind == "reverse":
        return _reversed(data)
    w = int(data.width)
    current: str = data
    for k in range(int(amount.width)):
        d = 1 << k
        low, high = f"{current}[{w - 1 - d}:0]", f"{current}[{w - 1}:{d}]"
        match kind:
            case "logical left":
                moved = f"{{{low}, {sheet.number(0, d)}}}"
            case "logical right":
                moved = f"{{{sheet.number(0, d)}, {high}}}"
            case "arithmetic":
                moved = f"{{{{{d}{{{data}[{w - 1}]}}}}, {high}}}"
            case "rotate left":
                moved = f"{{{low}, {current}[{w - 1}:{w - d}]}}"
            case _:
                moved = f"{{{current}[{d - 1}:0], {high}}}"
        current = sheet.wire(f"{words} {k}", data.width, f"{amount}[{k}] ? {moved} : {current}")
    return current


FAMILIES = (
    Family("crossbar", _crossbar, 60, 14000, ("crossbar", "xbar", "switch", "router", "mux matrix"),
           "Crossbar switch."),
    Family("shifter", _shifter, 50, 5000, ("barrel", "shifter", "rotator", "align unit", "bit field"), "Shifter."),
)  # fmt: skip
