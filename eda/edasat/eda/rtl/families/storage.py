"""Storage: queues and stacks, associative tables, register files."""

from __future__ import annotations

from random import Random

from ..sheet import Case, If, Loop, Set, Sheet, Signal, Statement, Width
from .family import Family, between, bits_for, chance


def _queue(sheet: Sheet, rng: Random, size: float) -> None:
    """A FIFO, as a ring with pointers or as a shift register, or a stack; flags and extras by choice."""
    kind = rng.choice(("count", "wrap", "gray", "shift", "stack"))
    power = between(1, size**0.22 + rng.uniform(-1, 1), 6)
    depth = 1 << power
    width = sheet.parameter("data width", between(2, size / depth / 3.3, 64))
    w = int(width)
    sheet.clock()
    push, data = sheet.input("write enable"), sheet.input("write data", width)
    pop = sheet.input("read enable")
    flush = sheet.input("flush") if chance(rng, 0.3) else None
    full, empty = sheet.output("full"), sheet.output("empty")
    out = sheet.output("read data", width, registered=(late := chance(rng, 0.4)))
    do_push = sheet.wire("do write", 1, f"{push} && !{full}")
    do_pop = sheet.wire("do read", 1, f"{pop} && !{empty}")
    pointer = Width(power)
    level_wire: str | None = None

    if kind == "shift":
        cells = [sheet.register(f"word {i}", width) for i in range(depth)]
        count = sheet.register("count", power + 1)
        body: list[Statement] = [
            If(do_push, [Set(cells[0], data), *(Set(cells[i], cells[i - 1]) for i in range(1, depth))]),
        ]
        sheet.clocked(body)
        step = Case(f"{{{do_push}, {do_pop}}}", [
            ("2'b10", [Set(count, f"{count} + 1'b1")]), ("2'b01", [Set(count, f"{count} - 1'b1")])], [])  # fmt: skip
        sheet.clocked(_flushed(flush, [step], {count: sheet.zero(power + 1)}), {count: sheet.zero(power + 1)})
        head = sheet.variable("head", width)
        sheet.combinational([Case(count, [
            (sheet.number(i + 1, power + 1), [Set(head, cells[i])]) for i in range(depth - 1)],
            [Set(head, cells[depth - 1])])])  # fmt: skip
        sheet.assign(full, f"{count} == {sheet.number(depth, power + 1)}")
        sheet.assign(empty, sheet.is_zero(count))
        top: str = head
        level_wire = count
    else:
        memory = sheet.memory("memory", width, depth)
        if kind == "stack":
            count = sheet.register("level", power + 1)
            sheet.assign(full, f"{count}[{power}]")
            sheet.assign(empty, sheet.is_zero(count))
            below = sheet.wire("top index", pointer, f"{count} - 1'b1")
            here = sheet.wire("write index", pointer, f"{do_pop} ? {below} : {count}")
            sheet.clocked([If(do_push, [Set(f"{memory}[{here}]", data)])])
            step = Case(f"{{{do_push}, {do_pop}}}", [
                ("2'b10", [Set(count, f"{count} + 1'b1")]), ("2'b01", [Set(count, f"{count} - 1'b1")])], [])  # fmt: skip
            sheet.clocked(_flushed(flush, [step], {count: sheet.zero(power + 1)}), {count: sheet.zero(power + 1)})
            top, level_wire = f"{memory}[{below}]", count
        else:
            extra = 0 if kind == "count" else 1
            head_ptr = sheet.register("read pointer", power + extra)
            tail_ptr = sheet.register("write pointer", power + extra)
            index = "" if extra == 0 else f"[{power - 1}:0]"
            sheet.clocked([If(do_push, [Set(f"{memory}[{tail_ptr}{index}]", data)])])
            moves: list[Statement] = [
                If(do_push, [Set(tail_ptr, f"{tail_ptr} + 1'b1")]),
                If(do_pop, [Set(head_ptr, f"{head_ptr} + 1'b1")]),
            ]
            zeros = {head_ptr: sheet.zero(power + extra), tail_ptr: sheet.zero(power + extra)}
            if kind == "count":
                count = sheet.register("level", power + 1)
                moves.append(If(f"{do_push} && !{do_pop}", [Set(count, f"{count} + 1'b1")], [
                    If(f"!{do_push} && {do_pop}", [Set(count, f"{count} - 1'b1")])]))  # fmt: skip
                zeros[count] = sheet.zero(power + 1)
                sheet.assign(full, f"{count}[{power}]")
                sheet.assign(empty, sheet.is_zero(count))
                level_wire = count
            elif kind == "wrap":
                same = sheet.wire("same index", 1, f"{head_ptr}[{power - 1}:0] == {tail_ptr}[{power - 1}:0]")
                turn = sheet.wire("same turn", 1, f"{head_ptr}[{power}] == {tail_ptr}[{power}]")
                sheet.assign(full, f"{same} && !{turn}")
                sheet.assign(empty, f"{same} && {turn}")
                if chance(rng):
                    level_wire = sheet.wire("level", power + 1, f"{tail_ptr} - {head_ptr}")
            else:
                tail_gray = sheet.register("write gray", power + 1)
                head_gray = sheet.register("read gray", power + 1)
                seen_tail = sheet.register("write gray sync", power + 1)
                seen_head = sheet.register("read gray sync", power + 1)
                zeros |= dict.fromkeys((tail_gray, head_gray, seen_tail, seen_head), sheet.zero(power + 1))
                moves += [
                    Set(tail_gray, f"{tail_ptr} ^ ({tail_ptr} >> 1)"),
                    Set(head_gray, f"{head_ptr} ^ ({head_ptr} >> 1)"),
                    Set(seen_tail, tail_gray),
                    Set(seen_head, head_gray),
                ]
                sheet.assign(empty, f"({head_ptr} ^ ({head_ptr} >> 1)) == {seen_tail}")
                rest = f", {seen_head}[{power - 2}:0]" if power > 1 else ""
                sheet.assign(full, f"({tail_ptr} ^ ({tail_ptr} >> 1)) == {{~{seen_head}[{power}:{power - 1}]{rest}}}")
            sheet.clocked(_flushed(flush, moves, zeros), zeros)
            top = f"{memory}[{head_ptr}{index}]"

    if late:
        sheet.clocked([If(do_pop, [Set(out, top)])], {out: sheet.zero(width)})
    else:
        sheet.assign(out, top)
    if level_wire and chance(rng):
        sheet.assign(
            sheet.output("almost full"),
            f"{level_wire} >= {sheet.number(max(1, depth - rng.randrange(1, 4)), power + 1)}",
        )
        sheet.assign(sheet.output("almost empty"), f"{level_wire} <= {sheet.number(rng.randrange(1, 3), power + 1)}")
    if level_wire and chance(rng, 0.4):
        sheet.assign(sheet.output("level", power + 1), level_wire)
        if chance(rng, 0.4):
            mark = sheet.output("high water mark", power + 1, registered=True)
            sheet.clocked([If(f"{level_wire} > {mark}", [Set(mark, level_wire)])], {mark: sheet.zero(power + 1)})
    if chance(rng, 0.4):
        over, under = sheet.output("overflow", registered=True), sheet.output("underflow", registered=True)
        sheet.clocked([Set(over, f"{over} | ({push} & {full})"), Set(under, f"{under} | ({pop} & {empty})")],
                      {over: "1'b0", under: "1'b0"})  # fmt: skip
    if w > 3 and chance(rng, 0.3):
        sheet.assign(sheet.output("parity"), f"^{out}")


