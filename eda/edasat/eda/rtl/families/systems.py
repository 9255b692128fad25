"""Small systems: processors, serial interfaces and stream parsers."""

from __future__ import annotations

from random import Random

from ..sheet import Case, If, Set, Sheet, Statement
from .family import Family, between, bits_for, chance, guarded


def _processor(sheet: Sheet, rng: Random, size: float) -> None:
    """A small processor: accumulator, register or stack machine with a drawn instruction set."""
    kind = rng.choice(("accumulator", "registers", "registers", "stack"))
    w = between(4, size**0.42 * rng.uniform(0.5, 0.9), 32)
    power = between(1, (size / w / 7) ** 0.5 * 0.8, 5) if kind != "accumulator" else 0
    depth = 1 << power if power else 0
    width = sheet.parameter("data width", w)
    address_bits = between(5, w * rng.uniform(0.7, 1.2), 16)
    every = [("add", "{a} + {b}"), ("sub", "{a} - {b}"), ("and", "{a} & {b}"), ("or", "{a} | {b}"), ("xor", "{a} ^ {b}"),
             ("shl", "{a} << 1"), ("shr", "{a} >> 1"), ("not", "~{a}"), ("mov", "{b}"), ("inc", "{a} + 1'b1"),
             ("slt", "($signed({a}) < $signed({b})) ? 1 : 0"), ("shv", "{a} << {b}[2:0]"), ("neg", "-{a}"),
             ("max", "({a} > {b}) ? {a} : {b}")]  # fmt: skip
    if w * w * 6.5 < size * 0.4 and chance(rng):
        every.append(("mul", "{a} * {b}"))
    operations = rng.sample(every, between(3, size / w / 14, len(every)))
    branches = rng.sample(("jmp", "jz", "jnz", "jc", "jn"), rng.randrange(2, 6))
    extras = rng.sample(("in", "out", "call", "push", "halt", "ldx"), rng.randrange(0, 4))
    names = [name for name, _ in operations] + ["ldi", "ld", "st", *branches] + [e for e in extras if e != "push"]
    code_bits = bits_for(len(names))
    ir_bits = code_bits + max(address_bits, 3 * max(power, 1), w)
    codes = list(range(1 << code_bits))
    if chance(rng):
        rng.shuffle(codes)
    piped = chance(rng)

    sheet.clock()
    fetch_address = sheet.output("instruction address", address_bits)
    word = sheet.input("instruction", ir_bits)
    data_address = sheet.output("data address", address_bits, registered=chance(rng) and False)
    data_in = sheet.input("data input", width)
    data_out, write = sheet.output("data output", width), sheet.output("data write")
    stall = sheet.input("stall") if chance(rng, 0.4) else None
    constants = dict(
        zip(names, sheet.constants([f"op {name}" for name in names], codes[: len(names)], code_bits), strict=True)
    )

    pc = sheet.register("program counter", address_bits)
    zero_flag, carry_flag = sheet.register("zero flag"), sheet.register("carry flag")
    if piped:
        ir, live = sheet.register("instruction held", ir_bits), sheet.register("instruction valid")
        instruction: str = ir
        running: str = live
    else:
        instruction, running = str(word), ""
    opcode = sheet.wire("opcode", code_bits, f"{instruction}[{ir_bits - 1}:{ir_bits - code_bits}]")
    immediate = sheet.wire("immediate", w, f"{instruction}[{w - 1}:0]")
    target = sheet.wire("target", address_bits, f"{instruction}[{address_bits - 1}:0]")

    def when(*wanted: str) -> str:
        tests = [f"{opcode} == {constants[name]}" for name in wanted if name in constants] or ["1'b0"]
        text = " || ".join(tests)
        return f"{running} && ({text})" if running else f"({text})"

    # where operands come from
    if kind == "accumulator":
        acc = sheet.register("accumulator", width)
        a, b = str(acc), str(data_in)
        if "ldx" in extras:
            index = sheet.register("index", address_bits)
            effective = f"{target} + {index}"
        else:
            effective = str(target)
    elif kind == "registers":
        registers = sheet.memory("registers", width, depth)
        fields = [f"{instruction}[{power * (k + 1) - 1}:{power * k}]" for k in range(3)]
        a = sheet.wire("operand a", width, f"{registers}[{fields[1]}]")
        b = sheet.wire("operand b", width, f"{registers}[{fields[2]}]")
        effective = f"{a}" if chance(rng) else f"{a} + {immediate}"
    else:
        stack = sheet.memory("stack", width, depth)
        pointer = sheet.register("stack pointer", power)
        top = sheet.register("top", width)
        second = sheet.wire("second", width, f"{stack}[{pointer}]")
        a, b = str(second), str(top)
        effective = str(top) if chance(rng) else str(target)
    sheet.assign(data_address, effective)

    result = sheet.variable("result", w + 1)
    arms: list[tuple[str, list[Statement]]] = [
        (constants[name], [Set(result, template.format(a=a, b=b))]) for name, template in operations
    ]
    arms.append((constants["ldi"], [Set(result, immediate)]))
    if "in" in constants:
        port_in = sheet.input("port input", width)
        arms.append((constants["in"], [Set(result, port_in)]))
    sheet.comment("arithmetic and logic")
    sheet.combinational([Case(opcode, arms, [Set(result, data_in)])])

    writing = [name for name, _ in operations] + ["ldi", "ld", "in"]
    write_back = sheet.wire("write back", 1, when(*writing))
    updates: list[Statement] = [Set(zero_flag, f"{result}[{w - 1}:0] == 0"), Set(carry_flag, f"{result}[{w}]")]
    value = f"{result}[{w - 1}:0]"
    resets = {zero_flag: "1'b0", carry_flag: "1'b0"}
    if kind == "accumulator":
        updates.append(Set(acc, value))
        resets[acc] = sheet.zero(width)
        sheet.assign(data_out, acc)
        state: list[Statement] = [If(write_back, updates)]
        if "ldx" in extras:
            state.append(If(when("ldx"), [Set(index, target)]))
            resets[index] = sheet.zero(address_bits)
    elif kind == "registers":
        sheet.assign(data_out, b)
        gate = f"{write_back} && !{stall}" if stall else str(write_back)
        sheet.clocked([If(gate, [Set(f"{registers}[{fields[0]}]", value)])])
        state = [If(write_back, updates)]
    else:
        sheet.assign(data_out, second)
        pushes = when("ldi", "in", "ld")
        pops = when(
            *[name for name, _ in operations if name in {"add", "sub", "and", "or", "xor", "mov", "slt", "mul", "max"}],
            "st",
            "jz",
            "jnz",
        )
        state = [
            If(write_back, [*updates, Set(top, value)], [If(pops, [Set(top, second)])]),
            If(pushes, [Set(pointer, f"{pointer} + 1'b1")], [If(pops, [Set(pointer, f"{pointer} - 1'b1")])]),
        ]
        resets |= {top: sheet.zero(width), pointer: sheet.zero(power)}
        sheet.clocked([If(f"{pushes}" + (f" && !{stall}" if stall else ""), [Set(f"{stack}[{pointer} + 1'b1]", top)])])
    sheet.clocked([If(f"!{stall}", state)] if stall else state, resets)
    sheet.assign(write, when("st"))
    if "out" in constants:
        port_out = sheet.output("port output", width, registered=True)
        sheet.clocked([If(when("out"), [Set(port_out, data_out)])], {port_out: sheet.zero(width)})

    # the program counter
    tests = {"jmp": "1'b1", "jz": str(zero_flag), "jnz": f"!{zero_flag}", "jc": str(carry_flag), "jn": f"{a}[{w - 1}]"}
    taken = " || ".join(f"({opcode} == {constants[name]} && {tests[name]})" for name in branches)
    jump = sheet.wire("jump", 1, f"{running} && ({taken})" if running else taken)
    steps: list[tuple[str, list[Statement]]] = []
    move: list[Statement] = []
    if "halt" in constants:
        halted = sheet.output("halted", registered=True)
        sheet.clocked([If(when("halt"), [Set(halted, "1'b1")])], {halted: "1'b0"})
        steps.append((str(halted), []))
    if stall:
        steps.append((str(stall), []))
    steps.append((str(jump), [Set(pc, target)]))
    if "call" in constants:
        link = sheet.register("link", address_bits)
        sheet.clocked([If(when("call"), [Set(link, f"{pc} + 1'b1")])], {link: sheet.zero(address_bits)})
        steps.append((when("call"), [Set(pc, target)]))
        back = sheet.input("interrupt")
        steps.append((str(back), [Set(pc, link)]))
    move = guarded(steps, [Set(pc, f"{pc} + 1'b1")])
    sheet.clocked(move, {pc: sheet.zero(address_bits)})
    sheet.assign(fetch_address, pc)
    if piped:
        load: list[Statement] = [Set(ir, word), Set(live, f"!{jump}")]
        sheet.clocked([If(f"!{stall}", load)] if stall else load, {ir: sheet.zero(ir_bits), live: "1'b0"})


