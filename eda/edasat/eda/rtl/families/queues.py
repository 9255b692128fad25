"""Queues and stacks: rings with pointers of several kinds, shift registers, stacks."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from ..sheet import Case, If, Set, Sheet, Signal, Statement, Width
from .family import Family, between, chance


@dataclass(frozen=True)
class _Ports:
    """The ports that every kind has, the guarded commands, and the depth as a power of two."""

    sheet: Sheet
    rng: Random
    power: int
    width: Width
    data: Signal
    full: Signal
    empty: Signal
    do_push: Signal
    do_pop: Signal
    flush: Signal | None

    @property
    def depth(self) -> int:
        return 1 << self.power

    def update(self, body: list[Statement], zeros: dict[Signal, str]) -> None:
        """Write a clocked block whose registers go back to their reset values on a flush."""
        if self.flush:
            body = [If(self.flush, [Set(*pair) for pair in zeros.items()], body)]
        self.sheet.clocked(body, zeros)

    def counted(self, words: str) -> Signal:
        """Return a register that counts the stored words, and drive the flags by it."""
        bits = self.power + 1
        count = self.sheet.register(words, bits)
        up, down = [Set(count, f"{count} + 1'b1")], [Set(count, f"{count} - 1'b1")]
        if chance(self.rng):
            step: Statement = Case(f"{{{self.do_push}, {self.do_pop}}}", [("2'b10", up), ("2'b01", down)], [])
        else:
            step = If(f"{self.do_push} && !{self.do_pop}", up, [If(f"!{self.do_push} && {self.do_pop}", down)])
        self.update([step], {count: self.sheet.zero(bits)})
        self.sheet.assign(self.full, f"{count}[{self.power}]")
        self.sheet.assign(self.empty, self.sheet.is_zero(count))
        return count


def _shifted(ports: _Ports) -> tuple[str, Signal | None]:
    sheet, depth = ports.sheet, ports.depth
    cells = [sheet.register(f"word {i}", ports.width) for i in range(depth)]
    moves = [Set(cells[0], ports.data), *(Set(cells[i], cells[i - 1]) for i in range(1, depth))]
    sheet.clocked([If(ports.do_push, moves)])
    count = ports.counted("count")
    head = sheet.variable("head", ports.width)
    arms = [(sheet.number(i + 1, ports.power + 1), [Set(head, cells[i])]) for i in range(depth - 1)]
    sheet.combinational([Case(count, arms, [Set(head, cells[depth - 1])])])
    return head, count


def _stacked(ports: _Ports) -> tuple[str, Signal | None]:
    sheet = ports.sheet
    memory = sheet.memory("memory", ports.width, ports.depth)
    count = ports.counted("level")
    below = sheet.wire("top index", ports.power, f"{count} - 1'b1")
    here = sheet.wire("write index", ports.power, f"{ports.do_pop} ? {below} : {count}")
    sheet.clocked([If(ports.do_push, [Set(f"{memory}[{here}]", ports.data)])])
    return f"{memory}[{below}]", count


def _ring(ports: _Ports, extra: int) -> tuple[str, Signal, Signal]:
    """Write memory and pointers with ``extra`` bits; return the head's text and the read and write pointers."""
    sheet, bits = ports.sheet, ports.power + extra
    memory = sheet.memory("memory", ports.width, ports.depth)
    head, tail = sheet.register("read pointer", bits), sheet.register("write pointer", bits)
    index = f"[{ports.power - 1}:0]" if extra else ""
    sheet.clocked([If(ports.do_push, [Set(f"{memory}[{tail}{index}]", ports.data)])])
    moves: list[Statement] = [
        If(ports.do_push, [Set(tail, f"{tail} + 1'b1")]),
        If(ports.do_pop, [Set(head, f"{head} + 1'b1")]),
    ]
    ports.update(moves, {head: sheet.zero(bits), tail: sheet.zero(bits)})
    return f"{memory}[{head}{index}]", head, tail


def _counted_ring(ports: _Ports) -> tuple[str, Signal | None]:
    return _ring(ports, 0)[0], ports.counted("level")


