"""Units behind a register port and between streams: register banks, timers, address generators, elastic stages."""

from __future__ import annotations

from random import Random

from ..sheet import Case, If, Set, Sheet, Statement
from .family import Family, between, bits_for, chance, guarded


def _registers(sheet: Sheet, rng: Random, size: float) -> None:
    """A register bank with read-write, read-only, write-one-to-clear and counter registers, and an interrupt."""
    width = rng.choice((8, 16, 16, 32)) if size > 300 else rng.choice((4, 8, 8))
    w = sheet.parameter("data width", width)
    count = between(2, size / (width * 4.2), 48)
    depth = bits_for(count)
    sheet.clock()
    write = sheet.input("write enable")
    strobes = sheet.input("byte enable", width // 8) if width > 8 and chance(rng) else None
    address = sheet.input("address", depth)
    data = sheet.input("write data", w)
    read = sheet.output("read data", w, registered=True)
    interrupts: list[str] = []
    values: list[str] = []
    for index in range(count):
        kind = rng.choice(("rw", "rw", "rw", "ro", "w1c", "counter", "mask"))
        here = sheet.wire(f"hit {index}", 1, f"{write} && ({address} == {sheet.number(index, depth)})")
        if kind == "ro":
            values.append(sheet.input(f"status {index}", w))
            continue
        held = sheet.register(f"{rng.choice(('control', 'config', 'threshold', 'mode', 'scratch'))} {index}", w)
        initial = rng.getrandbits(width) if chance(rng, 0.3) else 0
        start = sheet.number(initial, width) if initial else sheet.zero(w)
        values.append(held)
        if kind in {"rw", "mask"}:
            out = sheet.output(f"{rng.choice(('control', 'config', 'setting'))} {index}", w)
            if strobes:
                loads: list[Statement] = [
                    If(
                        f"{here} && {strobes}[{k}]",
                        [Set(f"{held}[{8 * k + 7}:{8 * k}]", f"{data}[{8 * k + 7}:{8 * k}]")],
                    )
                    for k in range(width // 8)
                ]
                sheet.clocked(loads, {held: start})
            else:
                sheet.clocked([If(here, [Set(held, data)])], {held: start})
            sheet.assign(out, held if kind == "rw" else f"{held} & {sheet.number(rng.getrandbits(width) | 1, width)}")
        elif kind == "w1c":
            event = sheet.input(f"event {index}", w)
            sheet.clocked(
                [If(here, [Set(held, f"({held} & ~{data}) | {event}")], [Set(held, f"{held} | {event}")])],
                {held: sheet.zero(w)},
            )
            interrupts.append(f"|{held}")
        else:
            tick = sheet.input(f"tick {index}")
            sheet.clocked(
                [If(here, [Set(held, data)], [If(tick, [Set(held, f"{held} {rng.choice('+-')} 1'b1")])])], {held: start}
            )
            if chance(rng):
                interrupts.append(sheet.is_zero(held))
    arms = [(sheet.number(index, depth), [Set(read, value)]) for index, value in enumerate(values)]
    sheet.comment("read back")
    case = Case(address, arms, [Set(read, sheet.zero(w))])
    if chance(rng):
        sheet.clocked([case], {read: sheet.zero(w)})
    else:
        sheet.combinational([case])
    if interrupts:
        sheet.assign(sheet.output("interrupt"), " || ".join(interrupts))


def _timer(sheet: Sheet, rng: Random, size: float) -> None:
    """Counters with prescaler, reload, compare outputs, capture, and pulse-width or dead-time logic."""
    channels = between(1, size / 160, 8)
    width = sheet.parameter("counter width", between(4, size / channels / rng.uniform(10, 22), 32))
    sheet.clock()
    run = sheet.input("run")
    prescale_bits = rng.randrange(3, 9)
    tick = str(run)
    if chance(rng, 0.7):
        ratio = sheet.input("divider", prescale_bits)
        prescaler = sheet.register("prescaler", prescale_bits)
        done = sheet.is_zero(prescaler)
        sheet.clocked(
            [If(run, [If(done, [Set(prescaler, ratio)], [Set(prescaler, f"{prescaler} - 1'b1")])])],
            {prescaler: sheet.zero(prescale_bits)},
        )
        tick = sheet.wire("tick", 1, f"{run} && {done}")
    shared = chance(rng)
    period = sheet.input("period", width)
    direction = sheet.input("direction") if chance(rng, 0.4) else None
    count = None
    for channel in range(channels):
        if count is None or not shared:
            count = sheet.register(f"count {channel}", width)
            top = sheet.wire(f"at top {channel}", 1, f"{count} {rng.choice(('==', '>='))} {period}")
            bump: list[Statement] = [If(top, [Set(count, sheet.zero(width))], [Set(count, f"{count} + 1'b1")])]
            if direction:
                bottom = sheet.is_zero(count)
                bump = [If(direction, [If(bottom, [Set(count, period)], [Set(count, f"{count} - 1'b1")])], bump)]
            sheet.clocked([If(tick, bump)], {count: sheet.zero(width)})
        mode = rng.choice(("pwm", "pwm", "compare", "capture", "oneshot", "dead"))
        level = sheet.input(f"compare {channel}", width) if mode != "capture" else None
        if mode in {"pwm", "dead"}:
            out = sheet.output(f"pwm {channel}", registered=True)
            active = str(level)
            if chance(rng):
                shadow = sheet.register(f"shadow {channel}", width, note="taken over at the end of a period")
                sheet.clocked(
                    [If(f"{tick} && {count} == {period}", [Set(shadow, str(level))])], {shadow: sheet.zero(width)}
                )
                active = shadow
            if mode == "pwm":
                sheet.clocked([Set(out, f"{count} < {active}")], {out: "1'b0"})
            else:
                other = sheet.output(f"pwm low {channel}", registered=True)
                gap = sheet.register(f"gap {channel}", 4)
                want = sheet.register(f"want {channel}")
                now = f"({count} < {active})"
                wait = If(f"{gap} != 0", [Set(gap, f"{gap} - 1'b1")])
                sheet.clocked(
                    [Set(want, now), If(f"{want} != {now}", [Set(gap, sheet.ones(4))], [wait]),
                     Set(out, f"{want} && {gap} == 0"), Set(other, f"!{want} && {gap} == 0")],
                    {want: "1'b0", gap: sheet.zero(4), out: "1'b0", other: "1'b0"},
                )  # fmt: skip
        elif mode == "capture":
            pin = sheet.input(f"pin {channel}")
            history = sheet.register(f"history {channel}", 3)
            held = sheet.output(f"captured {channel}", width, registered=True)
            edge = f"{history}[1] && !{history}[2]"
            sheet.clocked(
                [Set(history, f"{{{history}[1:0], {pin}}}"), If(edge, [Set(held, count)])],
                {history: sheet.zero(3), held: sheet.zero(width)},
            )
        else:
            flag = sheet.output(f"flag {channel}", registered=True)
            clear = sheet.input(f"clear {channel}")
            hit = f"{tick} && {count} == {level}"
            if mode == "oneshot":
                armed = sheet.register(f"armed {channel}")
                sheet.clocked(
                    [
                        If(
                            clear,
                            [Set(armed, "1'b1"), Set(flag, "1'b0")],
                            [If(f"{armed} && {hit}", [Set(armed, "1'b0"), Set(flag, "1'b1")])],
                        )
                    ],
                    {armed: "1'b0", flag: "1'b0"},
                )
            else:
                sheet.clocked([Set(flag, f"({flag} && !{clear}) || ({hit})")], {flag: "1'b0"})


def _addresses(sheet: Sheet, rng: Random, size: float) -> None:
    """A nest of loops that walks memory: bounds and strides per level, and a request handshake."""
    levels = between(1, size / 110, 5)
    width = sheet.parameter("address width", between(5, size / levels / 13, 32))
    bits = between(3, int(width) / 2, 12)
    sheet.clock()
    start = sheet.input("start")
    ready = sheet.input("ready")
    base = sheet.input("base address", width)
    address = sheet.output("address", width, registered=True)
    valid = sheet.output("valid", registered=True)
    done = sheet.output("done", registered=True)
    last: list[str] = []
    counters, bounds, strides = [], [], []
    for level in range(levels):
        bounds.append(sheet.input(f"bound {level}", bits))
        strides.append(sheet.input(f"stride {level}", between(3, int(width) / 2, 16)))
        counters.append(sheet.register(f"index {level}", bits))
        last.append(sheet.wire(f"last {level}", 1, f"{counters[level]} == {bounds[level]}"))
    style = rng.choice(("add", "product"))
    if style == "product" and levels * bits * int(strides[0].width) * 6 > size:
        style = "add"
    go = sheet.wire("advance", 1, f"{valid} && {ready}")
    steps: list[Statement] = []
    branches: list[tuple[str, list[Statement]]] = []
    for level in range(levels):
        inner: list[Statement] = [Set(counters[k], sheet.zero(bits)) for k in range(level)]
        inner.append(Set(counters[level], f"{counters[level]} + 1'b1"))
        if style == "add":
            inner.append(Set(address, f"{address} {rng.choice('+++-')} {strides[level]}"))
        branches.append((f"!{last[level]}", inner))
    steps += guarded(branches, [Set(valid, "1'b0"), Set(done, "1'b1")])
    resets = {counter: sheet.zero(bits) for counter in counters} | {valid: "1'b0", done: "1'b0"}
    begin: list[Statement] = [
        *(Set(counter, sheet.zero(bits)) for counter in counters),
        Set(valid, "1'b1"),
        Set(done, "1'b0"),
    ]
    if style == "add":
        begin.append(Set(address, base))
        resets[address] = sheet.zero(width)
    sheet.clocked([If(start, begin, [If(go, steps)])], resets)
    if style == "product":
        total = " + ".join([base, *(f"{c} * {s}" for c, s in zip(counters, strides, strict=True))])
        sheet.clocked([Set(address, total)], {address: sheet.zero(width)})
    if chance(rng, 0.4):
        beats = sheet.output("beat count", bits + levels, registered=True)
        sheet.clocked([If(start, [Set(beats, sheet.zero(bits + levels))], [If(go, [Set(beats, f"{beats} + 1'b1")])])],
                      {beats: sheet.zero(bits + levels)})  # fmt: skip
    if chance(rng, 0.4):
        limit = sheet.input("limit address", width)
        sheet.assign(sheet.output("out of bounds"), f"{address} > {limit}")
    if chance(rng, 0.3):
        sheet.assign(sheet.output("bank", 2), f"{address}[1:0] ^ {address}[3:2]")


def _handshake(sheet: Sheet, rng: Random, size: float) -> None:
    """A chain of valid-ready stages: skid buffers, width changes, forks with backpressure, and a byte counter."""
    width = sheet.parameter("data width", between(4, size / rng.uniform(8, 24), 64))
    stages = between(1, size / (int(width) * 5), 8)
    sheet.clock()
    valid, data = sheet.input("input valid"), sheet.input("input data", width)
    accept = sheet.output("input ready")
    ready = sheet.input("output ready")
    current_valid, current_data = str(valid), str(data)
    readies = [sheet.wire(f"ready {stage}") for stage in range(stages)] + [ready]
    for stage in range(stages):
        held, full = sheet.register(f"data {stage}", width), sheet.register(f"full {stage}")
        if chance(rng, 0.4):
            spare, spare_full = sheet.register(f"skid data {stage}", width), sheet.register(f"skid full {stage}")
            sheet.assign(readies[stage], f"!{spare_full}")
            go = readies[stage + 1]
            sheet.clocked(
                [If(f"!{full} || {go}", [
                    If(spare_full, [Set(held, spare), Set(full, "1'b1"), Set(spare_full, "1'b0")],
                       [Set(held, current_data), Set(full, current_valid)])],
                    [If(f"{current_valid} && !{spare_full}", [Set(spare, current_data), Set(spare_full, "1'b1")])])],
                {held: sheet.zero(width), spare: sheet.zero(width), full: "1'b0", spare_full: "1'b0"},
            )  # fmt: skip
        else:
            sheet.assign(readies[stage], f"!{full} || {readies[stage + 1]}")
            sheet.clocked(
                [If(readies[stage], [Set(full, current_valid), If(current_valid, [Set(held, current_data)])])],
                {held: sheet.zero(width), full: "1'b0"},
            )
        change = rng.choice(("pass", "xor", "reverse", "add", "swap"))
        w = int(width)
        current_valid, current_data = str(full), str(held)
        if change == "xor":
            current_data = sheet.wire(f"keyed {stage}", width, f"{held} ^ {sheet.number(rng.getrandbits(w), w)}")
        elif change == "add":
            current_data = sheet.wire(f"bumped {stage}", width, f"{held} + {sheet.number(rng.getrandbits(w) | 1, w)}")
        elif change == "swap" and w > 2:
            current_data = sheet.wire(
                f"swapped {stage}", width, f"{{{held}[{w // 2 - 1}:0], {held}[{w - 1}:{w // 2}]}}"
            )
    sheet.assign(accept, readies[0])
    sheet.assign(sheet.output("output valid"), current_valid)
    sheet.assign(sheet.output("output data", width), current_data)
    if chance(rng):
        total = sheet.output("word count", 12, registered=True)
        sheet.clocked([If(f"{current_valid} && {ready}", [Set(total, f"{total} + 1'b1")])], {total: sheet.zero(12)})
    if chance(rng, 0.4):
        sheet.assign(sheet.output("parity"), f"^{current_data}")


FAMILIES = (
    Family("register-bank", _registers, 60, 7000, ("csr", "regs", "register bank", "cfg regs", "mmio"),
           "Memory-mapped registers."),
    Family("timer", _timer, 60, 3000, ("timer", "pwm", "counter unit", "tick gen", "event timer"),
           "Timers and pulse-width outputs."),
    Family("address-generator", _addresses, 60, 1500, ("agu", "address gen", "dma walker", "loop nest", "addr unit"),
           "Address generator for nested loops."),
    Family("stream", _handshake, 60, 2500, ("stream pipe", "skid", "axis reg", "elastic", "handshake"),
           "Elastic pipeline with valid and ready."),
)  # fmt: skip
