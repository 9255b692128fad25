"""Networks: crossbars, sorting networks, trees of comparisons and counts, shifters."""

from __future__ import annotations

from random import Random

from ..sheet import Case, If, Loop, Set, Sheet, Signal, Statement
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


def _sorter(sheet: Sheet, rng: Random, size: float) -> None:
    """A sorting network (bitonic, odd-even merge, transposition, insertion) or a part of one: median, top values."""
    form = rng.choice(("merge", "bitonic", "transposition", "insertion"))
    w = rng.randrange(2, 5 if size < 400 else 13)
    power = 1
    while power < 5 and (1 << (power + 1)) * (power + 1) * (power + 2) / 4 * w * 5.2 < size:
        power += 1
    count = 1 << power
    if form in {"transposition", "insertion"}:
        count = between(3, (size / (w * 2.6)) ** 0.5 if form == "transposition" else size / (w * 6), 40)
    below = sheet.child("exchange", "Puts two keys in order.")
    x, y = below.input("x", w), below.input("y", w)
    low, high = below.output("low", w), below.output("high", w)
    signed = chance(rng, 0.3)
    if below.taste.random() < 0.5:
        test = below.wire("swapped", 1, f"$signed({x}) > $signed({y})" if signed else f"{x} > {y}")
        below.assign(low, f"{test} ? {y} : {x}")
        below.assign(high, f"{test} ? {x} : {y}")
    else:
        test_text = f"$signed({x}) > $signed({y})" if signed else f"{x} > {y}"
        below.assign(low, f"({test_text}) ? {y} : {x}")
        below.assign(high, f"({test_text}) ? {x} : {y}")
    sheet.clock()
    if form == "insertion":
        data, valid, clear = sheet.input("key", w), sheet.input("valid"), sheet.input("clear")
        kept = [sheet.register(f"kept {i}", w) for i in range(count)]
        smaller = [sheet.wire(f"before {i}", 1, f"{data} {'<' if not signed else '>'} {kept[i]}") for i in range(count)]
        steps: list[Statement] = []
        for i in range(count):
            inner: list[Statement] = [Set(kept[i], data)]
            steps.append(If(smaller[i], [If(smaller[i - 1], [Set(kept[i], kept[i - 1])], inner)] if i else inner))
        start = sheet.ones(w) if not signed else sheet.zero(w)
        resets = dict.fromkeys(kept, start)
        sheet.clocked([If(clear, [Set(k, start) for k in kept], [If(valid, steps)])], resets)
        for i in sorted(rng.sample(range(count), min(count, 4))):
            sheet.assign(sheet.output(f"rank {i}", w), kept[i])
        sheet._children.remove(below)
        return
    lanes = [sheet.input(f"key {i}", w) for i in range(count)]
    layers = _layers(form, count)
    keep = sorted(rng.sample(range(count), rng.randrange(1, count + 1))) if chance(rng, 0.4) else list(range(count))
    cuts = rng.choice((0, 1, 2))
    number = 0
    for depth, layer in enumerate(layers):
        for i, j in layer:
            number += 1
            lower, upper = sheet.wire(f"low {number}", w), sheet.wire(f"high {number}", w)
            sheet.instance(
                below, f"exchange {number}", {x: str(lanes[i]), y: str(lanes[j]), low: str(lower), high: str(upper)}
            )
            lanes[i], lanes[j] = lower, upper
        if cuts and depth % (2 if cuts == 1 else 3) == 1:
            held = [sheet.register(f"stage {depth} {i}", w) for i in range(count)]
            sheet.clocked([Set(h, lane) for h, lane in zip(held, lanes, strict=True)], {h: sheet.zero(w) for h in held})
            lanes = list(held)
    for i in keep:
        out = sheet.output(f"rank {i}", w, registered=True)
        sheet.clocked([Set(out, lanes[i])], {out: sheet.zero(w)})


def _layers(form: str, count: int) -> list[list[tuple[int, int]]]:
    """Return the layers of a sorting network: pairs (i, j) of which i gets the smaller key."""
    if form == "transposition":
        return [[(i, i + 1) for i in range(layer % 2, count - 1, 2)] for layer in range(count)]
    layers: list[list[tuple[int, int]]] = []
    if form == "bitonic":
        k = 2
        while k <= count:
            j = k // 2
            while j:
                pairs = [(i, i ^ j) if not i & k else (i ^ j, i) for i in range(count) if not i & j]
                layers.append(pairs)
                j //= 2
            k *= 2
        return layers
    p = 1
    while p < count:  # Batcher's odd-even merge sort, Knuth's algorithm 5.2.2 M
        k = p
        while k:
            pairs = [
                (i + j, i + j + k)
                for j in range(k % p, count - k, 2 * k)
                for i in range(min(k, count - j - k))
                if (i + j) // (2 * p) == (i + j + k) // (2 * p)
            ]
            layers.append(pairs)
            k //= 2
        p *= 2
    return layers


