"""Sorting networks and reductions: what is the largest, the first, the number of ones."""

from __future__ import annotations

from random import Random
from typing import Final

from ..sheet import If, Loop, Set, Sheet, Signal, Statement
from .family import Family, between, bits_for, chance


def _sorter(sheet: Sheet, rng: Random, size: float) -> None:
    """A sorting network (odd-even merge, bitonic, transposition) or the ranks it gives in part; an insertion sorter."""
    form = rng.choice(("merge", "bitonic", "transposition", "insertion"))
    w = rng.randrange(2, 5 if size < 400 else 13)
    if form == "insertion":
        _insertion_sorter(sheet, rng, size, w)
        return
    power = 1
    while power < 5 and (1 << (power + 1)) * (power + 1) * (power + 2) / 4 * w * 5.2 < size:
        power += 1
    count = between(3, (size / (w * 2.6)) ** 0.5, 40) if form == "transposition" else 1 << power
    below = _exchange(sheet, chance(rng, 0.3), w)
    x, y, low, high = (port.name for port in below.ports)
    sheet.clock()
    lanes = [sheet.input(f"key {i}", w) for i in range(count)]
    kept = sorted(rng.sample(range(count), rng.randrange(1, count + 1))) if chance(rng, 0.4) else range(count)
    layers_per_stage = rng.choice((0, 2, 3))
    number = 0
    for depth, layer in enumerate(_layers(form, count)):
        for i, j in layer:
            number += 1
            lower, upper = sheet.wire(f"low {number}", w), sheet.wire(f"high {number}", w)
            sheet.instance(below, f"exchange {number}", {x: lanes[i], y: lanes[j], low: lower, high: upper})
            lanes[i], lanes[j] = lower, upper
        if layers_per_stage and depth % layers_per_stage == 1:
            held = [sheet.register(f"stage {depth} {i}", w) for i in range(count)]
            sheet.clocked(
                [Set(h, lane) for h, lane in zip(held, lanes, strict=True)], dict.fromkeys(held, sheet.zero(w))
            )
            lanes = held
    for i in kept:
        out = sheet.output(f"rank {i}", w, registered=True)
        sheet.clocked([Set(out, lanes[i])], {out: sheet.zero(w)})


def _exchange(sheet: Sheet, signed: bool, w: int) -> Sheet:
    """Return a module with ports (x, y, low, high) that puts two keys in order."""
    below = sheet.child("exchange", "Puts two keys in order.")
    x, y = below.input("x", w), below.input("y", w)
    low, high = below.output("low", w), below.output("high", w)
    test = f"$signed({x}) > $signed({y})" if signed else f"{x} > {y}"
    test = below.wire("swapped", 1, test) if below.taste.random() < 0.5 else f"({test})"
    below.assign(low, f"{test} ? {y} : {x}")
    below.assign(high, f"{test} ? {x} : {y}")
    return below


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


def _insertion_sorter(sheet: Sheet, rng: Random, size: float, w: int) -> None:
    """Keeps the smallest (or largest) keys seen so far in order; shows some of them."""
    count = between(3, size / (w * 6), 40)
    falling = chance(rng, 0.3)
    sheet.clock()
    key, valid, clear = sheet.input("key", w), sheet.input("valid"), sheet.input("clear")
    kept = [sheet.register(f"kept {i}", w) for i in range(count)]
    before = [sheet.wire(f"before {i}", 1, f"{key} {'>' if falling else '<'} {kept[i]}") for i in range(count)]
    steps = [If(before[0], [Set(kept[0], key)])]
    steps += [
        If(before[i], [If(before[i - 1], [Set(kept[i], kept[i - 1])], [Set(kept[i], key)])]) for i in range(1, count)
    ]
    start = sheet.zero(w) if falling else sheet.ones(w)
    sheet.clocked([If(clear, [Set(k, start) for k in kept], [If(valid, steps)])], dict.fromkeys(kept, start))
    for i in sorted(rng.sample(range(count), min(count, 4))):
        sheet.assign(sheet.output(f"rank {i}", w), kept[i])


def _reduction(sheet: Sheet, rng: Random, size: float) -> None:
    """One word from many words or bits."""
    sheet.clock()
    reduce = rng.choice((_extreme_tree, _sum_tree, _bit_scan, _bit_scan, _bit_scan, _bit_scan))
    reduce(sheet, rng, size)


