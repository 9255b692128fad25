"""Arithmetic units: ALUs, multipliers, dividers and roots."""

from __future__ import annotations

from random import Random
from typing import Final

from ..sheet import Case, If, Set, Sheet, Signal, Statement
from .family import Family, between, bits_for, chance

#: Operations of an ALU: (name, expression over a and b, gates per bit).
_OPERATIONS = (
    ("add", "{a} + {b}", 7), ("sub", "{a} - {b}", 7), ("and", "{a} & {b}", 1), ("or", "{a} | {b}", 1),
    ("xor", "{a} ^ {b}", 1), ("nor", "~({a} | {b})", 1), ("andn", "{a} & ~{b}", 1), ("not", "~{a}", 1),
    ("shl", "{a} << {s}", 6), ("shr", "{a} >> {s}", 6), ("sar", "$signed({a}) >>> {s}", 6), ("inc", "{a} + 1'b1", 4),
    ("dec", "{a} - 1'b1", 4), ("slt", "($signed({a}) < $signed({b})) ? 1 : 0", 3), ("sltu", "({a} < {b}) ? 1 : 0", 3),
    ("min", "({a} < {b}) ? {a} : {b}", 4), ("max", "({a} < {b}) ? {b} : {a}", 4), ("pass", "{b}", 0),
    ("neg", "-{a}", 4), ("double", "{{{a}[{m}:0], 1'b0}}", 0), ("reverse", "{r}", 0), ("eq", "({a} == {b}) ? 1 : 0", 2),
    ("avg", "({a} & {b}) + (({a} ^ {b}) >> 1)", 8), ("rol", "({a} << {s}) | ({a} >> ({w} - {s}))", 14),
)  # fmt: skip


def _alu(sheet: Sheet, rng: Random, size: float) -> None:
    count = between(3, size**0.35 * rng.uniform(0.7, 1.6), len(_OPERATIONS))
    chosen = rng.sample(_OPERATIONS, count)
    multiplies = size > 500 and chance(rng, 0.25)
    flags = rng.sample(("zero", "negative", "overflow", "parity", "carry"), rng.randrange(0, 5))
    per_bit = sum(cost for _, _, cost in chosen) + 2.5 * count + 3
    w = between(3, (size / 6) ** 0.5 * 0.6 if multiplies else size / per_bit / 0.55, 64)
    width = sheet.parameter("data width", w)
    code_bits = bits_for(count + multiplies)
    staged = chance(rng)
    a: str
    b: str
    a_port, b_port = sheet.input("operand a", width), sheet.input("operand b", width)
    code = sheet.input("operation", code_bits)
    a, b = a_port, b_port
    sheet.clock()
    if staged:
        a, b = sheet.register("a held", width), sheet.register("b held", width)
        held = sheet.register("operation held", code_bits)
        load = sheet.input("valid") if chance(rng) else None
        body: list[Statement] = [Set(a, a_port), Set(b, b_port), Set(held, code)]
        sheet.clocked([If(load, body)] if load else body,
                      {a: sheet.zero(width), b: sheet.zero(width), held: sheet.zero(code_bits)})  # fmt: skip
        code = held
    amount = f"{b}[{bits_for(w) - 1}:0]"
    names = sheet.constants([f"op {name}" for name, _, _ in chosen], list(range(count)), code_bits)
    result = sheet.variable("result", width)
    arms: list[tuple[str, list[Statement]]] = []
    for name, (_, template, _) in zip(names, chosen, strict=True):
        reversed_a = f"{{{', '.join(f'{a}[{i}]' for i in range(w))}}}"
        text = template.format(a=a, b=b, s=amount, w=w, m=w - 2, r=reversed_a)
        arms.append((name, [Set(result, text)]))
    default: list[Statement] = [Set(result, f"{a} * {b}" if multiplies else rng.choice((sheet.zero(width), a)))]
    sheet.combinational([Case(code, arms, default)])
    out = sheet.output("result", width, registered=True)
    updates: list[Statement] = [Set(out, result)]
    resets = {out: sheet.zero(width)}
    carry = sheet.wire("wide sum", w + 1, f"{a} + {b}") if "carry" in flags else None
    values = {
        "zero": sheet.is_zero(result), "negative": f"{result}[{w - 1}]", "parity": f"^{result}",
        "overflow": f"({a}[{w - 1}] == {b}[{w - 1}]) && ({result}[{w - 1}] != {a}[{w - 1}])",
        "carry": f"{carry}[{w}]",
    }  # fmt: skip
    for flag in flags:
        port = sheet.output(f"{flag} flag", registered=True)
        updates.append(Set(port, values[flag]))
        resets[port] = "1'b0"
    sheet.clocked(updates, resets)


