"""Control: state machines, arbiters and decoders."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final

from ..sheet import Case, If, Loop, Set, Sheet, Signal, Statement, Width
from .family import Family, between, bits_for, chance, guarded

_STATES = ("idle", "wait", "load", "run", "shift", "check", "store", "flush", "done", "error", "sync", "header",
           "payload", "grant", "retry", "drain", "setup", "hold", "align", "probe", "arm", "fire", "count", "skip",
           "merge", "poll", "park", "prime", "sleep", "wake", "open", "close")  # fmt: skip
_EVENTS = ("start", "ready", "valid", "last", "error", "acknowledge", "full", "empty", "request", "timeout", "match",
           "abort", "busy", "sync", "found", "hit")  # fmt: skip
_ACTIONS = ("enable", "load", "shift", "clear", "write", "read", "busy", "done", "select", "grant", "error", "strobe",
            "flush", "open", "latch", "capture")  # fmt: skip


def _machine(sheet: Sheet, rng: Random, size: float) -> None:
    """A state machine with a counter, taken branches on inputs, Moore outputs and Mealy pulses."""
    count = between(3, size / 8, 32)
    num_events = between(2, 1 + count**0.6 * rng.uniform(0.8, 1.6), len(_EVENTS))
    num_actions = between(2, size / count / rng.uniform(3, 7), len(_ACTIONS))
    sheet.clock()
    events = [sheet.input(word) for word in rng.sample(_EVENTS, num_events)]
    timed = chance(rng, 0.7)
    limit = sheet.input("count limit", between(3, size / 40, 12)) if timed else None
    actions = [sheet.output(word, registered=True) for word in rng.sample(_ACTIONS, num_actions)]
    pulse = sheet.output("pulse") if chance(rng) else None

    onehot = count <= 12 and chance(rng, 0.3)
    width = count if onehot else bits_for(count)
    gray = not onehot and chance(rng, 0.3)
    codes = [1 << i if onehot else i ^ (i >> 1) if gray else i for i in range(count)]
    states = sheet.constants([f"st {word}" for word in rng.sample(_STATES, count)], codes, width)
    state = sheet.register("state", width)
    following = sheet.variable("next state", width)
    counter = sheet.register("counter", int(limit.width)) if limit else None

    expired = sheet.wire("expired", 1, f"({counter} == {limit})") if limit else None
    arms: list[tuple[str, list[Statement]]] = []
    counting = []
    mealy = []
    for index, name in enumerate(states):
        branches: list[tuple[str, list[Statement]]] = []
        onward_name = states[(index + 1) % count]
        for number in range(rng.choice((0, 1, 1, 2, 2, 3))):
            test, other = rng.sample(events, 2)
            condition = rng.choice((str(test), f"!{test}", f"{test} && {other}", f"{test} || !{other}"))
            branches.append((condition, [Set(following, rng.choice(states) if number else onward_name)]))
            if pulse and chance(rng, 0.3):
                mealy.append(f"({state} == {name} && {test})")
        if expired and chance(rng, 0.5):
            branches.append((expired, [Set(following, onward_name)]))
            counting.append(name)
        onward: list[Statement] = [] if branches and chance(rng, 0.6) else [Set(following, onward_name)]
        arms.append((name, guarded(branches, onward)))
    sheet.comment("next state")
    sheet.combinational([Set(following, state), Case(state, arms, [Set(following, states[0])])])
    sheet.clocked([Set(state, following)], {state: states[0]})

    if counter and limit:
        running = " || ".join(f"{state} == {name}" for name in counting) or "1'b0"
        sheet.clocked(
            [
                If(
                    f"({running}) && !{expired}",
                    [Set(counter, f"{counter} + 1'b1")],
                    [Set(counter, sheet.zero(limit.width))],
                )
            ],
            {counter: sheet.zero(limit.width)},
        )
    sheet.comment("outputs depend on the state alone")
    outputs = [(name, [Set(action, "1'b1") for action in actions if chance(rng, 0.35)]) for name in states]
    kept = [arm for arm in outputs if arm[1]]
    sheet.combinational(
        [*(Set(action, "1'b0") for action in actions), Case(following if chance(rng, 0.3) else state, kept, [])]
    )
    if pulse:
        sheet.assign(pulse, " || ".join(mealy) or f"{state} == {states[-1]}")


@dataclass(frozen=True)
class _Contest:
    """What a way of arbitration works on: masked requests, the variable that names the winner, the grant held."""

    sheet: Sheet
    rng: Random
    count: int
    width: Width
    live: Signal
    winner: Signal
    grant: Signal
    done: Signal


def _lowest(requests: str) -> str:
    """Return the expression that keeps the lowest set bit."""
    return f"{requests} & (~{requests} + 1'b1)"


def _by_number(contest: _Contest) -> None:
    sheet, live, winner = contest.sheet, contest.live, contest.winner
    if chance(contest.rng):
        sheet.combinational([Set(winner, _lowest(live))])
        return
    taken, loop = sheet.variable("taken"), sheet.integer()
    win: list[Statement] = [Set(f"{winner}[{loop}]", "1'b1"), Set(taken, "1'b1")]
    search = Loop(loop, contest.width.text, [If(f"{live}[{loop}] && !{taken}", win)])
    sheet.combinational([Set(winner, sheet.zero(contest.width)), Set(taken, "1'b0"), search])


def _after_last(contest: _Contest) -> None:
    sheet, grant = contest.sheet, contest.grant
    after = sheet.register("mask", contest.width, note="requests behind the last winner")
    high = sheet.wire("masked", contest.width, f"{contest.live} & {after}")
    pick = If(f"|{high}", [Set(contest.winner, _lowest(high))], [Set(contest.winner, _lowest(contest.live))])
    sheet.combinational([pick])
    sheet.clocked(
        [If(contest.done, [Set(after, f"~({grant} | ({grant} - 1'b1))")])], {after: sheet.ones(contest.width)}
    )


def _rotated(contest: _Contest) -> None:
    sheet, live, n = contest.sheet, contest.live, contest.count
    bits = bits_for(n)
    pointer = sheet.register("pointer", bits)
    double = sheet.wire("doubled", 2 * n, f"{{{live}, {live}}} >> {pointer}")
    low = sheet.wire("rotated", n, f"{double}[{n - 1}:0]")
    first = sheet.wire("first", n, _lowest(low))
    back = sheet.wire("back", 2 * n, f"{{{first}, {first}}} << {pointer}")
    sheet.combinational([Set(contest.winner, f"{back}[{2 * n - 1}:{n}]")])
    wrap = f"({pointer} == {sheet.number(n - 1, bits)}) ? {sheet.zero(bits)} : {pointer} + 1'b1"
    sheet.clocked([If(contest.done, [Set(pointer, wrap)])], {pointer: sheet.zero(bits)})


def _least_recent(contest: _Contest) -> None:
    sheet, live, n = contest.sheet, contest.live, contest.count
    table = sheet.register("older", n * n, note="bit i * n + j: i waits longer than j")
    blocked = [
        sheet.wire(f"blocked {i}", 1, " | ".join(f"({live}[{j}] & {table}[{j * n + i}])" for j in range(n) if j != i))
        for i in range(n)
    ]
    sheet.combinational([Set(f"{contest.winner}[{i}]", f"{live}[{i}] & ~{blocked[i]}") for i in range(n)])
    updates: list[Statement] = []
    for i in range(n):
        others = [j for j in range(n) if j != i]
        younger: list[Statement] = [Set(f"{table}[{i * n + j}]", "1'b0") for j in others]
        older: list[Statement] = [Set(f"{table}[{j * n + i}]", "1'b1") for j in others]
        updates.append(If(f"{contest.done} && {contest.grant}[{i}]", younger + older))
    start = sum(1 << (i * n + j) for i in range(n) for j in range(i + 1, n))
    sheet.clocked(updates, {table: f"{n * n}'h{start:x}"})


def _oldest(contest: _Contest) -> None:
    sheet, winner, width = contest.sheet, contest.winner, contest.width
    bits = contest.rng.randrange(2, 5)
    ages = sheet.register("ages", bits * contest.count)
    best, loop, other = sheet.variable("best", bits), sheet.integer(), sheet.integer("k")
    here, mine = f"{ages}[{loop}*{bits} +: {bits}]", f"{ages}[{other}*{bits} +: {bits}]"
    win: list[Statement] = [Set(winner, f"{sheet.zero(width)} | (1'b1 << {loop})"), Set(best, here)]
    search = Loop(loop, width.text, [If(f"{contest.live}[{loop}] && ({here} > {best} || {winner} == 0)", win)])
    sheet.combinational([Set(winner, sheet.zero(width)), Set(best, sheet.zero(bits)), search])
    grow = If(f"{contest.live}[{other}] && {mine} != {sheet.ones(bits)}", [Set(mine, f"{mine} + 1'b1")])
    served = If(f"{contest.done} && {contest.grant}[{other}]", [Set(mine, sheet.zero(bits))], [grow])
    sheet.clocked([Loop(other, width.text, [served])], {ages: f"{{{bits * contest.count}{{1'b0}}}}"})


#: Ways of arbitration with their gates per request; the table of the least recent grows with the square.
_ARBITRATIONS: Final = ((_by_number, 9), (_after_last, 14), (_rotated, 22), (_least_recent, 0), (_oldest, 28))


def _arbiter(sheet: Sheet, rng: Random, size: float) -> None:
    """Fixed, rotating, least-recent or oldest-first priority, with masking, locking and a watchdog by choice."""
    arbitrate, per_request = rng.choice(_ARBITRATIONS)
    count = between(3, size / per_request, 32) if per_request else between(3, (size / 5) ** 0.5, 16)
    sheet.clock()
    n = sheet.parameter("num requests", count)
    request = sheet.input("request", n)
    done = sheet.input("acknowledge", note="the winner is done")
    grant = sheet.output("grant", n, registered=True)
    live = request
    if chance(rng, 0.4):
        live = sheet.wire("allowed", n, f"{request} & ~{sheet.input('mask', n)}")
    if chance(rng, 0.3):
        live = sheet.wire("urgent", n, f"(|({live} & {sheet.input('priority level', n)})) ? {live} : {request}")
    winner = sheet.variable("winner", n)
    arbitrate(_Contest(sheet, rng, count, n, live, winner, grant, done))

    keep = f"|({grant} & {request}) && !{done}"
    if chance(rng, 0.3):
        keep += f" || {sheet.input('lock')} && |{grant}"
    sheet.clocked([If(sheet.negate(f"({keep})"), [Set(grant, winner)])], {grant: sheet.zero(n)})
    sheet.assign(sheet.output("valid"), f"|{grant}")
    if chance(rng, 0.6):
        index, loop = sheet.output("grant index", bits_for(count), registered=True), sheet.integer("m")
        search = Loop(loop, n.text, [If(f"{grant}[{loop}]", [Set(index, f"{index} | {loop}")])])
        sheet.combinational([Set(index, sheet.zero(bits_for(count))), search])
    if chance(rng, 0.3):
        width = rng.randrange(4, 10)
        dog, late = sheet.register("timeout counter", width), sheet.output("timeout", registered=True)
        clear: list[Statement] = [Set(dog, sheet.zero(width)), Set(late, "1'b0")]
        tick: list[Statement] = [Set(dog, f"{dog} + 1'b1"), Set(late, f"{late} | (&{dog})")]
        sheet.clocked([If(f"{done} || !(|{grant})", clear, tick)], {dog: sheet.zero(width), late: "1'b0"})


def _decoder(sheet: Sheet, rng: Random, size: float) -> None:
    """Decoding by table: opcodes to control signals, or a sparse lookup with don't-care patterns."""
    inputs = between(4, 2.2 + size**0.29, 10)
    outputs = between(3, size / 20, 40)
    entries = between(6, size / outputs * rng.uniform(1.2, 2.5), min(128, 1 << inputs))
    code = sheet.input(rng.choice(("operation", "code", "instruction", "symbol")), inputs)
    registered = chance(rng)
    if registered:
        sheet.clock()
    groups: list[tuple[str, int]] = []
    left = outputs
    while left > 0:
        width = min(left, rng.choice((1, 1, 2, 3, 4, 8)))
        groups.append((rng.choice(_ACTIONS), width))
        left -= width
    signals = [sheet.output(word, width, registered=True) for word, width in groups]
    targets = [sheet.variable(f"{word} value", width) for word, width in groups] if registered else signals
    patterns = rng.sample(range(1 << inputs), entries)
    arms: list[tuple[str, list[Statement]]] = []
    for pattern in patterns:
        values: list[Statement] = []
        for target, (_, width) in zip(targets, groups, strict=True):
            value = rng.getrandbits(width)
            if value or chance(rng, 0.2):
                values.append(Set(target, sheet.number(value, width)))
        arms.append((sheet.number(pattern, inputs), values or [Set(targets[0], sheet.ones(groups[0][1]))]))
    defaults: list[Statement] = [
        Set(target, sheet.zero(width)) for target, (_, width) in zip(targets, groups, strict=True)
    ]
    sheet.combinational([*defaults, Case(code, arms, [])])
    if registered:
        body: list[Statement] = [Set(signal, target) for signal, target in zip(signals, targets, strict=True)]
        stall = [If(f"!{sheet.input('stall')}", body)] if chance(rng) else body
        sheet.clocked(stall, {signal: sheet.zero(signal.width) for signal in signals})


FAMILIES = (
    Family("state-machine", _machine, 50, 450, ("fsm", "ctrl", "sequencer", "control unit", "state machine"),
           "Control state machine."),
    Family("arbiter", _arbiter, 50, 900, ("arbiter", "arb", "bus arbiter", "grant unit", "scheduler"),
           "Arbiter for shared access."),
    Family("decoder", _decoder, 50, 1500, ("decoder", "decode", "lut", "opcode table", "ctrl rom"),
           "Table-driven decoder."),
)  # fmt: skip
