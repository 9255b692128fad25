"""Codes: cyclic redundancy checks and scramblers, error correction, small conversions, ciphers."""

from __future__ import annotations

from random import Random

from ..sheet import Case, If, Loop, Set, Sheet, Signal, Statement
from .family import Family, between, chance

#: Generator polynomials in use, without the leading term: (degree, polynomial).
_POLYNOMIALS = ((5, 0x05), (8, 0x07), (8, 0x31), (8, 0x9B), (10, 0x233), (12, 0x80F), (15, 0x4599), (16, 0x1021),
                (16, 0x8005), (16, 0x3D65), (24, 0x864CFB), (32, 0x04C11DB7), (32, 0x1EDC6F41), (32, 0x741B8CD7),
                (40, 0x0004820009), (64, 0x42F0E1EBA9EA3693))  # fmt: skip


def _crc(sheet: Sheet, rng: Random, size: float) -> None:
    """A check sequence over words of several bits: as a loop in a function or as equations worked out beforehand."""
    fitting = [entry for entry in _POLYNOMIALS if entry[0] * 3 < size < entry[0] * 100] or [_POLYNOMIALS[0]]
    degree, polynomial = rng.choice(fitting)
    if chance(rng, 0.3):
        polynomial = rng.getrandbits(degree) | 1
    data_bits = between(1, size / degree / rng.uniform(0.5, 0.9), 128)
    reflected = chance(rng)
    invert = chance(rng)
    sheet.clock()
    data = sheet.input("data", data_bits)
    valid = sheet.input("valid")
    clear = sheet.input("clear") if chance(rng, 0.7) else None
    crc = sheet.output("crc", degree)
    state = sheet.register("state", degree)
    start = rng.choice((0, (1 << degree) - 1))
    form = rng.choice(("function", "equations", "chain"))
    mirrored = int(format(polynomial, f"0{degree}b")[::-1], 2)
    table = sheet.number(mirrored if reflected else polynomial, degree)
    if form == "function":
        bit = "data_word[k]" if reflected else f"data_word[{data_bits - 1} - k]"
        if data_bits == 1:
            bit = "data_word"
        if reflected:
            step = f"({bit} ^ shift_value[0]) ? ((shift_value >> 1) ^ {table}) : (shift_value >> 1)"
        else:
            step = f"({bit} ^ shift_value[{degree - 1}]) ? ((shift_value << 1) ^ {table}) : (shift_value << 1)"
        name = sheet.function(
            "next crc", degree, (("crc_value", degree), ("data_word", data_bits)),
            [Set("shift_value", "crc_value"), Loop("k", str(data_bits), [Set("shift_value", step)]),
             Set("@", "shift_value")],
            (("shift_value", degree),), ("k",),
        )  # fmt: skip
        after = f"{name}({state}, {data})"
    elif form == "equations":
        after = sheet.wire("next crc", degree)
        for index, (states, datas) in enumerate(_matrix(degree, polynomial, data_bits, reflected)):
            terms = [f"{state}[{i}]" for i in states] + [f"{data}[{i}]" if data_bits > 1 else str(data) for i in datas]
            sheet.assign(f"{after}[{index}]", " ^ ".join(terms) or "1'b0")
    else:
        current: Signal | str = state
        for k in range(data_bits):
            which = k if reflected else data_bits - 1 - k
            bit = f"{data}[{which}]" if data_bits > 1 else str(data)
            if reflected:
                feedback = sheet.wire(f"feedback {k}", 1, f"{bit} ^ {current}[0]")
                shifted = f"{{1'b0, {current}[{degree - 1}:1]}}"
            else:
                feedback = sheet.wire(f"feedback {k}", 1, f"{bit} ^ {current}[{degree - 1}]")
                shifted = f"{{{current}[{degree - 2}:0], 1'b0}}"
            current = sheet.wire(f"step {k}", degree, f"{shifted} ^ ({{{degree}{{{feedback}}}}} & {table})")
        after = str(current)
    body: list[Statement] = [If(valid, [Set(state, after)])]
    initial = sheet.number(start, degree)
    if clear:
        body = [If(clear, [Set(state, initial)], body)]
    sheet.clocked(body, {state: initial})
    sheet.assign(crc, f"~{state}" if invert else state)
    if chance(rng):
        good = sheet.output("match", registered=True)
        sheet.clocked([Set(good, f"{state} == {sheet.number(rng.getrandbits(degree), degree)}")], {good: "1'b0"})
    if chance(rng, 0.4):
        length = sheet.output("length", rng.randrange(6, 17), registered=True)
        sheet.clocked([If(valid, [Set(length, f"{length} + 1'b1")])], {length: sheet.zero(length.width)})