def _multiplier(sheet: Sheet, rng: Random, size: float) -> None:
    """A product as an operator, an array of rows, Booth digits or bit-serial steps; with accumulation by choice."""
    form = rng.choice(("operator", "rows", "rows", "booth", "serial"))
    skew = rng.uniform(0.5, 1.0)
    per_bit_pair = 6.5 if form == "operator" else 7.5
    wa = between(3, size / 14 if form == "serial" else (size / per_bit_pair / skew) ** 0.5, 64)
    wb = between(3, wa * skew, 64)
    if form == "booth":
        wb += wb % 2
    sheet.clock()
    a, b = sheet.input("operand a", wa), sheet.input("operand b", wb)
    clear = sheet.input("clear") if chance(rng, 0.35) else None
    out_bits = wa + wb + (rng.randrange(2, 9) if clear else 0)
    out = sheet.output("product", out_bits, registered=True)
    done: Signal | None = None
    if form == "serial":
        product, done = _serial_product(sheet, rng, a, b)
    else:
        if chance(rng):
            a_held, b_held = sheet.register("a held", wa), sheet.register("b held", wb)
            sheet.clocked([Set(a_held, a), Set(b_held, b)], {a_held: sheet.zero(wa), b_held: sheet.zero(wb)})
            a, b = a_held, b_held
        if form == "operator":
            text = f"$signed({a}) * $signed({b})" if chance(rng) else f"{a} * {b}"
            product = str(sheet.wire("full product", wa + wb, text))
        else:
            rows = _booth_rows(sheet, a, b) if form == "booth" else _rows(sheet, a, b)
            product = _summed(sheet, rng, rows, wa + wb)
    take: list[Statement] = [Set(out, f"{out} + {product}" if clear else product)]
    if done:
        take = [If(done, take)]
    if clear:
        take = [If(clear, [Set(out, sheet.zero(out_bits))], take)]
    sheet.clocked(take, {out: sheet.zero(out_bits)})


def _serial_product(sheet: Sheet, rng: Random, a: Signal, b: Signal) -> tuple[str, Signal]:
    """Return the product and the signal that says when it is there: one or two bits of ``b`` per cycle."""
    wb = int(b.width)
    bits = int(a.width) + wb
    start, done = sheet.input("start"), sheet.output("done", registered=True)
    shifted, left = sheet.register("multiplicand", bits), sheet.register("multiplier", wb)
    total, busy = sheet.register("partial", bits), sheet.register("busy")
    digit = rng.choice((1, 1, 2))
    added = f"{left}[0] ? {total} + {shifted} : {total}"
    if digit == 2:
        zero = sheet.zero(bits)
        added = f"{total} + ({left}[0] ? {shifted} : {zero}) + ({left}[1] ? ({shifted} << 1) : {zero})"
    begin: list[Statement] = [Set(shifted, a), Set(left, b), Set(total, sheet.zero(bits)), Set(busy, "1'b1")]
    step: list[Statement] = [
        Set(total, added),
        Set(shifted, f"{shifted} << {digit}"),
        Set(left, f"{left} >> {digit}"),
        Set(busy, f"|{left}"),
    ]
    sheet.clocked(
        [Set(done, f"{busy} && {left} == 0"), If(start, begin, [If(busy, step)])],
        {busy: "1'b0", done: "1'b0", shifted: sheet.zero(bits), left: sheet.zero(wb), total: sheet.zero(bits)},
    )
    return str(total), done


def _rows(sheet: Sheet, a: Signal, b: Signal) -> list[Signal]:
    """Return one partial product per bit of ``b``."""
    bits = int(a.width) + int(b.width)
    zero = sheet.zero(bits)
    return [sheet.wire(f"row {i}", bits, f"{b}[{i}] ? ({a} << {i}) : {zero}") for i in range(int(b.width))]