def _wrapped_ring(ports: _Ports) -> tuple[str, Signal | None]:
    """A further bit of the pointers tells full from empty."""
    sheet, power = ports.sheet, ports.power
    value, head, tail = _ring(ports, 1)
    same = sheet.wire("same index", 1, f"{head}[{power - 1}:0] == {tail}[{power - 1}:0]")
    turn = sheet.wire("same turn", 1, f"{head}[{power}] == {tail}[{power}]")
    sheet.assign(ports.full, f"{same} && !{turn}")
    sheet.assign(ports.empty, f"{same} && {turn}")
    return value, sheet.wire("level", power + 1, f"{tail} - {head}") if chance(ports.rng) else None


def _gray_ring(ports: _Ports) -> tuple[str, Signal | None]:
    """Pointers are compared in Gray code, a few cycles late, as between two clocks."""
    sheet, power, bits = ports.sheet, ports.power, ports.power + 1
    value, head, tail = _ring(ports, 1)
    seen: list[Signal] = []
    for pointer, words in ((tail, "write gray"), (head, "read gray")):
        current: str = f"{pointer} ^ ({pointer} >> 1)"
        for stage in range(ports.rng.choice((2, 2, 3))):
            late = sheet.register(f"{words} {stage}", bits)
            ports.update([Set(late, current)], {late: sheet.zero(bits)})
            current = late
        seen.append(late)
    rest = f", {seen[1]}[{power - 2}:0]" if power > 1 else ""
    sheet.assign(ports.empty, f"({head} ^ ({head} >> 1)) == {seen[0]}")
    sheet.assign(ports.full, f"({tail} ^ ({tail} >> 1)) == {{~{seen[1]}[{power}:{power - 1}]{rest}}}")
    return value, None


def _queue(sheet: Sheet, rng: Random, size: float) -> None:
    """A queue or stack with flags; thresholds, level, errors and parity by choice."""
    store = rng.choice((_counted_ring, _wrapped_ring, _gray_ring, _shifted, _stacked))
    power = between(1, size**0.22 + rng.uniform(-1, 1), 6)
    width = sheet.parameter("data width", between(2, size / (1 << power) / 3.3, 64))
    sheet.clock()
    push, data = sheet.input("write enable"), sheet.input("write data", width)
    pop = sheet.input("read enable")
    flush = sheet.input("flush") if chance(rng, 0.3) else None
    full, empty = sheet.output("full"), sheet.output("empty")
    registered = chance(rng, 0.4)
    out = sheet.output("read data", width, registered=registered)
    do_push = sheet.wire("do write", 1, f"{push} && !{full}")
    do_pop = sheet.wire("do read", 1, f"{pop} && !{empty}")
    ports = _Ports(sheet, rng, power, width, data, full, empty, do_push, do_pop, flush)
    head, level = store(ports)
    if registered:
        sheet.clocked([If(do_pop, [Set(out, head)])], {out: sheet.zero(width)})
    else:
        sheet.assign(out, head)
    if level:
        _report(ports, level)
    if chance(rng, 0.4):
        over, under = sheet.output("overflow", registered=True), sheet.output("underflow", registered=True)
        body: list[Statement] = [
            Set(over, f"{over} | ({push} & {full})"),
            Set(under, f"{under} | ({pop} & {empty})"),
        ]
        sheet.clocked(body, {over: "1'b0", under: "1'b0"})
    if chance(rng, 0.3):
        sheet.assign(sheet.output("parity"), f"^{out}")


def _report(ports: _Ports, level: Signal) -> None:
    """Write what a queue tells about its level."""
    sheet, rng, bits = ports.sheet, ports.rng, ports.power + 1
    if chance(rng):
        high, low = max(1, ports.depth - rng.randrange(1, 4)), rng.randrange(1, 3)
        sheet.assign(sheet.output("almost full"), f"{level} >= {sheet.number(high, bits)}")
        sheet.assign(sheet.output("almost empty"), f"{level} <= {sheet.number(low, bits)}")
    if chance(rng, 0.4):
        sheet.assign(sheet.output("level", bits), level)
    if chance(rng, 0.2):
        mark = sheet.output("high water mark", bits, registered=True)
        sheet.clocked([If(f"{level} > {mark}", [Set(mark, level)])], {mark: sheet.zero(bits)})


FAMILIES = (
    Family("queue", _queue, 50, 9000, ("fifo", "sync fifo", "queue", "buffer", "lifo", "store"),
           "Queue or stack of words."),
)  # fmt: skip
