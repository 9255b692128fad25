"""Unit propagation with two watched literals per clause, core clauses first.

Each literal has two watch lists: of clauses already known to be in the core, and of the rest. Propagation goes through
the rest only when the core has nothing more to say, and returns to the core at each new literal, so that conflicts are
found among clauses that are needed anyway (Heule, Hunt and Wetzler, FMCAD 2013). A watch holds, in 64 bits, the place
of the clause in the arena and a literal of it (the blocker) that is looked at first: if it is true, the clause stays
out of the cache. Lists lie in one pool; one that is full moves to the end of it with twice the room, and when
the pool is full, they are packed. (An array that a compiled loop could replace by a larger one costs an atomic
operation at each use.)

Deleting a clause leaves its watches where they are; propagation drops them when it meets them. ``watched`` says which
are still there, for clauses that come back.
"""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np

from .database import CORE_HEAD, DEAD, FIRST, NEVER, NO_CLAUSE, POOL, REST_AT, REST_HEAD, SECOND, TRAIL, VISITS

# Mixing signed and unsigned numbers makes floats in Numba, and signed indices are tested for being negative.
_1: Final = np.uint64(1)
_2: Final = np.uint64(2)
_32: Final = np.uint64(32)
_LOW: Final = np.uint64(0xFFFFFFFF)
_ROOM: Final = np.uint64(4)  # entries of a new watch list


@numba.njit(cache=True)
def _pack(db: Any) -> None:
    """Move all lists to the beginning of the pool, without spare room."""
    at = np.uint64(0)
    for which in range(len(db.list_start)):
        begin = db.list_start[which]
        size = db.list_size[which]
        for k in range(size):
            db.spare[at + np.uint64(k)] = db.pool[begin + np.uint64(k)]
        db.list_start[which] = at
        db.list_room[which] = size
        at += size
    for k in range(at):
        db.pool[k] = db.spare[k]
    db.registers[POOL] = np.int64(at)


@numba.njit(cache=True)
def _grow(db: Any, which: Any) -> None:
    """Give a full list twice the room at the end of the pool, which is large enough for that when packed."""
    size = db.list_size[which]
    room = _2 * size + _ROOM
    if np.int64(room) > len(db.pool) - db.registers[POOL]:
        _pack(db)
    at = np.uint64(db.registers[POOL])
    begin = db.list_start[which]
    for k in range(size):
        db.pool[at + np.uint64(k)] = db.pool[begin + np.uint64(k)]
    db.list_start[which] = at
    db.list_room[which] = room
    db.registers[POOL] += np.int64(room)


@numba.njit(inline="always")
def _push(db: Any, which: Any, watch: Any) -> None:
    """Append a watch to a list."""
    if db.list_size[which] == db.list_room[which]:
        _grow(db, which)
    size = db.list_size[which]
    db.pool[db.list_start[which] + size] = watch
    db.list_size[which] = size + _1


@numba.njit(cache=True)
def attach(db: Any, clause: int) -> None:
    """Watch the first two literals of a clause where they are not watched yet."""
    present = db.watched[clause]
    if present & NEVER:
        return
    at = np.uint64(db.start[clause])
    shift = np.uint64(len(db.value)) if db.core[clause] else np.uint64(0)
    place = at << _32
    if not present & FIRST:
        _push(db, db.arena[at] + shift, place | db.arena[at + _1])
    if not present & SECOND:
        _push(db, db.arena[at + _1] + shift, place | db.arena[at])
    db.watched[clause] = FIRST | SECOND


@numba.njit(cache=True)
def move_to_core(db: Any, clause: int) -> None:
    """Move the watches of a living clause to the lists of the core."""
    at = np.uint64(db.start[clause])
    codes = np.uint64(len(db.value))
    for k in range(2):
        if not (db.watched[clause] >> k) & 1:
            continue
        which = np.uint64(db.arena[at + np.uint64(k)])
        begin = db.list_start[which]
        last = begin + db.list_size[which] - _1
        i = last  # young clauses, which are needed most, stand at the end
        while db.pool[i] >> _32 != at:
            i -= _1
        watch = db.pool[i]
        db.pool[i] = db.pool[last]
        db.list_size[which] -= _1
        _push(db, which + codes, watch)