def _matrix(degree: int, polynomial: int, data_bits: int, reflected: bool) -> list[tuple[list[int], list[int]]]:
    """Return, per bit of the next state, the state bits and data bits whose XOR it is."""
    mirrored = int(format(polynomial, f"0{degree}b")[::-1], 2)
    rows = [1 << i for i in range(degree)]  # bits 0..degree-1: state; above: data
    for k in range(data_bits):
        data = 1 << (degree + (k if reflected else data_bits - 1 - k))
        if reflected:
            feedback = rows[0] ^ data
            rows = [
                (rows[i + 1] if i + 1 < degree else 0) ^ (feedback if mirrored >> i & 1 else 0) for i in range(degree)
            ]
        else:
            feedback = rows[-1] ^ data
            rows = [(rows[i - 1] if i else 0) ^ (feedback if polynomial >> i & 1 else 0) for i in range(degree)]
    return [
        ([i for i in range(degree) if row >> i & 1], [i for i in range(data_bits) if row >> (degree + i) & 1])
        for row in rows
    ]


def _scrambler(sheet: Sheet, rng: Random, size: float) -> None:
    """A feedback shift register in Galois or Fibonacci form, used as a noise source or (de)scrambler."""
    degree = between(5, size**0.5 * rng.uniform(0.8, 1.6), 61)
    width = between(1, (size - 2.5 * degree) / rng.uniform(3, 6), 64)
    taps = sorted(rng.sample(range(1, degree), min(degree - 1, rng.choice((1, 3, 3, 5)))))
    mode = rng.choice(("noise", "additive", "multiplicative", "descramble"))
    sheet.clock()
    enable = sheet.input("enable")
    state = sheet.register("lfsr", degree)
    load = (sheet.input("load"), sheet.input("seed", degree)) if chance(rng) else None
    data = sheet.input("data input", width) if mode != "noise" else None
    out = sheet.output("data output", width, registered=True)
    bits: list[str] = []
    current = [f"{state}[{i}]" for i in range(degree)]
    for k in range(width):
        feedback = " ^ ".join([current[degree - 1], *(current[tap - 1] for tap in taps)])
        fed = sheet.wire(f"feedback {k}", 1, feedback)
        here = (f"{data}[{k}]" if width > 1 else str(data)) if data else ""
        result = f"{fed} ^ {here}" if data else str(fed)
        mixed = sheet.wire(f"bit {k}", 1, result)
        bits.append(mixed)
        entering = {"noise": fed, "additive": fed, "multiplicative": mixed, "descramble": here}[mode]
        current = [entering, *current[:-1]]
    following = f"{{{', '.join(reversed(current))}}}"
    body: list[Statement] = [If(enable, [Set(state, following), Set(out, f"{{{', '.join(reversed(bits))}}}")])]
    if load:
        body = [If(load[0], [Set(state, load[1])], body)]
    sheet.clocked(body, {state: sheet.ones(degree), out: sheet.zero(width)})
    if chance(rng, 0.4):
        sheet.assign(sheet.output("locked"), f"{state} == {sheet.number(rng.getrandbits(degree), degree)}")


