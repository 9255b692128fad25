"""Serial interfaces and stream parsers."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from ..sheet import Case, If, Set, Sheet, Statement
from .family import Family, between, bits_for, chance


@dataclass(frozen=True)
class _Frame:
    """How a word goes over a line: a start bit, data, a parity bit by choice, stop bits."""

    word: int
    parity: str
    stops: int
    lsb_first: bool
    divisor: str
    divider_bits: int

    @property
    def bits(self) -> int:
        return 1 + self.word + (self.parity != "none") + self.stops

    def ordered(self, word: str) -> str:
        """Return a word, or its mirror image where the highest bit goes first."""
        return word if self.lsb_first else f"{{{', '.join(f'{word}[{i}]' for i in range(self.word))}}}"


def _serial(sheet: Sheet, rng: Random, size: float) -> None:
    """A serialiser, a deserialiser or both: bit timing, start and stop bits, parity, bit order."""
    divider_bits = between(2, size / 30, 16)
    sides = rng.choice(((_sender,), (_receiver,), (_sender, _receiver), (_sender, _receiver)))
    sheet.clock()
    if chance(rng, 0.4):
        divisor = sheet.number(rng.randrange(2, 1 << divider_bits), divider_bits)
    else:
        divisor = sheet.input("divider", divider_bits)
    frame = _Frame(
        word=between(4, size / rng.uniform(12, 28), 64),
        parity=rng.choice(("none", "none", "even", "odd")),
        stops=rng.choice((1, 1, 2)),
        lsb_first=chance(rng, 0.7),
        divisor=divisor,
        divider_bits=divider_bits,
    )
    for side in sides:
        side(sheet, rng, frame)


def _sender(sheet: Sheet, rng: Random, frame: _Frame) -> None:
    bits, count_bits = frame.bits, bits_for(frame.bits + 1)
    data, start = sheet.input("transmit data", frame.word), sheet.input("transmit start")
    line, ready = sheet.output("transmit line", registered=True), sheet.output("transmit ready")
    shift, left = sheet.register("transmit shift", bits), sheet.register("transmit count", count_bits)
    timer = sheet.register("transmit timer", frame.divider_bits)
    sheet.assign(ready, sheet.is_zero(left))
    check = {"none": [], "even": [f"^{data}"], "odd": [f"~^{data}"]}[frame.parity]
    framed = f"{{{', '.join([sheet.ones(frame.stops), *check, frame.ordered(data), sheet.number(0, 1)])}}}"
    load: list[Statement] = [
        Set(shift, framed),
        Set(left, sheet.number(bits, count_bits)),
        Set(timer, frame.divisor),
    ]
    advance: list[Statement] = [
        Set(timer, frame.divisor),
        Set(line, f"{shift}[0]"),
        Set(shift, f"{shift} >> 1"),
        Set(left, f"{left} - 1'b1"),
    ]
    busy = If(f"{timer} != 0", [Set(timer, f"{timer} - 1'b1")], advance)
    sheet.clocked(
        [If(ready, [Set(line, "1'b1"), If(start, load)], [busy])],
        {
            line: "1'b1",
            shift: sheet.zero(bits),
            left: sheet.zero(count_bits),
            timer: sheet.zero(frame.divider_bits),
        },
    )


def _receiver(sheet: Sheet, rng: Random, frame: _Frame) -> None:
    kept, count_bits, w = frame.bits - 1, bits_for(frame.bits + 1), frame.word
    pin = sheet.input("receive line")
    out, valid = sheet.output("receive data", w, registered=True), sheet.output("receive valid", registered=True)
    error = sheet.output("frame error", registered=True)
    depth = rng.choice((2, 3))
    sync = sheet.register("line sync", depth)
    sheet.clocked([Set(sync, f"{{{sync}[{depth - 2}:0], {pin}}}")], {sync: sheet.ones(depth)})
    level = f"{sync}[{depth - 1}]"
    shift, left = sheet.register("receive shift", kept), sheet.register("receive count", count_bits)
    timer, finished = sheet.register("receive timer", frame.divider_bits), sheet.register("receive finished")
    begin: list[Statement] = [
        Set(left, sheet.number(kept, count_bits)),
        Set(timer, f"{frame.divisor} + ({frame.divisor} >> 1)"),  # to the middle of the first data bit
    ]
    sample: list[Statement] = [
        Set(timer, frame.divisor),
        Set(shift, f"{{{level}, {shift}[{kept - 1}:1]}}"),
        Set(left, f"{left} - 1'b1"),
    ]
    busy = If(f"{timer} != 0", [Set(timer, f"{timer} - 1'b1")], sample)
    sheet.clocked(
        [
            Set(finished, f"{left} == {sheet.number(1, count_bits)} && {timer} == 0"),
            If(f"{left} == 0", [If(f"!{level}", begin)], [busy]),
        ],
        {
            finished: "1'b0",
            shift: sheet.zero(kept),
            left: sheet.zero(count_bits),
            timer: sheet.zero(frame.divider_bits),
        },
    )
    wrong = f"!{shift}[{kept - 1}]"
    if frame.parity != "none":
        wrong += f" || (^{shift}[{w}:0]) != {sheet.number(frame.parity == 'odd', 1)}"
    word = f"{shift}[{w - 1}:0]" if frame.lsb_first else frame.ordered(shift)
    take = If(finished, [Set(out, word), Set(error, wrong)])
    sheet.clocked([Set(valid, finished), take], {valid: "1'b0", out: sheet.zero(w), error: "1'b0"})


def _parser(sheet: Sheet, rng: Random, size: float) -> None:
    """A stream parser: finds a marker, walks fields of given lengths, keeps some, checks others, counts the rest."""
    w = rng.choice((4, 8, 8, 16)) if size > 200 else 4
    fields = between(2, size / (w * rng.uniform(7, 14)), 14)
    lengths = [rng.randrange(1, 5) for _ in range(fields)]
    sheet.clock()
    data, valid = sheet.input("data", w), sheet.input("valid")
    first = sheet.input("start of packet") if chance(rng, 0.7) else None
    done, bad = sheet.output("done", registered=True), sheet.output("malformed", registered=True)
    bits = bits_for(fields + 2)
    words = [f"st {word}" for word in ("idle", *(f"field {i}" for i in range(fields)), "payload")]
    states = sheet.constants(words, list(range(fields + 2)), bits)
    state, step = sheet.register("state", bits), sheet.register("step", 3)
    resets = {state: states[0], step: sheet.zero(3), done: "1'b0", bad: "1'b0"}
    begin = first or sheet.wire("marker", 1, f"{data} == {sheet.number(rng.getrandbits(w), w)}")
    arms: list[tuple[str, list[Statement]]] = [
        (states[0], [If(begin, [Set(state, states[1]), Set(step, sheet.zero(3)), Set(bad, "1'b0")])])
    ]
    sum_bits = w + rng.randrange(0, 9)
    total = sheet.register("checksum", sum_bits)
    resets[total] = sheet.zero(sum_bits)
    arms[0][1].append(Set(total, sheet.zero(sum_bits)))
    for i in range(fields):
        body: list[Statement] = []
        ending: list[Statement] = [
            Set(state, states[i + 2] if i + 2 < len(states) else states[0]),
            Set(step, sheet.zero(3)),
        ]
        role = rng.choice(("keep", "keep", "match", "sum", "skip", "branch", "length"))
        length = lengths[i]
        if role in {"keep", "length"}:
            kept = sheet.output(f"field {i}", w * length, registered=True)
            resets[kept] = sheet.zero(w * length)
            body.append(Set(kept, f"{{{kept}[{w * (length - 1) - 1}:0], {data}}}" if length > 1 else data))
        elif role == "match":
            wanted = [rng.getrandbits(w) for _ in range(length)]
            if chance(rng, 0.3):
                port = sheet.input(f"expected {i}", w)
                body.append(If(f"{data} != {port}", [Set(bad, "1'b1")]))
            else:
                tests = " || ".join(
                    f"({step} == {sheet.number(k, 3)} && {data} != {sheet.number(v, w)})" for k, v in enumerate(wanted)
                )
                body.append(If(tests, [Set(bad, "1'b1"), *([Set(state, states[0])] if chance(rng) else [])]))
        elif role == "sum":
            body.append(
                Set(
                    total,
                    rng.choice(
                        (
                            f"{total} + {data}",
                            f"{total} ^ {data}",
                            f"{{{total}[{sum_bits - 2}:0], {total}[{sum_bits - 1}]}} ^ {data}",
                        )
                    ),
                )
            )
        elif role == "branch" and i + 3 < len(states):
            special = [Set(state, states[rng.randrange(i + 2, len(states))])]
            test = f"{data} == {sheet.number(rng.getrandbits(w), w)}"
            ending = [If(test, special, [Set(state, states[i + 2])]), Set(step, sheet.zero(3))]
        if length == 1:
            body += ending
        else:
            body.append(If(f"{step} == {sheet.number(length - 1, 3)}", ending, [Set(step, f"{step} + 1'b1")]))
        arms.append((states[i + 1], body))
    count_bits = rng.randrange(3, 12)
    count, limit = sheet.register("payload count", count_bits), sheet.input("payload length", count_bits)
    resets[count] = sheet.zero(count_bits)
    arms[0][1].append(Set(count, sheet.zero(count_bits)))
    arms.append((states[-1], [
        Set(count, f"{count} + 1'b1"), Set(total, f"{total} + {data}"),
        If(f"{count} == {limit}", [Set(state, states[0]), Set(done, f"!{bad}")])]))  # fmt: skip
    sheet.clocked([Set(done, "1'b0"), If(valid, [Case(state, arms, [Set(state, states[0])])])], resets)
    good = sheet.output("checksum good")
    sheet.assign(
        good, f"{total} == {sheet.number(rng.getrandbits(sum_bits), sum_bits)}" if chance(rng) else f"~(|{total})"
    )


FAMILIES = (
    Family("serial", _serial, 80, 1200, ("uart", "serdes", "serial", "tx rx", "link"), "Serial interface."),
    Family("parser", _parser, 80, 2500, ("parser", "framer", "deframer", "packet fsm", "header unit"),
           "Stream parser."),
)  # fmt: skip