def _tree(sheet: Sheet, rng: Random, size: float) -> None:
    """A reduction of many words or bits: extremes with index, priority encoding, counts of ones, majority, parity."""
    kind = rng.choice(("extreme", "priority", "ones", "leading", "sum", "majority", "onehot"))
    sheet.clock()
    if kind in {"extreme", "sum"}:
        w = rng.randrange(2, 9)
        count = between(3, size / (w * 8), 64)
        arity = rng.choice((2, 2, 3))
        items = [(sheet.input(f"value {i}", w), sheet.number(i, bits_for(count))) for i in range(count)]
        sign = rng.choice("<>")
        number = 0
        width = w
        nodes: list[tuple[str, str]] = [(str(v), index) for v, index in items]
        piped = chance(rng)
        level = 0
        while len(nodes) > 1:
            level += 1
            following: list[tuple[str, str]] = []
            width += bits_for(arity) if kind == "sum" else 0
            for i in range(0, len(nodes), arity):
                group = nodes[i : i + arity]
                number += 1
                if kind == "sum":
                    total = " + ".join(value for value, _ in group)
                    following.append((sheet.wire(f"sum {number}", width, total), ""))
                    continue
                best, index = group[0]
                for k, (value, place) in enumerate(group[1:]):
                    better = sheet.wire(f"better {number} {k}", 1, f"{value} {sign} {best}")
                    best = sheet.wire(f"best {number} {k}", w, f"{better} ? {value} : {best}")
                    index = sheet.wire(f"place {number} {k}", bits_for(count), f"{better} ? {place} : {index}")
                following.append((best, index))
            nodes = following
            if piped and level % 2 == 0 and len(nodes) > 1:
                held = [(sheet.register(f"value held {level} {i}", width), sheet.register(f"place held {level} {i}", bits_for(count)))
                        for i in range(len(nodes))]  # fmt: skip
                pairs = list(zip(held, nodes, strict=True))
                body: list[Statement] = [Set(h[0], n[0]) for h, n in pairs]
                if kind != "sum":
                    body += [Set(h[1], n[1]) for h, n in pairs]
                    nodes = [(h[0], h[1]) for h in held]
                else:
                    nodes = [(h[0], "") for h in held]
                sheet.clocked(body)
        out = sheet.output("result", width, registered=True)
        body = [Set(out, nodes[0][0])]
        resets = {out: sheet.zero(width)}
        if kind == "extreme":
            place_out = sheet.output("index", bits_for(count), registered=True)
            body.append(Set(place_out, nodes[0][1]))
            resets[place_out] = sheet.zero(bits_for(count))
        sheet.clocked(body, resets)
        return
    per = {"priority": 5, "ones": 7, "leading": 6, "majority": 8, "onehot": 4}[kind]
    w = between(4, size / per, 256)
    data = sheet.input("data", w)
    held_data = sheet.register("data held", w)
    sheet.clocked([Set(held_data, data)], {held_data: sheet.zero(w)})
    bits = bits_for(w + 1)
    loop = sheet.integer()
    result = sheet.variable("value", bits)
    found = None
    if kind == "priority":
        found = sheet.variable("found")
        order = loop if chance(rng) else f"{w - 1} - {loop}"
        steps: list[Statement] = [If(f"{held_data}[{order}]", [Set(result, order), Set(found, "1'b1")])]
        sheet.combinational([Set(result, sheet.zero(bits)), Set(found, "1'b0"), Loop(loop, str(w), steps)])
    elif kind == "leading":
        going = sheet.variable("going")
        value = rng.choice("01")
        steps = [
            If(
                f"{going} && {held_data}[{w - 1} - {loop}] == 1'b{value}",
                [Set(result, f"{result} + 1'b1")],
                [Set(going, "1'b0")],
            )
        ]
        sheet.combinational([Set(result, sheet.zero(bits)), Set(going, "1'b1"), Loop(loop, str(w), steps)])
    elif kind == "onehot":
        steps = [If(f"{held_data}[{loop}]", [Set(result, f"{result} | {loop}")])]
        sheet.combinational([Set(result, sheet.zero(bits)), Loop(loop, str(w), steps)])
    else:
        steps = [Set(result, f"{result} + {held_data}[{loop}]")]
        sheet.combinational([Set(result, sheet.zero(bits)), Loop(loop, str(w), steps)])
    out = sheet.output("result", bits, registered=True)
    sheet.clocked([Set(out, result)], {out: sheet.zero(bits)})
    if kind == "majority":
        sheet.assign(sheet.output("majority"), f"{result} > {sheet.number(w // 2, bits)}")
    if found:
        sheet.assign(sheet.output("found"), found)
    if chance(rng, 0.4):
        sheet.assign(sheet.output("parity"), f"^{held_data}")


