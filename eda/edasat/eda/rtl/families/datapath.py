"""Word-level data paths: a random graph of operators, cut by pipeline registers."""

from __future__ import annotations

from random import Random

from ..sheet import If, Set, Sheet, Signal
from .family import Family, bits_for, chance

_NAMES = ("sum", "difference", "mix", "offset", "scaled", "limit", "blend", "term", "part", "partial", "product",
          "value", "gain", "error", "level", "merged", "masked", "folded", "temp", "node")  # fmt: skip


class _Graph:
    """The signals so far and the cost of what drives them, in gates."""

    def __init__(self, sheet: Sheet, rng: Random, enable: str | None) -> None:
        self.sheet, self.rng, self.enable = sheet, rng, enable
        self.pool: list[Signal] = []
        self.unused: list[Signal] = []
        self.cost = 0.0

    def add(self, signal: Signal) -> None:
        self.pool.append(signal)
        self.unused.append(signal)

    def operand(self) -> Signal:
        """Return a signal, mostly one that nothing reads yet."""
        if self.unused and chance(self.rng, 0.75):
            return self.unused.pop(self.rng.randrange(len(self.unused)))
        return self.rng.choice(self.pool[-12:])

    def wire(self, width: int, value: str) -> Signal:
        return self.sheet.wire(f"{self.rng.choice(_NAMES)} {len(self.pool)}", width, value)

    def registered(self, source: Signal) -> Signal:
        held = self.sheet.register(f"{self.rng.choice(_NAMES)} {len(self.pool)}", source.width)
        update = [Set(held, source)]
        body = [If(self.enable, update)] if self.enable else update
        self.sheet.clocked(body, {held: self.sheet.zero(source.width)})
        self.cost += int(source.width) * (2 if self.enable else 1.3)
        return held


def _operate(graph: _Graph, budget: float) -> None:
    """Add one operator that costs at most about ``budget``."""
    rng, sheet = graph.rng, graph.sheet
    a, b = graph.operand(), graph.operand()
    wa, wb = int(a.width), int(b.width)
    wide = max(wa, wb)
    kinds = ["add", "sub", "logic", "mux", "shift", "extreme", "saturate", "rotate", "constant", "register", "select"]
    if wa * wb * 6 <= budget:
        kinds += ["mul", "mul"]
    if wide * bits_for(wide) * 1.5 <= budget:
        kinds += ["barrel", "count"]
    kind = rng.choice(kinds)
    grown = min(wide + 1, 48)
    value: str
    width: int
    match kind:
        case "add" | "sub":
            value, width, cost = f"{a} {'+' if kind == 'add' else '-'} {b}", grown, 7.0 * wide
        case "logic":
            operator = rng.choice(("&", "|", "^", "^", "~^"))
            value, width, cost = f"{a} {operator} {b}", wide, wide
        case "mul":
            signed = chance(rng)
            value = f"$signed({a}) * $signed({b})" if signed else f"{a} * {b}"
            width, cost = min(wa + wb, 48), 6.0 * wa * wb
        case "mux":
            third = graph.operand()
            test = rng.choice((f"{third} > {a}", f"{third} == {b}", f"^{third}", f"|{third}"))
            value, width, cost = f"({test}) ? {a} : {b}", wide, 3.5 * wide
        case "shift":
            distance = rng.randrange(1, 4)
            value = rng.choice((f"{a} + ({b} << {distance})", f"{a} - ({b} >> {distance})"))
            width, cost = grown, 7.0 * wide
        case "extreme":
            sign = rng.choice("<>")
            signed = chance(rng, 0.3)
            left, right = (f"$signed({a})", f"$signed({b})") if signed else (a, b)
            value, width, cost = f"({left} {sign} {right}) ? {a} : {b}", wide, 4.5 * wide
        case "saturate":
            total = graph.wire(wide + 1, f"{a} + {b}")
            value = f"{total}[{wide}] ? {sheet.ones(wide)} : {total}[{wide - 1}:0]"
            width, cost = wide, 8.0 * wide
        case "rotate":
            cut = rng.randrange(1, wa) if wa > 1 else 0
            value = f"{{{a}[{cut - 1}:0], {a}[{wa - 1}:{cut}]}} ^ {b}" if cut else f"{a} ^ {b}"
            width, cost = wide, wide
        case "constant":
            factor = rng.randrange(3, 1 << min(wa, 8)) if wa > 2 else 3
            width, cost = min(wa + factor.bit_length(), 48), 3.5 * wa * (factor.bit_count() - 1 or 0.2)
            value = f"{a} * {sheet.number(factor, factor.bit_length())} + {b}"
            width = max(width, wb)
        case "barrel":
            amount = f"{b}[{min(wb, bits_for(wa)) - 1}:0]" if wb > 1 else str(b)
            operator = rng.choice(("<<", ">>", ">>>"))
            left = f"$signed({a})" if operator == ">>>" else a
            value, width, cost = f"{left} {operator} {amount}", wa, 1.6 * wa * bits_for(wa)
        case "count":
            value = " + ".join(f"{a}[{i}]" for i in range(wa)) if wa > 1 else str(a)
            width, cost = bits_for(wa + 1), 5.0 * wa
            graph.unused.append(b)
        case "select":
            third = graph.operand()
            choice = graph.operand()
            low = f"{choice}[1:0]" if int(choice.width) > 1 else f"{{1'b0, {choice}}}"
            both = sheet.wire(f"sel {len(graph.pool)}", 2, low)
            value = f"{both}[1] ? ({both}[0] ? {a} : {b}) : ({both}[0] ? {third} : {sheet.zero(wide)})"
            width = max(wide, int(third.width))
            cost = 2.5 * width
        case _:
            graph.unused.append(b)
            graph.add(graph.registered(a))
            return
    graph.cost += cost
    result = graph.wire(width, value)
    if chance(rng, 0.3):
        result = graph.registered(result)
    graph.add(result)


def _datapath(sheet: Sheet, rng: Random, size: float) -> None:
    widest = 6 if size < 150 else 10 if size < 500 else 16 if size < 3000 else 24
    sheet.clock()
    enable = sheet.input("enable") if chance(rng) else None
    graph = _Graph(sheet, rng, enable)
    for _ in range(rng.randrange(2, 4 + round(size**0.25))):
        width = rng.randrange(max(3, widest // 2), widest + 1)
        words = rng.choice(("data", "sample", "operand", "coefficient", "offset", "source", "bias", "weight"))
        graph.add(sheet.input(words, width))
    while graph.cost < size * 1.05:
        _operate(graph, size - graph.cost)
    leaves = graph.unused
    while len(leaves) > 4:
        a, b = leaves.pop(0), leaves.pop(0)
        leaves.append(graph.wire(max(int(a.width), int(b.width)), f"{a} ^ {b}"))
    for leaf in leaves or graph.pool[-1:]:
        result = sheet.output(rng.choice(("result", "output data", "value", "y")), int(leaf.width), registered=True)
        sheet.clocked([Set(result, leaf)], {result: sheet.zero(int(leaf.width))})


FAMILIES = (
    Family("datapath", _datapath, 60, 9000, ("datapath", "dp", "pipeline", "calc", "arith core", "pe"),
           "Pipelined arithmetic data path."),
)  # fmt: skip
