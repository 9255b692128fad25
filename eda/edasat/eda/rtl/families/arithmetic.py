"""Arithmetic units: ALUs, multipliers, dividers and roots, adders by structure."""

from __future__ import annotations

from random import Random

from ..sheet import Case, If, Loop, Set, Sheet, Signal, Statement
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
    w = between(3, (size / 6) ** 0.5 * 0.6 if multiplies else size / per_bit, 64)
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
    per = {"operator": 6.5, "rows": 7.5, "booth": 7.5, "serial": 0}[form]
    skew = rng.uniform(0.5, 1.0)
    wa = between(3, size / 14 if form == "serial" else (size / per / skew) ** 0.5, 64)
    wb = between(3, wa * skew, 64)
    if form == "booth":
        wb += wb % 2
    sheet.clock()
    a, b = sheet.input("operand a", wa), sheet.input("operand b", wb)
    product_bits = wa + wb
    accumulate = chance(rng, 0.35)
    out_bits = product_bits + (rng.randrange(2, 9) if accumulate else 0)
    out = sheet.output("product", out_bits, registered=True)
    clear = sheet.input("clear") if accumulate else None
    if form == "serial":
        start, done = sheet.input("start"), sheet.output("done", registered=True)
        shifted, left = sheet.register("multiplicand", product_bits), sheet.register("multiplier", wb)
        total, busy = sheet.register("partial", product_bits), sheet.register("busy")
        digit = rng.choice((1, 1, 2))
        if digit == 1:
            added = f"{left}[0] ? {total} + {shifted} : {total}"
        else:
            added = f"{total} + ({left}[0] ? {shifted} : {sheet.zero(product_bits)}) + ({left}[1] ? ({shifted} << 1) : {sheet.zero(product_bits)})"
        sheet.clocked([
            Set(done, f"{busy} && {left} == 0"),
            If(start, [Set(shifted, a), Set(left, b), Set(total, sheet.zero(product_bits)), Set(busy, "1'b1")],
               [If(busy, [Set(total, added), Set(shifted, f"{shifted} << {digit}"), Set(left, f"{left} >> {digit}"),
                          Set(busy, f"|{left}")])])],
            {busy: "1'b0", done: "1'b0", shifted: sheet.zero(product_bits), left: sheet.zero(wb), total: sheet.zero(product_bits)},
        )  # fmt: skip
        product: str = total
        valid: str | None = done
    else:
        valid = None
        if chance(rng):
            a_held, b_held = sheet.register("a held", wa), sheet.register("b held", wb)
            sheet.clocked([Set(a_held, a), Set(b_held, b)], {a_held: sheet.zero(wa), b_held: sheet.zero(wb)})
            a, b = a_held, b_held
        if form == "operator":
            signed = chance(rng)
            product = sheet.wire(
                "full product", product_bits, f"$signed({a}) * $signed({b})" if signed else f"{a} * {b}"
            )
        else:
            rows = []
            if form == "rows":
                for i in range(wb):
                    rows.append(
                        sheet.wire(f"row {i}", product_bits, f"{b}[{i}] ? ({a} << {i}) : {sheet.zero(product_bits)}")
                    )
            else:
                padded = sheet.wire("recoded", wb + 1, f"{{{b}, 1'b0}}")
                wide = sheet.wire("extended", product_bits, f"{{{{{wb}{{{a}[{wa - 1}]}}}}, {a}}}")
                for i in range(wb // 2):
                    digit_wire = sheet.wire(f"digit {i}", 3, f"{padded}[{2 * i + 2}:{2 * i}]")
                    magnitude = sheet.wire(
                        f"magnitude {i}", product_bits,
                        f"({digit_wire}[1] ^ {digit_wire}[0]) ? {wide} : ({digit_wire} == 3'b011 || {digit_wire} == 3'b100) ? "
                        f"({wide} << 1) : {sheet.zero(product_bits)}")  # fmt: skip
                    rows.append(
                        sheet.wire(
                            f"row {i}", product_bits, f"({digit_wire}[2] ? -{magnitude} : {magnitude}) << {2 * i}"
                        )
                    )
            product = _summed(sheet, rng, rows, product_bits)
    if accumulate and clear:
        gate: list[Statement] = [Set(out, f"{out} + {product}")]
        body: list[Statement] = [If(valid, gate)] if valid else gate
        sheet.clocked([If(clear, [Set(out, sheet.zero(out_bits))], body)], {out: sheet.zero(out_bits)})
    else:
        sheet.clocked([If(valid, [Set(out, product)])] if valid else [Set(out, product)], {out: sheet.zero(out_bits)})


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


def _divider(sheet: Sheet, rng: Random, size: float) -> None:
    """Quotient or square root, one or more bits per cycle, or as an unrolled array."""
    form = rng.choice(("serial", "serial", "array", "root", "nonrestoring"))
    steps_per_cycle = rng.choice((1, 1, 2)) if form == "serial" else 1
    if form == "array":
        w = between(3, (size / 10) ** 0.5, 32)
    else:
        w = between(4, size / (17 + 7 * steps_per_cycle), 64)
    if form == "root" or steps_per_cycle == 2:
        w += w % 2
    sheet.clock()
    dividend = sheet.input("dividend", w)
    if form == "array":
        divisor = sheet.input("divisor", w)
        quotient, remainder = (
            sheet.output("quotient", w, registered=True),
            sheet.output("remainder", w, registered=True),
        )
        rest = sheet.zero(w)
        bits: list[str] = []
        for i in range(w - 1, -1, -1):
            shifted = sheet.wire(f"shifted {i}", w + 1, f"{{{rest}, {dividend}[{i}]}}")
            fits = sheet.wire(f"fits {i}", 1, f"{shifted} >= {divisor}")
            rest = sheet.wire(f"rest {i}", w, f"{fits} ? {shifted} - {divisor} : {shifted}")
            bits.append(fits)
        sheet.clocked([Set(quotient, f"{{{', '.join(bits)}}}"), Set(remainder, rest)],
                      {quotient: sheet.zero(w), remainder: sheet.zero(w)})  # fmt: skip
        return
    start, busy = sheet.input("start"), sheet.output("busy")
    done = sheet.output("done", registered=True)
    steps = {"root": w // 2}.get(form, w // steps_per_cycle)
    count_bits = bits_for(steps + 1)
    count = sheet.register("count", count_bits)
    sheet.assign(busy, f"|{count}")
    zeros = {count: sheet.zero(count_bits), done: "1'b0"}
    ending = Set(done, f"{count} == {sheet.number(1, count_bits)}")
    tick = Set(count, f"{count} - 1'b1")
    if form == "root":
        half = w // 2
        root = sheet.output("root", half, registered=True)
        rest, value = sheet.register("rest", half + 2), sheet.register("value", w)
        trial = sheet.wire("trial", half + 3, f"{{{rest}, {value}[{w - 1}:{w - 2}]}} - {{{root}, 2'b01}}")
        fits = sheet.wire("fits", 1, f"!{trial}[{half + 2}]")
        body: list[Statement] = [
            Set(root, f"{{{root}[{half - 2}:0], {fits}}}"), Set(value, f"{value} << 2"),
            Set(rest, f"{fits} ? {trial}[{half + 1}:0] : {{{rest}[{half - 1}:0], {value}[{w - 1}:{w - 2}]}}")]  # fmt: skip
        begin: list[Statement] = [Set(root, sheet.zero(half)), Set(rest, sheet.zero(half + 2)), Set(value, dividend)]
        zeros |= {root: sheet.zero(half), rest: sheet.zero(half + 2), value: sheet.zero(w)}
    elif form == "nonrestoring":
        divisor = sheet.input("divisor", w)
        quotient = sheet.output("quotient", w, registered=True)
        held, rest = sheet.register("divisor held", w), sheet.register("rest", w + 2)
        moved = sheet.wire("moved", w + 2, f"{{{rest}[{w}:0], {quotient}[{w - 1}]}}")
        changed = sheet.wire("changed", w + 2, f"{rest}[{w + 1}] ? {moved} + {held} : {moved} - {held}")
        body = [Set(rest, changed), Set(quotient, f"{{{quotient}[{w - 2}:0], ~{changed}[{w + 1}]}}")]
        begin = [Set(rest, sheet.zero(w + 2)), Set(quotient, dividend), Set(held, divisor)]
        zeros |= {rest: sheet.zero(w + 2), quotient: sheet.zero(w), held: sheet.zero(w)}
    else:
        divisor = sheet.input("divisor", w)
        quotient, remainder = (
            sheet.output("quotient", w, registered=True),
            sheet.output("remainder", w, registered=True),
        )
        held = sheet.register("divisor held", w)
        rest_now, quotient_now = str(remainder), str(quotient)
        for i in range(steps_per_cycle):
            shifted = sheet.wire(f"shifted {i}", w + 1, f"{{{rest_now}, {quotient_now}[{w - 1}]}}")
            trial = sheet.wire(f"trial {i}", w + 1, f"{shifted} - {held}")
            rest_now = sheet.wire(f"rest {i}", w, f"{trial}[{w}] ? {shifted}[{w - 1}:0] : {trial}[{w - 1}:0]")
            quotient_now = sheet.wire(f"digits {i}", w, f"{{{quotient_now}[{w - 2}:0], ~{trial}[{w}]}}")
        body = [Set(remainder, rest_now), Set(quotient, quotient_now)]
        begin = [Set(remainder, sheet.zero(w)), Set(quotient, dividend), Set(held, divisor)]
        zeros |= {remainder: sheet.zero(w), quotient: sheet.zero(w), held: sheet.zero(w)}
        if chance(rng):
            zero_error = sheet.output("zero error", registered=True)
            begin.append(Set(zero_error, f"{divisor} == 0"))
            zeros[zero_error] = "1'b0"
    begin.append(Set(count, sheet.number(steps, count_bits)))
    sheet.clocked([ending, If(f"{start} && !{busy}", begin, [If(busy, [*body, tick])])], zeros)


def _adder(sheet: Sheet, rng: Random, size: float) -> None:
    """Addition by structure: ripple, carry-select, carry-skip, prefix; of two words or many."""
    count = rng.choice((2, 2, 2, 3, 4, 6, 8)) if size > 120 else 2
    form = rng.choice(("ripple", "select", "prefix", "brent", "skip"))
    per = {"ripple": 6, "select": 11, "prefix": 13, "brent": 9, "skip": 8}[form]
    w = between(3, size / ((count - 1) * 8 if count > 2 else 0 + per + 3), 128 if form != "prefix" else 64)
    if count > 2:
        w = between(3, size / (per + 3 + (count - 2) * 6), 96)
    sheet.clock()
    words = [sheet.input(f"operand {i}", w) for i in range(count)]
    result, carry_out = sheet.output("sum", w, registered=True), sheet.output("carry", registered=True)
    x, y = words[0], words[1]
    for i, z in enumerate(words[2:]):  # carry-save
        saved = sheet.wire(f"saved {i}", w, f"{x} ^ {y} ^ {z}")
        y = sheet.wire(f"carries {i}", w, f"(({x} & {y}) | ({x} & {z}) | ({y} & {z})) << 1")
        x = saved
    carry_in = sheet.input("carry in") if chance(rng) else None
    if chance(rng, 0.3):
        subtract = sheet.input("subtract")
        y = sheet.wire("inverted", w, f"{y} ^ {{{w}{{{subtract}}}}}")
        start = f"{subtract}" if carry_in is None else f"{subtract} ^ {carry_in}"
    else:
        start = str(carry_in) if carry_in else "1'b0"
    both = sheet.wire("generate bits", w, f"{x} & {y}")
    one = sheet.wire("propagate bits", w, f"{x} ^ {y}")
    carries = sheet.wire("carry chain", w + 1)
    sheet.assign(f"{carries}[0]", start)
    if form == "ripple":
        for i in range(w):
            sheet.assign(f"{carries}[{i + 1}]", f"{both}[{i}] | ({one}[{i}] & {carries}[{i}])")
    elif form in {"select", "skip"}:
        block = rng.randrange(2, 7)
        for low in range(0, w, block):
            high = min(w, low + block)
            n = high - low
            part = f"[{high - 1}:{low}]"
            if form == "select":
                none = sheet.wire(f"if zero {low}", n + 1, f"{x}{part} + {y}{part}")
                some = sheet.wire(f"if one {low}", n + 1, f"{x}{part} + {y}{part} + 1'b1")
                chosen = sheet.wire(f"chosen {low}", n + 1, f"{carries}[{low}] ? {some} : {none}")
                sheet.assign(f"{carries}[{high}]", f"{chosen}[{n}]")
                for i in range(low + 1, high):
                    sheet.assign(f"{carries}[{i}]", f"{chosen}[{i - low}] ^ {one}[{i}]")
            else:
                rippled = sheet.wire(f"rippled {low}", n + 1, f"{x}{part} + {y}{part} + {carries}[{low}]")
                sheet.assign(f"{carries}[{high}]", f"(&{one}{part}) ? {carries}[{low}] : {rippled}[{n}]")
                for i in range(low + 1, high):
                    sheet.assign(f"{carries}[{i}]", f"{rippled}[{i - low}] ^ {one}[{i}]")
    else:
        groups = [(f"{both}[{i}]", f"{one}[{i}]") for i in range(w)]
        distance = 1
        if form == "prefix":
            while distance < w:
                g = sheet.wire(f"g {distance}", w)
                p = sheet.wire(f"p {distance}", w)
                for i in range(w):
                    gi, pi = groups[i]
                    if i >= distance:
                        gj, pj = groups[i - distance]
                        sheet.assign(f"{g}[{i}]", f"{gi} | ({pi} & {gj})")
                        sheet.assign(f"{p}[{i}]", f"{pi} & {pj}")
                    else:
                        sheet.assign(f"{g}[{i}]", gi)
                        sheet.assign(f"{p}[{i}]", pi)
                groups = [(f"{g}[{i}]", f"{p}[{i}]") for i in range(w)]
                distance *= 2
        else:
            order = [(i, i - step) for step in _powers(w) for i in range(2 * step - 1, w, 2 * step)]
            order += [(i, i - step) for step in reversed(_powers(w)) for i in range(3 * step - 1, w, 2 * step)]
            for number, (i, j) in enumerate(order):
                (gi, pi), (gj, pj) = groups[i], groups[j]
                groups[i] = (
                    sheet.wire(f"g {number}", 1, f"{gi} | ({pi} & {gj})"),
                    sheet.wire(f"p {number}", 1, f"{pi} & {pj}"),
                )
        for i in range(w):
            gi, pi = groups[i]
            sheet.assign(f"{carries}[{i + 1}]", f"{gi} | ({pi} & {carries}[0])")
    body: list[Statement] = [Set(result, f"{one} ^ {carries}[{w - 1}:0]"), Set(carry_out, f"{carries}[{w}]")]
    resets = {result: sheet.zero(w), carry_out: "1'b0"}
    if chance(rng, 0.3):
        over = sheet.output("overflow", registered=True)
        body.append(Set(over, f"{carries}[{w}] ^ {carries}[{w - 1}]"))
        resets[over] = "1'b0"
    sheet.clocked(body, resets)


def _powers(width: int) -> list[int]:
    return [1 << k for k in range(width.bit_length()) if 1 << k < width]


FAMILIES = (
    Family("alu", _alu, 60, 6000, ("alu", "exec unit", "alu core", "arith logic", "ex stage"), "Arithmetic and logic unit."),
    Family("multiplier", _multiplier, 100, 16000, ("mult", "multiplier", "mac", "booth mult", "mul unit"), "Multiplier."),
    Family("divider", _divider, 120, 7000, ("div", "divider", "sqrt", "div unit", "quotient"), "Divider or square root."),
    Family("adder", _adder, 40, 1500, ("adder", "add sub", "cla", "sum unit", "prefix adder"), "Adder."),
)  # fmt: skip
_ = Loop
