"""Storage: associative tables and register files."""

from __future__ import annotations

from random import Random

from ..sheet import If, Loop, Set, Sheet, Statement
from .family import Family, between, bits_for, chance


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
        loop, last = sheet.integer(), entries - 1
        search = If(f"!{valids}[{last} - {loop}]", [Set(place, f"{last} - {loop}")])
        sheet.combinational([Set(place, sheet.zero(index_bits)), Loop(loop, str(entries), [search])])
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
        picks = [If(f"{hits}[{entry}]", [Set(found, values[entry])]) for entry in reversed(range(entries))]
        sheet.combinational([Set(found, sheet.zero(value_bits)), *picks])
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
    Family("associative-table", _table, 60, 4000, ("cam", "tlb", "lookup", "assoc table", "tag match"),
           "Associative lookup table."),
    Family("register-file", _register_file, 60, 12000, ("regfile", "rf", "register file", "gpr"), "Register file."),
)  # fmt: skip
