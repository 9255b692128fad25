"""Arrays of multiply-accumulate cells, and pixel pipelines."""

from __future__ import annotations

from random import Random

from ..sheet import If, Set, Sheet, Signal, Statement
from .family import Family, between, bits_for, chance


def _mac_array(sheet: Sheet, rng: Random, size: float) -> None:
    """Cells that multiply and accumulate: a systolic grid, a dot product, or a neuron with activation."""
    a, b = rng.randrange(2, 5 if size < 600 else 9), rng.randrange(2, 5 if size < 600 else 9)
    acc = a + b + rng.randrange(2, 9)
    signed = chance(rng, 0.7)
    form = rng.choice(("systolic", "dot", "rows"))
    cell = a * b * 6.5 + acc * 8.5 + (a + b if form == "systolic" else 0)
    cells = between(1, size / cell, 256)
    below = sheet.child("cell", "One multiply-accumulate cell.")
    below.clock()
    x, y = below.input("x", a, signed=signed), below.input("y", b, signed=signed)
    clear = below.input("clear")
    total = below.output("total", acc, registered=True, signed=signed)
    piped = chance(rng, 0.4)
    if piped:
        product = below.register("product", a + b, signed=signed)
        below.clocked([Set(product, f"{x} * {y}")], {product: below.zero(a + b)})
    else:
        product = below.wire("product", a + b, f"{x} * {y}", signed=signed)
    below.clocked([If(clear, [Set(total, product)], [Set(total, f"{total} + {product}")])], {total: below.zero(acc)})
    passes: list[tuple[Signal, Signal]] = []
    if form == "systolic":
        for port, width in ((x, a), (y, b)):
            out = below.output(f"{'x' if port is x else 'y'} next", width, registered=True, signed=signed)
            below.clocked([Set(out, port)], {out: below.zero(width)})
            passes.append((port, out))
    sheet.clock()
    start = sheet.input("clear")
    rows = max(1, round(cells**0.5)) if form == "systolic" else cells
    columns = max(1, cells // rows)
    if form == "systolic":
        left = [sheet.input(f"x {r}", a) for r in range(rows)]
        top = [sheet.input(f"y {c}", b) for c in range(columns)]
    else:
        left = [sheet.input(f"x {r}", a) for r in range(rows)]
        top = [sheet.input("y", b)] if form == "rows" else [sheet.input(f"y {r}", b) for r in range(rows)]
    sums: list[Signal] = []
    for r in range(rows):
        for c in range(columns):
            result = sheet.wire(f"total {r} {c}", acc)
            here_x = left[r]
            here_y = top[c] if form == "systolic" else top[0] if form == "rows" else top[r]
            connections = {x: str(here_x), y: str(here_y), clear: str(start), total: str(result)}
            if form == "systolic":
                across, down = sheet.wire(f"x {r} {c} next", a), sheet.wire(f"y {r} {c} next", b)
                connections |= {passes[0][1]: str(across), passes[1][1]: str(down)}
                left[r], top[c] = across, down
            sheet.instance(below, f"cell {r} {c}", connections)
            sums.append(result)
    if form == "dot" or chance(rng, 0.4):
        grown = acc + bits_for(len(sums) + 1)
        whole = sheet.output("result", grown, registered=True)
        sheet.clocked([Set(whole, " + ".join(sums))], {whole: sheet.zero(grown)})
    elif chance(rng) and len(sums) > 1:
        pick = sheet.input("select", bits_for(len(sums)))
        out = sheet.output("result", acc, registered=True)
        arms: list[Statement] = [
            If(f"{pick} == {sheet.number(i, bits_for(len(sums)))}", [Set(out, s)]) for i, s in enumerate(sums)
        ]
        sheet.clocked(arms, {out: sheet.zero(acc)})
    else:
        relu = chance(rng)
        for i, s in enumerate(sums):
            sheet.assign(sheet.output(f"result {i}", acc), f"{s}[{acc - 1}] ? {sheet.zero(acc)} : {s}" if relu else s)


def _pixel(sheet: Sheet, rng: Random, size: float) -> None:
    """A pixel pipeline: conversions, thresholds, window operators and blending, in a random order."""
    w = between(3, size**0.33 * rng.uniform(0.6, 1.3), 12)
    sheet.clock()
    valid = sheet.input("pixel valid")
    channels = [sheet.input(name, w) for name in ("red", "green", "blue")]
    spent = 0.0
    stage = 0
    flags: list[str] = []
    while spent < size * 0.8 or stage == 0:
        stage += 1
        kind = rng.choice(
            ("luma", "invert", "threshold", "blend", "window", "gain", "swap", "edge", "histogram", "clip")
        )
        if kind == "luma":
            weights = [rng.randrange(1, 8) for _ in range(3)]
            text = " + ".join(f"{c} * {sheet.number(k, 4)}" for c, k in zip(channels, weights, strict=True))
            luma = sheet.wire(f"luma {stage}", w + 6, text)
            drop = sum(weights).bit_length()
            channels = [*channels[:2], sheet.wire(f"grey {stage}", w, f"{luma} >> {drop}")]
            spent += 40 * w
        elif kind == "invert":
            choice = sheet.input(f"mode {stage}")
            channels = [sheet.wire(f"toned {stage} {i}", w, f"{choice} ? ~{c} : {c}") for i, c in enumerate(channels)]
            spent += 3 * w
        elif kind == "threshold":
            limit = sheet.input(f"threshold {stage}", w)
            over = sheet.wire(f"over {stage}", 1, f"{rng.choice(channels)} > {limit}")
            flags.append(over)
            channels = [
                sheet.wire(f"gated {stage} {i}", w, f"{over} ? {c} : {sheet.zero(w)}") for i, c in enumerate(channels)
            ]
            spent += 6 * w
        elif kind == "blend":
            alpha = sheet.input(f"alpha {stage}", 3)
            other = sheet.input(f"overlay {stage}", w)
            i = rng.randrange(3)
            mixed = sheet.wire(f"mixed {stage}", w + 4, f"{channels[i]} * {alpha} + {other} * (4'd8 - {alpha})")
            channels[i] = sheet.wire(f"blended {stage}", w, f"{mixed} >> 3")
            spent += 6 * w * 7 + 10 * w
        elif kind == "window":
            i = rng.randrange(3)
            depth = rng.randrange(2, 6)
            line = [sheet.register(f"line {stage} {k}", w) for k in range(depth)]
            shift = [Set(line[0], channels[i]), *(Set(line[k], line[k - 1]) for k in range(1, depth))]
            sheet.clocked([If(valid, shift)], dict.fromkeys(line, sheet.zero(w)))
            best = line[0]
            sign = rng.choice("<>")
            for k in range(1, depth):
                best = sheet.wire(f"best {stage} {k}", w, f"({line[k]} {sign} {best}) ? {line[k]} : {best}")
            channels[i] = best
            spent += depth * 7 * w
        elif kind == "gain":
            i = rng.randrange(3)
            gain = sheet.input(f"gain {stage}", 4)
            grown = sheet.wire(f"gained {stage}", w + 4, f"{channels[i]} * {gain}")
            channels[i] = sheet.wire(
                f"limited {stage}", w, f"(|{grown}[{w + 3}:{w + 2}]) ? {sheet.ones(w)} : {grown}[{w + 1}:2]"
            )
            spent += 28 * w
        elif kind == "swap":
            rng.shuffle(channels)
            held = [sheet.register(f"stage {stage} {i}", w) for i in range(3)]
            sheet.clocked(
                [If(valid, [Set(h, c) for h, c in zip(held, channels, strict=True)])], {h: sheet.zero(w) for h in held}
            )
            channels = list(held)
            spent += 6 * w
        elif kind == "edge":
            i = rng.randrange(3)
            past = sheet.register(f"past {stage}", w)
            sheet.clocked([If(valid, [Set(past, channels[i])])], {past: sheet.zero(w)})
            channels[i] = sheet.wire(
                f"edge {stage}", w, f"({channels[i]} > {past}) ? {channels[i]} - {past} : {past} - {channels[i]}"
            )
            spent += 17 * w
        elif kind == "histogram":
            i = rng.randrange(3)
            counts = rng.choice((4, 8))
            width = rng.randrange(4, 11)
            high = f"{channels[i]}[{w - 1}:{max(0, w - bits_for(counts))}]"
            for k in range(counts):
                held_count = sheet.register(f"bucket {stage} {k}", width)
                test = f"{valid} && {high} == {k}"
                sheet.clocked([If(test, [Set(held_count, f"{held_count} + 1'b1")])], {held_count: sheet.zero(width)})
                flags.append(f"{held_count}[{width - 1}]")
            spent += counts * width * 7
        else:
            low, high_limit = sorted(rng.sample(range(1 << w), 2))
            channels = [
                sheet.wire(f"clip {stage} {i}", w, f"({c} < {sheet.number(low, w)}) ? {sheet.number(low, w)} : "
                           f"({c} > {sheet.number(high_limit, w)}) ? {sheet.number(high_limit, w)} : {c}")
                for i, c in enumerate(channels)
            ]  # fmt: skip
            spent += 9 * w
    for name, channel in zip(("red", "green", "blue"), channels, strict=True):
        out = sheet.output(f"{name} result", w, registered=True)
        sheet.clocked([Set(out, channel)], {out: sheet.zero(w)})
    if flags:
        sheet.assign(sheet.output("flags"), " ^ ".join(flags))


FAMILIES = (
    Family("mac-array", _mac_array, 120, 20000, ("mac array", "systolic", "neuron", "dot product", "matmul"),
           "Array of multiply-accumulate cells."),
    Family("pixel", _pixel, 120, 5000, ("pixel pipe", "isp", "video proc", "colour conv", "image stage"),
           "Pixel pipeline."),
)  # fmt: skip