@numba.njit(cache=True)
def assign(db: Any, literal: int, reason: int) -> None:
    """Make a literal true and put it on the trail."""
    db.value[literal] = 1
    db.value[literal ^ 1] = -1
    db.reason[literal >> 1] = reason
    db.trail[db.registers[TRAIL]] = literal
    db.registers[TRAIL] += 1


@numba.njit(cache=True)
def undo(db: Any, length: int) -> None:
    """Take literals from the trail down to ``length``, to which propagation was complete."""
    registers = db.registers
    for k in range(length, registers[TRAIL]):
        literal = np.int64(db.trail[k])
        db.value[literal] = 0
        db.value[literal ^ 1] = 0
        db.seen[literal >> 1] = False
    registers[TRAIL] = length
    registers[CORE_HEAD] = length
    registers[REST_HEAD] = length
    registers[REST_AT] = 0


@numba.njit(cache=True)
def propagate(db: Any) -> Any:
    """Propagate the literals on the trail; return the clause that became false or NO_CLAUSE."""
    arena, value, reason, trail = db.arena, db.value, db.reason, db.trail
    list_start, list_size, list_room, pool = db.list_start, db.list_size, db.list_room, db.pool
    registers = db.registers
    codes = np.uint64(len(value))
    size = registers[TRAIL]
    core_head = registers[CORE_HEAD]
    rest_head = registers[REST_HEAD]
    visits = np.uint64(0)
    conflict = np.int64(NO_CLAUSE)
    while conflict == NO_CLAUSE:
        if core_head < size:
            false = np.uint64(trail[core_head]) ^ _1
            shift = codes
            i = np.uint64(0)
        elif rest_head < size:
            false = np.uint64(trail[rest_head]) ^ _1
            shift = np.uint64(0)
            i = np.uint64(registers[REST_AT])
        else:
            break
        which = false + shift
        begin = list_start[which]
        end = list_size[which]
        visits += end - i
        while i < end:
            watch = pool[begin + i]
            if value[watch & _LOW] > 0:
                i += _1
                continue
            at = watch >> _32
            length = arena[at - _1]
            if length & DEAD:
                end -= _1
                pool[begin + i] = pool[begin + end]
                db.watched[arena[at - _2]] &= SECOND if arena[at] == false else FIRST
                continue
            other = arena[at] ^ arena[at + _1] ^ false
            if value[other] > 0:
                pool[begin + i] = at << _32 | other
                i += _1
                continue
            k = at + _2
            stop = at + length
            while k < stop and value[arena[k]] < 0:
                k += _1
            if k < stop:
                free = arena[k]
                arena[at] = other
                arena[at + _1] = free
                arena[k] = false
                end -= _1
                pool[begin + i] = pool[begin + end]
                list_size[which] = end
                target = free + shift
                filled = list_size[target]
                if filled == list_room[target]:
                    _grow(db, target)
                    begin = list_start[which]
                pool[list_start[target] + filled] = at << _32 | other
                list_size[target] = filled + _1
                continue
            arena[at] = other
            arena[at + _1] = false
            clause = np.int64(arena[at - _2])
            if value[other] < 0:
                conflict = clause
                break
            value[other] = 1
            value[other ^ _1] = -1
            reason[other >> _1] = clause
            trail[size] = other
            size += 1
            i += _1
            if shift == 0:
                break
        list_size[which] = end
        if shift != 0:
            core_head += 1
        elif i < end:
            registers[REST_AT] = np.int64(i)
            visits -= end - i
        else:
            registers[REST_AT] = 0
            rest_head += 1
    registers[TRAIL] = size
    registers[CORE_HEAD] = core_head
    registers[REST_HEAD] = rest_head
    registers[VISITS] += np.int64(visits)
    return conflict