def _flushed(flush: Signal | None, body: list[Statement], zeros: dict[Signal, str]) -> list[Statement]:
    return [If(flush, [Set(*pair) for pair in zeros.items()], body)] if flush else body


def _table(sheet: Sheet, rng: Random, size: float) -> None:
    """An associative table: parallel compare of keys with replacement, aging or ternary masks."""
    ternary = chance(rng, 0.3)
    entries = between(2, size**0.38 * rng.uniform(0.6, 1.4), 32)
    key_bits = between(3, size / entries / (5.5 if not ternary else 8), 32)
    value_bits = between(1, key_bits * rng.uniform(0.2, 1.0), 24)
    key_width = sheet.parameter("key width", key_bits)
    index_bits = bits_for(entries)
    sheet.clock()
    key = sheet.input("lookup key", key_width)
    insert, value = sheet.input("write enable"), sheet.input("write data", value_bits)
    replacement = rng.choice(("address", "round", "free"))
    remove = sheet.input("remove") if chance(rng) else None
    late = chance(rng)
    hit = sheet.output("hit", registered=late)
    found = sheet.output("result", value_bits, registered=True)
    hits = sheet.wire("match", entries)
    valids = sheet.register("valid", entries)
    place: str
    if replacement == "address":
        place = sheet.input("address", index_bits)
    elif replacement == "round":
        place = sheet.register("victim", index_bits)
        wrap = f"({place} == {sheet.number(entries - 1, index_bits)}) ? {sheet.zero(index_bits)} : {place} + 1'b1"
        sheet.clocked([If(insert, [Set(place, wrap)])], {place: sheet.zero(index_bits)})
    else:
        place = sheet.variable("free index", index_bits)
        loop = sheet.integer()
        sheet.combinational([
            Set(place, sheet.zero(index_bits)),
            Loop(loop, str(entries), [If(f"!{valids}[{entries - 1} - {loop}]", [Set(place, f"{entries - 1} - {loop}")])])])  # fmt: skip
    mask = sheet.input("write mask", key_width) if ternary else None
    keys, values, masks = [], [], []
    for entry in range(entries):
        keys.append(sheet.register(f"key {entry}", key_width))
        values.append(sheet.register(f"value {entry}", value_bits))
        here = f"{insert} && {place} == {sheet.number(entry, index_bits)}"
        loads: list[Statement] = [Set(keys[entry], key), Set(values[entry], value)]
        if mask:
            masks.append(sheet.register(f"mask {entry}", key_width))
            loads.append(Set(masks[entry], mask))
            test = f"(({key} ^ {keys[entry]}) & {masks[entry]}) == 0"
        else:
            test = f"{key} == {keys[entry]}"
        sheet.clocked([If(here, loads)])
        sheet.assign(f"{hits}[{entry}]", f"{valids}[{entry}] && ({test})")
    updates: list[Statement] = [If(insert, [Set(f"{valids}[{place}]", "1'b1")])]
    if remove:
        updates = [If(remove, [Set(valids, f"{valids} & ~{hits}")], updates)]
    sheet.clocked(updates, {valids: sheet.zero(entries)})
    if late:
        sheet.clocked([Set(hit, f"|{hits}")], {hit: "1'b0"})
    else:
        sheet.assign(hit, f"|{hits}")
    if chance(rng):
        chosen: list[Statement] = [Set(found, sheet.zero(value_bits))]
        for entry in range(entries - 1, -1, -1):
            chosen.append(If(f"{hits}[{entry}]", [Set(found, values[entry])]))
        sheet.combinational(chosen)
    else:
        terms = [f"({{{value_bits}{{{hits}[{entry}]}}}} & {values[entry]})" for entry in range(entries)]
        sheet.combinational([Set(found, " | ".join(terms))])
    if chance(rng, 0.4):
        misses = sheet.output("miss count", rng.randrange(4, 13), registered=True)
        look = sheet.input("lookup valid")
        sheet.clocked(
            [If(f"{look} && !(|{hits})", [Set(misses, f"{misses} + 1'b1")])], {misses: sheet.zero(misses.width)}
        )