def _serial(sheet: Sheet, rng: Random, size: float) -> None:
    """A serialiser, a deserialiser or both: baud counter, start and stop bits, parity, bit order, clocked or not."""
    w = between(4, size / rng.uniform(12, 28), 64)
    parity = rng.choice(("none", "none", "even", "odd"))
    stops = rng.choice((1, 1, 2))
    lsb_first = chance(rng, 0.7)
    sides = rng.choice((("send",), ("receive",), ("send", "receive"), ("send", "receive")))
    divider_bits = between(2, size / 30, 16)
    sheet.clock()
    fixed = chance(rng, 0.4)
    divisor = (
        sheet.number(rng.randrange(2, 1 << divider_bits), divider_bits)
        if fixed
        else str(sheet.input("divider", divider_bits))
    )
    frame = w + (parity != "none") + stops + 1
    count_bits = bits_for(frame + 1)
    if "send" in sides:
        data, start = sheet.input("transmit data", w), sheet.input("transmit start")
        line, ready = sheet.output("transmit line", registered=True), sheet.output("transmit ready")
        shift = sheet.register("transmit shift", frame)
        left, timer = sheet.register("transmit count", count_bits), sheet.register("transmit timer", divider_bits)
        sheet.assign(ready, sheet.is_zero(left))
        body = str(data) if lsb_first else f"{{{', '.join(f'{data}[{i}]' for i in range(w))}}}"
        check = {"none": [], "even": [f"^{data}"], "odd": [f"~^{data}"]}[parity]
        framed = f"{{{', '.join([sheet.ones(stops), *check, body, sheet.number(0, 1)])}}}"
        clocked: list[Statement] = [
            If(ready, [Set(line, "1'b1"), If(start, [Set(shift, framed), Set(left, sheet.number(frame, count_bits)),
                                                  Set(timer, divisor)])],
               [If(f"{timer} != 0", [Set(timer, f"{timer} - 1'b1")],
                   [Set(timer, divisor), Set(line, f"{shift}[0]"), Set(shift, f"{shift} >> 1"), Set(left, f"{left} - 1'b1")])])]  # fmt: skip
        sheet.clocked(
            clocked,
            {line: "1'b1", shift: sheet.zero(frame), left: sheet.zero(count_bits), timer: sheet.zero(divider_bits)},
        )
    if "receive" in sides:
        pin = sheet.input("receive line")
        out, valid = sheet.output("receive data", w, registered=True), sheet.output("receive valid", registered=True)
        error = sheet.output("frame error", registered=True)
        depth = rng.choice((2, 3))
        sync = sheet.register("line sync", depth)
        sheet.clocked([Set(sync, f"{{{sync}[{depth - 2}:0], {pin}}}")], {sync: sheet.ones(depth)})
        level = f"{sync}[{depth - 1}]"
        shift = sheet.register("receive shift", frame - 1)
        left, timer = sheet.register("receive count", count_bits), sheet.register("receive timer", divider_bits)
        half = f"({divisor} >> 1)"
        order = f"{{{level}, {shift}[{frame - 2}:1]}}"
        low = 0
        got = f"{shift}[{low + w - 1}:{low}]"
        if not lsb_first:
            got = f"{{{', '.join(f'{shift}[{i}]' for i in range(w))}}}"
        wrong = f"!{shift}[{frame - 2}]"
        if parity != "none":
            wrong += f" || (^{shift}[{w}:0]) != {sheet.number(parity == 'odd', 1)}"
        finished = sheet.register("receive finished")
        sheet.clocked(
            [Set(finished, f"{left} == {sheet.number(1, count_bits)} && {timer} == 0"),
             If(f"{left} == 0", [If(f"!{level}", [Set(left, sheet.number(frame - 1, count_bits)), Set(timer, f"{divisor} + {half}")])],
                [If(f"{timer} != 0", [Set(timer, f"{timer} - 1'b1")],
                    [Set(timer, divisor), Set(shift, order), Set(left, f"{left} - 1'b1")])])],
            {finished: "1'b0", shift: sheet.zero(frame - 1), left: sheet.zero(count_bits), timer: sheet.zero(divider_bits)},
        )  # fmt: skip
        sheet.clocked([Set(valid, finished), If(finished, [Set(out, got), Set(error, wrong)])],
                      {valid: "1'b0", out: sheet.zero(w), error: "1'b0"})  # fmt: skip


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
            ending = [If(f"{data} == {sheet.number(rng.getrandbits(w), w)}", [Set(state, states[rng.randrange(i + 2, len(states))])],
                         [Set(state, states[i + 2])]), Set(step, sheet.zero(3))]  # fmt: skip
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
    Family("processor", _processor, 200, 9000, ("cpu", "core", "mcu", "proc", "micro"), "A small processor."),
    Family("serial", _serial, 80, 1200, ("uart", "serdes", "serial", "tx rx", "link"), "Serial interface."),
    Family("parser", _parser, 80, 2500, ("parser", "framer", "deframer", "packet fsm", "header unit"), "Stream parser."),
)  # fmt: skip
