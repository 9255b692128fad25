"""Small processors with drawn instruction sets."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Final

from ..sheet import Case, If, Set, Sheet, Signal, Statement, Width
from .family import Family, between, bits_for, chance, guarded

_OPERATIONS: Final = (
    ("add", "{a} + {b}"), ("sub", "{a} - {b}"), ("and", "{a} & {b}"), ("or", "{a} | {b}"), ("xor", "{a} ^ {b}"),
    ("shl", "{a} << 1"), ("shr", "{a} >> 1"), ("not", "~{a}"), ("mov", "{b}"), ("inc", "{a} + 1'b1"),
    ("slt", "($signed({a}) < $signed({b})) ? 1 : 0"), ("shv", "{a} << {b}[2:0]"), ("neg", "-{a}"),
    ("max", "({a} > {b}) ? {a} : {b}"),
)  # fmt: skip
_BRANCHES: Final = ("jmp", "jz", "jnz", "jc", "jn")
_EXTRAS: Final = ("in", "out", "call", "halt", "ldx")

#: Operations of a stack machine that take two words and leave one.
_BINARY: Final = frozenset({"add", "sub", "and", "or", "xor", "mov", "slt", "shv", "mul", "max"})


@dataclass
class _Core:
    """A processor in the making: its instruction set and the signals that its parts share."""

    sheet: Sheet
    rng: Random
    width: Width
    address_bits: int
    operations: list[tuple[str, str]]
    opcodes: dict[str, str]
    branches: list[str]
    instruction: str
    opcode: Signal
    immediate: Signal
    target: Signal
    running: str
    stall: Signal | None
    data_in: Signal
    data_out: Signal
    index_bits: int
    zero: Signal
    carry: Signal
    a: str = ""
    b: str = ""
    resets: dict[Signal, str] = field(default_factory=dict)

    @property
    def bits(self) -> int:
        return int(self.width)

    def when(self, *names: str) -> str:
        """Return the condition that one of these instructions is executed; those that do not exist never are."""
        tests = [f"{self.opcode} == {self.opcodes[name]}" for name in names if name in self.opcodes] or ["1'b0"]
        text = f"({' || '.join(tests)})"
        return f"{self.running} && {text}" if self.running else text

    def unless_stalled(self, body: list[Statement]) -> list[Statement]:
        return [If(f"!{self.stall}", body)] if self.stall else body


def _processor(sheet: Sheet, rng: Random, size: float) -> None:
    """An accumulator, register or stack machine, with or without an instruction register."""
    organise = rng.choice((_accumulator, _registers, _registers, _stack))
    w = between(4, size**0.42 * rng.uniform(0.5, 0.9), 32)
    index_bits = between(1, (size / w / 7) ** 0.5 * 0.8, 5)
    width = sheet.parameter("data width", w)
    address_bits = between(5, w * rng.uniform(0.7, 1.2), 16)
    every = list(_OPERATIONS)
    if w * w * 6.5 < size * 0.4 and chance(rng):
        every.append(("mul", "{a} * {b}"))
    operations = rng.sample(every, between(3, size / w / 14, len(every)))
    branches = rng.sample(_BRANCHES, rng.randrange(2, len(_BRANCHES) + 1))
    names = [name for name, _ in operations] + ["ldi", "ld", "st"] + branches
    names += rng.sample(_EXTRAS, rng.randrange(0, 4))
    code_bits = bits_for(len(names))
    codes = list(range(1 << code_bits))
    if chance(rng):
        rng.shuffle(codes)
    word_bits = code_bits + max(address_bits, 3 * index_bits, w)

    sheet.clock()
    fetch, word = sheet.output("instruction address", address_bits), sheet.input("instruction", word_bits)
    data_address, data_in = sheet.output("data address", address_bits), sheet.input("data input", width)
    data_out, write = sheet.output("data output", width), sheet.output("data write")
    stall = sheet.input("stall") if chance(rng, 0.4) else None
    opcodes = dict(zip(names, sheet.constants([f"op {n}" for n in names], codes[: len(names)], code_bits), strict=True))
    instruction: str = word
    held = live = None
    if chance(rng):
        held, live = sheet.register("instruction held", word_bits), sheet.register("instruction valid")
        instruction = held
    core = _Core(
        sheet, rng, width, address_bits, operations, opcodes, branches, instruction,
        opcode=sheet.wire("opcode", code_bits, f"{instruction}[{word_bits - 1}:{word_bits - code_bits}]"),
        immediate=sheet.wire("immediate", w, f"{instruction}[{w - 1}:0]"),
        target=sheet.wire("target", address_bits, f"{instruction}[{address_bits - 1}:0]"),
        running=live or "", stall=stall, data_in=data_in, data_out=data_out, index_bits=index_bits,
        zero=sheet.register("zero flag"), carry=sheet.register("carry flag"),
    )  # fmt: skip
    sheet.assign(data_address, organise(core))
    sheet.assign(write, core.when("st"))
    if "out" in opcodes:
        port = sheet.output("port output", width, registered=True)
        sheet.clocked([If(core.when("out"), [Set(port, data_out)])], {port: sheet.zero(width)})
    jump = _sequence(core, fetch)
    if held and live:
        load: list[Statement] = [Set(held, word), Set(live, f"!{jump}")]
        sheet.clocked(core.unless_stalled(load), {held: sheet.zero(word_bits), live: "1'b0"})


def _result(core: _Core) -> tuple[Signal, str, list[Statement]]:
    """Write the arithmetic; return when a result is kept, the result, and the updates of the flags."""
    sheet, w = core.sheet, core.bits
    result = sheet.variable("result", w + 1)
    arms: list[tuple[str, list[Statement]]] = [
        (core.opcodes[name], [Set(result, template.format(a=core.a, b=core.b))]) for name, template in core.operations
    ]
    arms.append((core.opcodes["ldi"], [Set(result, core.immediate)]))
    if "in" in core.opcodes:
        arms.append((core.opcodes["in"], [Set(result, sheet.input("port input", core.width))]))
    sheet.comment("arithmetic and logic")
    sheet.combinational([Case(core.opcode, arms, [Set(result, core.data_in)])])
    keep = sheet.wire("write back", 1, core.when(*(name for name, _ in core.operations), "ldi", "ld", "in"))
    core.resets |= {core.zero: "1'b0", core.carry: "1'b0"}
    value = f"{result}[{w - 1}:0]"
    return keep, value, [Set(core.zero, f"{value} == 0"), Set(core.carry, f"{result}[{w}]")]


def _accumulator(core: _Core) -> str:
    """Write a machine that computes with memory; return the data address."""
    sheet = core.sheet
    accumulator = sheet.register("accumulator", core.width)
    core.a, core.b = accumulator, core.data_in
    core.resets[accumulator] = sheet.zero(core.width)
    keep, value, flags = _result(core)
    body: list[Statement] = [If(keep, [*flags, Set(accumulator, value)])]
    address: str = core.target
    if "ldx" in core.opcodes:
        index = sheet.register("index", core.address_bits)
        body.append(If(core.when("ldx"), [Set(index, core.target)]))
        core.resets[index] = sheet.zero(core.address_bits)
        address = f"{core.target} + {index}"
    sheet.clocked(core.unless_stalled(body), core.resets)
    sheet.assign(core.data_out, accumulator)
    return address


def _registers(core: _Core) -> str:
    """Write a three-address register machine; return the data address."""
    sheet, n = core.sheet, core.index_bits
    memory = sheet.memory("registers", core.width, 1 << n)
    fields = [f"{core.instruction}[{n * (k + 1) - 1}:{n * k}]" for k in range(3)]
    core.a = sheet.wire("operand a", core.width, f"{memory}[{fields[1]}]")
    core.b = sheet.wire("operand b", core.width, f"{memory}[{fields[2]}]")
    keep, value, flags = _result(core)
    sheet.clocked(core.unless_stalled([If(keep, [Set(f"{memory}[{fields[0]}]", value)])]))
    sheet.clocked(core.unless_stalled([If(keep, flags)]), core.resets)
    sheet.assign(core.data_out, core.b)
    return core.a if chance(core.rng) else f"{core.a} + {core.immediate}"


def _stack(core: _Core) -> str:
    """Write a stack machine whose top word is a register; return the data address."""
    sheet, n = core.sheet, core.index_bits
    stack = sheet.memory("stack", core.width, 1 << n)
    pointer, top = sheet.register("stack pointer", n), sheet.register("top", core.width)
    second = sheet.wire("second", core.width, f"{stack}[{pointer}]")
    core.a, core.b = second, top
    core.resets |= {top: sheet.zero(core.width), pointer: sheet.zero(n)}
    keep, value, flags = _result(core)
    pushes = core.when("ldi", "in", "ld")
    pops = core.when(*(name for name, _ in core.operations if name in _BINARY), "st", "jz", "jnz")
    body: list[Statement] = [
        If(keep, [*flags, Set(top, value)], [If(pops, [Set(top, second)])]),
        If(pushes, [Set(pointer, f"{pointer} + 1'b1")], [If(pops, [Set(pointer, f"{pointer} - 1'b1")])]),
    ]
    sheet.clocked(core.unless_stalled(body), core.resets)
    above = sheet.wire("above", n, f"{pointer} + 1'b1")
    sheet.clocked(core.unless_stalled([If(pushes, [Set(f"{stack}[{above}]", top)])]))
    sheet.assign(core.data_out, second)
    return top if chance(core.rng) else core.target


def _sequence(core: _Core, fetch: Signal) -> Signal:
    """Write the program counter; return the signal that says that a branch is taken."""
    sheet, bits = core.sheet, core.address_bits
    counter = sheet.register("program counter", bits)
    zero = core.zero
    tests = {"jz": zero, "jnz": f"!{zero}", "jc": core.carry, "jn": f"{core.a}[{core.bits - 1}]"}
    branches = [f"{core.opcode} == {core.opcodes[name]}" for name in core.branches]
    taken = " || ".join(
        f"({branch} && {tests[name]})" if name in tests else f"({branch})"
        for name, branch in zip(core.branches, branches, strict=True)
    )
    jump = sheet.wire("jump", 1, f"{core.running} && ({taken})" if core.running else taken)
    holds = [str(core.stall)] if core.stall else []
    if "halt" in core.opcodes:
        halted = sheet.output("halted", registered=True)
        sheet.clocked([If(core.when("halt"), [Set(halted, "1'b1")])], {halted: "1'b0"})
        holds.append(halted)
    steps: list[tuple[str, list[Statement]]] = [(jump, [Set(counter, core.target)])]
    if "call" in core.opcodes:
        link = sheet.register("link", bits)
        sheet.clocked([If(core.when("call"), [Set(link, f"{counter} + 1'b1")])], {link: sheet.zero(bits)})
        steps.append((core.when("call"), [Set(counter, core.target)]))
        steps.append((sheet.input("interrupt"), [Set(counter, link)]))
    move = guarded(steps, [Set(counter, f"{counter} + 1'b1")])
    body = [If(" && ".join(f"!{hold}" for hold in holds), move)] if holds else move
    sheet.clocked(body, {counter: sheet.zero(bits)})
    sheet.assign(fetch, counter)
    return jump


FAMILIES = (
    Family("processor", _processor, 200, 9000, ("cpu", "core", "mcu", "proc", "micro"), "A small processor."),
)  # fmt: skip