def _register_file(sheet: Sheet, rng: Random, size: float) -> None:
    """A register file with several read and write ports, bypass, and a scoreboard by choice."""
    reads = rng.choice((1, 2, 2, 2, 3))
    writes = rng.choice((1, 1, 2)) if size > 400 else 1
    power = between(2, size**0.2, 5)
    depth = 1 << power
    width = sheet.parameter("data width", between(3, size / depth / (2.2 + 1.1 * reads + writes), 64))
    sheet.clock()
    ports = []
    for port in range(writes):
        mark = f" {port}" if writes > 1 else ""
        ports.append(
            (
                sheet.input(f"write enable{mark}"),
                sheet.input(f"write address{mark}", power),
                sheet.input(f"write data{mark}", width),
            )
        )
    zero_register = chance(rng)
    memory = sheet.memory("registers", width, depth)
    stores: list[Statement] = []
    for enable, address, data in ports:
        test = f"{enable} && {address} != 0" if zero_register else str(enable)
        stores.append(If(test, [Set(f"{memory}[{address}]", data)]))
    sheet.clocked(stores)
    bypass = chance(rng, 0.4)
    pending = sheet.register("pending", depth) if chance(rng, 0.4) else None
    for port in range(reads):
        address = sheet.input(f"read address {port}", power)
        delayed = chance(rng, 0.3)
        out = sheet.output(f"read data {port}", width, registered=delayed)
        value = f"{memory}[{address}]"
        if bypass:
            for enable, target, data in ports:
                value = f"({enable} && {target} == {address}) ? {data} : {value}"
        if zero_register:
            value = f"({address} == 0) ? {sheet.zero(width)} : {value}"
        if delayed:
            sheet.clocked([Set(out, value)], {out: sheet.zero(width)})
        else:
            sheet.assign(out, value)
        if pending:
            sheet.assign(sheet.output(f"busy {port}"), f"{pending}[{address}]")
    if pending:
        issue, target = sheet.input("issue"), sheet.input("issue address", power)
        marks: list[Statement] = [If(enable, [Set(f"{pending}[{address}]", "1'b0")]) for enable, address, _ in ports]
        sheet.clocked([*marks, If(issue, [Set(f"{pending}[{target}]", "1'b1")])], {pending: sheet.zero(depth)})


FAMILIES = (
    Family("queue", _queue, 50, 9000, ("fifo", "sync fifo", "queue", "buffer", "lifo", "store"), "Queue or stack of words."),
    Family("associative-table", _table, 60, 4000, ("cam", "tlb", "lookup", "assoc table", "tag match"),
           "Associative lookup table."),
    Family("register-file", _register_file, 60, 12000, ("regfile", "rf", "register file", "gpr"), "Register file."),
)  # fmt: skip