def _error_code(sheet: Sheet, rng: Random, size: float) -> None:
    """Hamming and parity codes: encoder, decoder or both, with interleaving or error counting by choice."""
    data_bits = between(4, size / rng.uniform(9, 16), 120)
    checks = 2
    while (1 << checks) < data_bits + checks + 1:
        checks += 1
    total = data_bits + checks
    extended = chance(rng)
    positions = [p for p in range(1, total + 1) if p & (p - 1)]
    if chance(rng, 0.4):
        rng.shuffle(positions)
    encode, decode = rng.choice(((True, True), (True, True), (True, False), (False, True)))
    sheet.clock()
    enable = sheet.input("enable") if chance(rng) else None

    def clocked(body: list[Statement], reset: dict[Signal, str]) -> None:
        sheet.clocked([If(enable, body)] if enable else body, reset)

    def parity(signal: Signal, check: int) -> str:
        return " ^ ".join(f"{signal}[{i}]" for i, p in enumerate(positions) if p >> check & 1)

    if encode:
        data = sheet.input("data", data_bits)
        code = sheet.output("code word", total + extended, registered=True)
        made = sheet.wire("check bits", checks)
        for check in range(checks):
            sheet.assign(f"{made}[{check}]", parity(data, check))
        whole = f"{{{made}, {data}}}"
        if extended:
            whole = f"{{^{whole}, {made}, {data}}}"
        clocked([Set(code, whole)], {code: sheet.zero(total + extended)})
    if decode:
        word = sheet.input("received word", total + extended)
        fixed = sheet.output("corrected data", data_bits, registered=True)
        failure = sheet.output("error", registered=True)
        body_bits = sheet.wire("received data", data_bits, f"{word}[{data_bits - 1}:0]")
        syndrome = sheet.wire("syndrome", checks)
        for check in range(checks):
            sheet.assign(f"{syndrome}[{check}]", f"{parity(body_bits, check)} ^ {word}[{data_bits + check}]")
        flips = sheet.variable("flip", data_bits)
        if chance(rng):
            arms = [(sheet.number(p, checks), [Set(f"{flips}[{i}]", "1'b1")]) for i, p in enumerate(positions)]
            sheet.combinational([Set(flips, sheet.zero(data_bits)), Case(syndrome, arms, [])])
        else:
            sheet.combinational(
                [Set(f"{flips}[{i}]", f"{syndrome} == {sheet.number(p, checks)}") for i, p in enumerate(positions)]
            )
        wrong = f"|{syndrome}"
        if extended:
            odd = sheet.wire("odd", 1, f"^{word}")
            double = sheet.output("double error", registered=True)
            clocked([Set(double, f"({wrong}) && !{odd}")], {double: "1'b0"})
            clocked([Set(fixed, f"{odd} ? {body_bits} ^ {flips} : {body_bits}"), Set(failure, wrong)],
                    {fixed: sheet.zero(data_bits), failure: "1'b0"})  # fmt: skip
        else:
            clocked([Set(fixed, f"{body_bits} ^ {flips}"), Set(failure, wrong)],
                    {fixed: sheet.zero(data_bits), failure: "1'b0"})  # fmt: skip
        if chance(rng):
            count = sheet.output("error count", rng.randrange(4, 17), registered=True)
            sheet.clocked([If(failure, [Set(count, f"{count} + 1'b1")])], {count: sheet.zero(count.width)})