def _shifter(sheet: Sheet, rng: Random, size: float) -> None:
    """A barrel shifter: logarithmic stages or an operator, with directions, kinds and cuts; or a bit field unit."""
    kinds = rng.sample(
        ("logical left", "logical right", "arithmetic", "rotate left", "rotate right", "reverse"), rng.randrange(1, 5)
    )
    w = 1 << between(2, (size / (len(kinds) * 6)) ** 0.5 * 0.45, 7)
    while w * bits_for(w) * 1.4 * len(kinds) > size * 1.6 and w > 4:
        w //= 2
    width = sheet.parameter("data width", w)
    bits = bits_for(w)
    lanes = between(1, size / (w * bits * 1.3 * len(kinds) + 3 * w), 8)
    sheet.clock()
    amount, mode = sheet.input("amount", bits), sheet.input("mode", bits_for(len(kinds)))
    explicit = chance(rng)
    cut = rng.randrange(0, bits) if explicit and chance(rng) else None
    for lane in range(lanes):
        data = sheet.input(f"data {lane}", width)
        options: list[str] = []
        for kind in kinds:
            current: str = data
            now, mode_now = str(amount), str(mode)
            if kind == "reverse":
                options.append(f"{{{', '.join(f'{data}[{i}]' for i in range(w))}}}")
                continue
            if not explicit:
                options.append({
                    "logical left": f"{data} << {now}", "logical right": f"{data} >> {now}",
                    "arithmetic": f"$signed({data}) >>> {now}",
                    "rotate left": f"({data} << {now}) | ({data} >> ({w} - {now}))",
                    "rotate right": f"({data} >> {now}) | ({data} << ({w} - {now}))",
                }[kind])  # fmt: skip
                continue
            for k in range(bits):
                d = 1 << k
                moved = {
                    "logical left": f"{{{current}[{w - 1 - d}:0], {sheet.number(0, d)}}}",
                    "logical right": f"{{{sheet.number(0, d)}, {current}[{w - 1}:{d}]}}",
                    "arithmetic": f"{{{{{d}{{{data}[{w - 1}]}}}}, {current}[{w - 1}:{d}]}}",
                    "rotate left": f"{{{current}[{w - 1 - d}:0], {current}[{w - 1}:{w - d}]}}",
                    "rotate right": f"{{{current}[{d - 1}:0], {current}[{w - 1}:{d}]}}",
                }[kind]
                current = sheet.wire(f"{kind} {lane} {k}", width, f"{now}[{k}] ? {moved} : {current}")
            options.append(current)
            del mode_now
        chosen = sheet.variable(f"chosen {lane}", width)
        arms: list[tuple[str, list[Statement]]] = [
            (sheet.number(i, bits_for(len(kinds))), [Set(chosen, option)]) for i, option in enumerate(options[:-1])
        ]
        sheet.combinational([Case(mode, arms, [Set(chosen, options[-1])])] if arms else [Set(chosen, options[-1])])
        out = sheet.output(f"result {lane}", width, registered=True)
        if cut is not None:
            middle = sheet.register(f"middle {lane}", width)
            sheet.clocked([Set(middle, chosen), Set(out, middle)], {middle: sheet.zero(width), out: sheet.zero(width)})
        else:
            sheet.clocked([Set(out, chosen)], {out: sheet.zero(width)})
        if chance(rng, 0.3):
            merge_mask = sheet.input(f"mask {lane}", width)
            sheet.assign(sheet.output(f"field {lane}", width), f"{chosen} & {merge_mask}")


FAMILIES = (
    Family("crossbar", _crossbar, 60, 14000, ("crossbar", "xbar", "switch", "router", "mux matrix"), "Crossbar switch."),
    Family("sorter", _sorter, 80, 9000, ("sorter", "sort net", "rank", "median", "bitonic"), "Sorting network."),
    Family("reduction-tree", _tree, 50, 2500, ("tree", "prio enc", "popcount", "max finder", "reduce"), "Reduction tree."),
    Family("shifter", _shifter, 50, 5000, ("barrel", "shifter", "rotator", "align unit", "bit field"), "Shifter."),
)  # fmt: skip
_Unused = Signal