def _booth_rows(sheet: Sheet, a: Signal, b: Signal) -> list[Signal]:
    """Return one signed partial product per two bits of ``b``, recoded to digits from -2 to 2."""
    wa, wb = int(a.width), int(b.width)
    bits = wa + wb
    padded = sheet.wire("recoded", wb + 1, f"{{{b}, 1'b0}}")
    wide = sheet.wire("extended", bits, f"{{{{{wb}{{{a}[{wa - 1}]}}}}, {a}}}")
    rows: list[Signal] = []
    for i in range(wb // 2):
        digit = sheet.wire(f"digit {i}", 3, f"{padded}[{2 * i + 2}:{2 * i}]")
        doubled = f"({digit} == 3'b011 || {digit} == 3'b100) ? ({wide} << 1) : {sheet.zero(bits)}"
        magnitude = sheet.wire(f"magnitude {i}", bits, f"({digit}[1] ^ {digit}[0]) ? {wide} : {doubled}")
        rows.append(sheet.wire(f"row {i}", bits, f"({digit}[2] ? -{magnitude} : {magnitude}) << {2 * i}"))
    return rows


def _summed(sheet: Sheet, rng: Random, rows: list[Signal], width: int) -> str:
    """Return the sum of rows: a chain, a tree of adders, or carry-save steps; cut by registers by choice."""
    form = rng.choice(("chain", "tree", "save"))
    registered = chance(rng, 0.4)
    number = 0
    while len(rows) > (2 if form == "save" else 1):
        number += 1
        if form == "chain":
            first, second = rows[0], rows[1]
            rows = [sheet.wire(f"sum {number}", width, f"{first} + {second}"), *rows[2:]]
        elif form == "tree":
            merged = [
                sheet.wire(f"sum {number} {i}", width, f"{rows[i]} + {rows[i + 1]}") for i in range(0, len(rows) - 1, 2)
            ]
            rows = merged + rows[len(rows) // 2 * 2 :]
        else:
            layer: list[Signal] = []
            for i in range(0, len(rows) - 2, 3):
                x, y, z = rows[i : i + 3]
                layer.append(sheet.wire(f"save {number} {i}", width, f"{x} ^ {y} ^ {z}"))
                carries = f"(({x} & {y}) | ({x} & {z}) | ({y} & {z})) << 1"
                layer.append(sheet.wire(f"carry {number} {i}", width, carries))
            rows = layer + rows[len(rows) // 3 * 3 :]
        if registered and number == 2 and form != "chain":
            held = [sheet.register(f"held {i}", width) for i in range(len(rows))]
            sheet.clocked([Set(h, r) for h, r in zip(held, rows, strict=True)], {h: sheet.zero(width) for h in held})
            rows = held
    return " + ".join(rows)


#: Gates of an iterative divider of 64 bits, the widest.
_LARGEST_ITERATIVE: Final = 1500


def _divider(sheet: Sheet, rng: Random, size: float) -> None:
    """A quotient or a square root, one or two bits per cycle, or a quotient by an unrolled array."""
    forms = (_restoring, _restoring, _restoring_array, _square_root, _nonrestoring)
    form = _restoring_array if size > _LARGEST_ITERATIVE else rng.choice(forms)
    form(sheet, rng, size)


def _iterate(sheet: Sheet, steps: int, begin: list[Statement], body: list[Statement], zeros: dict[Signal, str]) -> None:
    """Write the frame of a unit that works for a number of cycles: start, busy, done and a counter."""
    start, busy = sheet.input("start"), sheet.output("busy")
    done = sheet.output("done", registered=True)
    bits = bits_for(steps + 1)
    count = sheet.register("count", bits)
    sheet.assign(busy, f"|{count}")
    load: list[Statement] = [*begin, Set(count, sheet.number(steps, bits))]
    tick: list[Statement] = [*body, Set(count, f"{count} - 1'b1")]
    sheet.clocked(
        [Set(done, f"{count} == {sheet.number(1, bits)}"), If(f"{start} && !{busy}", load, [If(busy, tick)])],
        zeros | {count: sheet.zero(bits), done: "1'b0"},
    )


def _restoring(sheet: Sheet, rng: Random, size: float) -> None:
    bits_per_cycle = rng.choice((1, 1, 2))
    w = between(4, size / (17 + 7 * bits_per_cycle), 64)
    w += w % bits_per_cycle
    sheet.clock()
    dividend, divisor = sheet.input("dividend", w), sheet.input("divisor", w)
    quotient, remainder = sheet.output("quotient", w, registered=True), sheet.output("remainder", w, registered=True)
    held = sheet.register("divisor held", w)
    rest, digits = str(remainder), str(quotient)
    for i in range(bits_per_cycle):
        shifted = sheet.wire(f"shifted {i}", w + 1, f"{{{rest}, {digits}[{w - 1}]}}")
        trial = sheet.wire(f"trial {i}", w + 1, f"{shifted} - {held}")
        rest = sheet.wire(f"rest {i}", w, f"{trial}[{w}] ? {shifted}[{w - 1}:0] : {trial}[{w - 1}:0]")
        digits = sheet.wire(f"digits {i}", w, f"{{{digits}[{w - 2}:0], ~{trial}[{w}]}}")
    begin: list[Statement] = [Set(remainder, sheet.zero(w)), Set(quotient, dividend), Set(held, divisor)]
    zeros = dict.fromkeys((remainder, quotient, held), sheet.zero(w))
    if chance(rng):
        zero_error = sheet.output("zero error", registered=True)
        begin.append(Set(zero_error, f"{divisor} == 0"))
        zeros[zero_error] = "1'b0"
    _iterate(sheet, w // bits_per_cycle, begin, [Set(remainder, rest), Set(quotient, digits)], zeros)


def _nonrestoring(sheet: Sheet, rng: Random, size: float) -> None:
    w = between(4, size / 24, 64)
    sheet.clock()
    dividend, divisor = sheet.input("dividend", w), sheet.input("divisor", w)
    quotient = sheet.output("quotient", w, registered=True)
    held, rest = sheet.register("divisor held", w), sheet.register("rest", w + 2)
    moved = sheet.wire("moved", w + 2, f"{{{rest}[{w}:0], {quotient}[{w - 1}]}}")
    changed = sheet.wire("changed", w + 2, f"{rest}[{w + 1}] ? {moved} + {held} : {moved} - {held}")
    body: list[Statement] = [Set(rest, changed), Set(quotient, f"{{{quotient}[{w - 2}:0], ~{changed}[{w + 1}]}}")]
    begin: list[Statement] = [Set(rest, sheet.zero(w + 2)), Set(quotient, dividend), Set(held, divisor)]
    if chance(rng):
        sign = sheet.output("remainder negative")
        sheet.assign(sign, f"{rest}[{w + 1}]")
    _iterate(sheet, w, begin, body, {rest: sheet.zero(w + 2), quotient: sheet.zero(w), held: sheet.zero(w)})


def _square_root(sheet: Sheet, rng: Random, size: float) -> None:
    half = between(2, size / 48, 32)
    w = 2 * half
    sheet.clock()
    radicand = sheet.input("dividend", w)
    root = sheet.output("root", half, registered=True)
    rest, value = sheet.register("rest", half + 2), sheet.register("value", w)
    shifted = f"{{{rest}, {value}[{w - 1}:{w - 2}]}}"
    trial = sheet.wire("trial", half + 3, f"{shifted} - {{{root}, 2'b01}}")
    fits = sheet.wire("fits", 1, f"!{trial}[{half + 2}]")
    kept = f"{{{rest}[{half - 1}:0], {value}[{w - 1}:{w - 2}]}}"
    body: list[Statement] = [
        Set(root, f"{{{root}[{half - 2}:0], {fits}}}"),
        Set(value, f"{value} << 2"),
        Set(rest, f"{fits} ? {trial}[{half + 1}:0] : {kept}"),
    ]
    begin: list[Statement] = [Set(root, sheet.zero(half)), Set(rest, sheet.zero(half + 2)), Set(value, radicand)]
    if chance(rng):
        sheet.assign(sheet.output("exact"), sheet.is_zero(rest))
    _iterate(sheet, half, begin, body, {root: sheet.zero(half), rest: sheet.zero(half + 2), value: sheet.zero(w)})


def _restoring_array(sheet: Sheet, rng: Random, size: float) -> None:
    w = between(3, (size / 10) ** 0.5, 32)
    sheet.clock()
    dividend, divisor = sheet.input("dividend", w), sheet.input("divisor", w)
    quotient, remainder = sheet.output("quotient", w, registered=True), sheet.output("remainder", w, registered=True)
    by_difference = chance(rng)
    rest = sheet.zero(w)
    digits: list[str] = []
    for i in range(w - 1, -1, -1):
        shifted = sheet.wire(f"shifted {i}", w + 1, f"{{{rest}, {dividend}[{i}]}}")
        if by_difference:
            trial = sheet.wire(f"trial {i}", w + 2, f"{{1'b0, {shifted}}} - {divisor}")
            fits, less = sheet.wire(f"fits {i}", 1, f"!{trial}[{w + 1}]"), str(trial)
        else:
            fits, less = sheet.wire(f"fits {i}", 1, f"{shifted} >= {divisor}"), f"{shifted} - {divisor}"
        rest = sheet.wire(f"rest {i}", w, f"{fits} ? {less} : {shifted}")
        digits.append(fits)
    sheet.clocked(
        [Set(quotient, f"{{{', '.join(digits)}}}"), Set(remainder, rest)],
        {quotient: sheet.zero(w), remainder: sheet.zero(w)},
    )


FAMILIES = (
    Family("alu", _alu, 60, 6000, ("alu", "exec unit", "alu core", "arith logic", "ex stage"),
           "Arithmetic and logic unit."),
    Family("multiplier", _multiplier, 100, 16000, ("mult", "multiplier", "mac", "booth mult", "mul unit"),
           "Multiplier."),
    Family("divider", _divider, 120, 7000, ("div", "divider", "sqrt", "div unit", "quotient"),
           "Divider or square root."),
)  # fmt: skip