def _extreme_tree(sheet: Sheet, rng: Random, size: float) -> None:
    """The largest or smallest of many words and its number."""
    w = rng.randrange(2, 9)
    count = between(3, size / (w * 8), 64)
    arity, sign, piped = rng.choice((2, 2, 3)), rng.choice("<>"), chance(rng)
    bits = bits_for(count)
    nodes: list[tuple[str, str]] = [(sheet.input(f"value {i}", w), sheet.number(i, bits)) for i in range(count)]
    level = number = 0
    while len(nodes) > 1:
        level += 1
        following: list[tuple[str, str]] = []
        for i in range(0, len(nodes), arity):
            best, index = nodes[i]
            for value, place in nodes[i + 1 : i + arity]:
                number += 1
                better = sheet.wire(f"better {number}", 1, f"{value} {sign} {best}")
                best = sheet.wire(f"best {number}", w, f"{better} ? {value} : {best}")
                index = sheet.wire(f"place {number}", bits, f"{better} ? {place} : {index}")
            following.append((best, index))
        nodes = following
        if piped and level % 2 == 0 and len(nodes) > 1:
            held: list[tuple[str, str]] = []
            for i, (value, place) in enumerate(nodes):
                pair = sheet.register(f"value held {level} {i}", w), sheet.register(f"place held {level} {i}", bits)
                sheet.clocked([Set(pair[0], value), Set(pair[1], place)])
                held.append(pair)
            nodes = held
    out, where = sheet.output("result", w, registered=True), sheet.output("index", bits, registered=True)
    sheet.clocked([Set(out, nodes[0][0]), Set(where, nodes[0][1])], {out: sheet.zero(w), where: sheet.zero(bits)})


def _sum_tree(sheet: Sheet, rng: Random, size: float) -> None:
    """The sum of many words."""
    width = rng.randrange(2, 9)
    count = between(3, size / (width * 8), 64)
    arity, piped = rng.choice((2, 2, 3)), chance(rng)
    nodes: list[Signal] = [sheet.input(f"value {i}", width) for i in range(count)]
    level = 0
    while len(nodes) > 1:
        level += 1
        width += bits_for(arity)
        groups = [nodes[i : i + arity] for i in range(0, len(nodes), arity)]
        nodes = [sheet.wire(f"sum {level} {i}", width, " + ".join(group)) for i, group in enumerate(groups)]
        if piped and level % 2 == 0 and len(nodes) > 1:
            held = [sheet.register(f"held {level} {i}", width) for i in range(len(nodes))]
            sheet.clocked([Set(h, node) for h, node in zip(held, nodes, strict=True)])
            nodes = held
    out = sheet.output("result", width, registered=True)
    sheet.clocked([Set(out, nodes[0])], {out: sheet.zero(width)})


#: Scans over the bits of a word, with their gates per bit.
_SCANS: Final = {"priority": 5, "ones": 7, "leading": 6, "majority": 8, "onehot": 4}


def _bit_scan(sheet: Sheet, rng: Random, size: float) -> None:
    """A number from the bits of a word: the first set one, leading ones, how many are set, the one that is set."""
    kind = rng.choice(tuple(_SCANS))
    w = between(4, size / _SCANS[kind], 256)
    bits = bits_for(w + 1)
    data = sheet.input("data", w)
    held = sheet.register("data held", w)
    sheet.clocked([Set(held, data)], {held: sheet.zero(w)})
    loop, result = sheet.integer(), sheet.variable("value", bits)
    start: list[Statement] = [Set(result, sheet.zero(bits))]
    step: Statement
    match kind:
        case "priority":
            found = sheet.output("found", registered=True)
            order = loop if chance(rng) else f"{w - 1} - {loop}"
            start.append(Set(found, "1'b0"))
            step = If(f"{held}[{order}]", [Set(result, order), Set(found, "1'b1")])
        case "leading":
            going = sheet.variable("going")
            test = f"{going} && {held}[{w - 1} - {loop}] == 1'b{rng.choice('01')}"
            start.append(Set(going, "1'b1"))
            step = If(test, [Set(result, f"{result} + 1'b1")], [Set(going, "1'b0")])
        case "onehot":
            step = If(f"{held}[{loop}]", [Set(result, f"{result} | {loop}")])
        case _:
            step = Set(result, f"{result} + {held}[{loop}]")
    sheet.combinational([*start, Loop(loop, str(w), [step])])
    out = sheet.output("result", bits, registered=True)
    sheet.clocked([Set(out, result)], {out: sheet.zero(bits)})
    if kind == "majority":
        sheet.assign(sheet.output("majority"), f"{result} > {sheet.number(w // 2, bits)}")
    if chance(rng, 0.4):
        sheet.assign(sheet.output("parity"), f"^{held}")


FAMILIES = (
    Family("sorter", _sorter, 80, 9000, ("sorter", "sort net", "rank", "median", "bitonic"), "Sorting network."),
    Family("reduction-tree", _reduction, 50, 2500, ("tree", "prio enc", "popcount", "max finder", "reduce"),
           "Reduction tree."),
)  # fmt: skip