def _cipher(sheet: Sheet, rng: Random, size: float) -> None:
    """Rounds of a toy cipher or hash: add-rotate-xor on words, or substitution and permutation of nibbles."""
    sheet.clock()
    load = sheet.input("load")
    done = sheet.output("done", registered=True)
    rounds = rng.randrange(4, 33)
    counter = sheet.register("round count", 6)
    last = sheet.wire("last round", 1, f"{counter} == {sheet.number(rounds, 6)}")
    step: list[Statement]
    if chance(rng):
        words = rng.choice((2, 3, 4, 4, 8)) if size > 400 else 2
        per_word = 22
        unroll = between(1, size / (words * 16 * per_word), 4)
        w = between(5, size / words / unroll / per_word, 64)
        state = [sheet.register(f"word {i}", w) for i in range(words)]
        inputs = [sheet.input(f"block {i}", w) for i in range(words)]
        key = sheet.input("key", w)
        current: list[str] = [str(s) for s in state]
        for number in range(unroll * words):
            i, j, k = number % words, (number + 1) % words, (number + words - 1) % words
            turn = rng.randrange(1, w)
            form = rng.choice(("add", "add", "choose", "key"))
            if form == "add":
                mixed = sheet.wire(f"sum {number}", w, f"{current[i]} + {current[j]}")
            elif form == "choose":
                mixed = sheet.wire(f"choice {number}", w, f"{current[i]} + (({current[j]} & {current[k]}) ^ {key})")
            else:
                mixed = sheet.wire(
                    f"keyed {number}", w, f"{current[i]} + {key} + {sheet.number(rng.getrandbits(w), w)}"
                )
            crossed = sheet.wire(f"cross {number}", w, f"{current[k]} ^ {mixed}")
            current[i] = str(mixed)
            current[k] = f"{{{crossed}[{w - turn - 1}:0], {crossed}[{w - 1}:{w - turn}]}}"
            current[k] = str(sheet.wire(f"turned {number}", w, current[k]))
        begin: list[Statement] = [Set(s, i) for s, i in zip(state, inputs, strict=True)]
        step = [Set(s, value) for s, value in zip(state, current, strict=True)]
        result, total = f"{{{', '.join(state)}}}", w * words
        resets = {s: sheet.zero(w) for s in state}
    else:
        nibbles = between(4, size / rng.uniform(28, 36), 32)
        total = 4 * nibbles
        box = list(range(16))
        rng.shuffle(box)
        name = sheet.function(
            "substitute", 4, (("x", 4),), [Case("x", [(sheet.number(i, 4), [Set("@", sheet.number(v, 4))]) for i, v in
                                                      enumerate(box[:15])], [Set("@", sheet.number(box[15], 4))])],
        )  # fmt: skip
        block, key = sheet.input("block", total), sheet.input("key", total)
        register = sheet.register("state", total)
        round_key = sheet.register("round key", total)
        mixed = sheet.wire("mixed", total, f"{register} ^ {round_key}")
        changed = sheet.wire("substituted", total)
        for i in range(nibbles):
            sheet.assign(f"{changed}[{4 * i + 3}:{4 * i}]", f"{name}({mixed}[{4 * i + 3}:{4 * i}])")
        if chance(rng):
            turn = rng.randrange(1, total)
            spread = f"{changed} ^ {{{changed}[{total - turn - 1}:0], {changed}[{total - 1}:{total - turn}]}}"
        else:
            order = list(range(total))
            rng.shuffle(order)
            spread = f"{{{', '.join(f'{changed}[{i}]' for i in order)}}}"
        turn = rng.randrange(1, total)
        next_key = f"{{{round_key}[{total - turn - 1}:0], {round_key}[{total - 1}:{total - turn}]}} ^ {counter}"
        begin = [Set(register, block), Set(round_key, key)]
        step = [Set(register, spread), Set(round_key, next_key)]
        result = str(register)
        resets = {register: sheet.zero(total), round_key: sheet.zero(total)}
    sheet.clocked(
        [If(load, [*begin, Set(counter, sheet.zero(6)), Set(done, "1'b0")],
            [If(f"!{last}", [*step, Set(counter, f"{counter} + 1'b1")], [Set(done, "1'b1")])])],
        resets | {counter: sheet.zero(6), done: "1'b0"},
    )  # fmt: skip
    sheet.assign(sheet.output("digest", total), result)


FAMILIES = (
    Family("crc", _crc, 50, 4000, ("crc", "crc gen", "checksum", "fcs", "crc parallel"), "Cyclic redundancy check."),
    Family("scrambler", _scrambler, 40, 900, ("scrambler", "lfsr", "prbs", "descrambler", "noise gen"),
           "Linear feedback shift register."),
    Family("error-code", _error_code, 60, 3500, ("ecc", "hamming", "secded", "edac", "ecc codec"),
           "Error-correcting code."),
    Family("cipher", _cipher, 150, 9000, ("cipher", "round", "hash core", "mix", "crypt"), "Iterated mixing rounds."),
)  # fmt: skip
