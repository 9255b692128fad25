"""Operators on words of bits, compiled: each writes the bits of its result and returns the gates that it takes."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numba import njit

from .bits import UNKNOWN, arrival, gate, invert, put, put_constant, same
from .constants import binary_value, bits_for, unary_value
from .levels import (
    AND,
    AREA,
    CARRY,
    CONSTANT_CARRY,
    CONSTANT_PREFIX,
    CONSTANT_PREFIX_LESS,
    FAR_CARRY,
    FIRST_CARRY,
    FULL_ADDER_GATES,
    HALF_ADDER_GATES,
    LAST_CARRY,
    LEAF,
    LESS,
    LESS_CONSTANT,
    LESS_CONSTANT_GATES,
    LESS_GATES,
    LESS_ONCE,
    NUM_SCRIPTS,
    OR,
    PREFIX,
    PREFIX_LESS,
    PRODUCT_GATES,
    QUOTIENT_GATES,
    SHIFT,
    SHIFT_GATES,
    SHIFT_ONCE,
    SPEED,
    SUM,
    XOR,
    log2,
    product_levels,
    quotient_levels,
    sum_levels,
    together,
)
from .operands import MOST_BITS, ROOM, Operands, describe, extend, kept, last_bit, move, put_value, settle
from .vocabulary import ID

_POWER, _TIMES, _DIVIDE, _MODULO, _PLUS, _MINUS = (ID[sign] for sign in ("**", "*", "/", "%", "+", "-"))
_SHL, _SHR, _ASHL, _ASHR = ID["<<"], ID[">>"], ID["<<<"], ID[">>>"]
_LESS, _GREATER_EQUAL, _EQUAL, _LAST_EQUALITY = ID["<"], ID[">="], ID["=="], ID["!=?"]
_XOR, _XNOR, _AND, _OR, _LOGICAL_AND, _LOGICAL_OR = (ID[sign] for sign in ("^", "~^", "&", "|", "&&", "||"))
_NOT, _INVERT, _UPLUS, _UMINUS = (ID[sign] for sign in ("!", "~", "u+", "u-"))
_ALL, _NOT_ALL, _ANY, _NONE, _PARITY, _EVEN = (ID[sign] for sign in ("u&", "u~&", "u|", "u~|", "u^", "u~^"))
_LARGEST_SHIFT: Final = 4096.0
_FAR: Final = 32  # bits up to which carries ripple in full


@njit(cache=True)
def result_width(operator: int, left: float, right: float, right_value: float) -> float:
    """Return the bits that an operator's result can have."""
    if operator in (_PLUS, _MINUS):
        return max(left, right) + 1
    if operator == _TIMES:
        return left + right
    if operator in (_SHL, _ASHL):
        return left + (min(right_value, _LARGEST_SHIFT) if right_value >= 0 else 0.0)
    if operator in (_SHR, _ASHR):
        return max(left - right_value, 1.0) if right_value >= 0 else left
    if operator in (_DIVIDE, _POWER):
        return left
    if operator == _MODULO:
        return min(left, right)
    if _LESS <= operator <= _LAST_EQUALITY or operator in (_LOGICAL_AND, _LOGICAL_OR):
        return 1.0
    return max(left, right)


@njit(cache=True)
def binary(operator: int, have: Operands, a: int, b: int) -> float:
    """Put the result of two operands at ``a``; ``b`` is the one behind and may be overwritten."""
    first, second = have.of[a].value, have.of[b].value
    width = result_width(operator, have.of[a].width, have.of[b].width, second)
    signed = have.of[a].signed and have.of[b].signed
    value = binary_value(operator, first, second) if not (math.isnan(first) or math.isnan(second)) else np.nan
    if not math.isnan(value):
        put_value(have, a, max(bits_for(abs(value)), width if value < 0 else 1.0), value)
        have.of[a].signed = signed
        return 0.0
    if operator == _MINUS and _alike(have, a, b):
        put_value(have, a, width, 0.0)
        return 0.0
    terms, cost = 1.0, 0.0
    if operator in (_PLUS, _MINUS):
        for script in range(NUM_SCRIPTS):
            deep_a = have.of[a].deepest[script] if have.of[a].terms > 1 else last_bit(have, a, script)
            deep_b = have.of[b].deepest[script] if have.of[b].terms > 1 else last_bit(have, b, script)
            have.of[a].deepest[script] = max(deep_a, deep_b)
        terms = have.of[a].terms + have.of[b].terms
        cost = _add(have, a, b, width, terms, operator == _MINUS)
    elif operator == _TIMES:
        cost = _multiply(have, a, b, width)
    elif operator in (_DIVIDE, _MODULO, _POWER):
        cost = _divide(operator, have, a, b, width)
    elif _SHL <= operator <= _ASHR:
        cost = _shift(operator, have, a, b, width)
        signed = have.of[a].signed
    elif _EQUAL <= operator <= _LAST_EQUALITY:
        cost = _equal(have, a, b, (operator - _EQUAL) % 2 == 1)
    elif _LESS <= operator <= _GREATER_EQUAL:
        cost = _less(have, a, b)
    elif operator in (_LOGICAL_AND, _LOGICAL_OR):
        cost = reduce(have, a, OR) + reduce(have, b, OR)
        base = a * MOST_BITS
        cost += gate(have.bits, AND if operator == _LOGICAL_AND else OR, base, b * MOST_BITS, base)
    else:
        kind = AND if operator == _AND else OR if operator == _OR else XOR
        extend(have, a, width)
        extend(have, b, width)
        for i in range(kept(width)):
            at = a * MOST_BITS + i
            cost += gate(have.bits, kind, at, b * MOST_BITS + i, at)
            if operator == _XNOR:
                invert(have.bits, at)
    describe(have, a, width, np.nan)
    have.of[a].signed, have.of[a].terms = signed, terms
    settle(have, a)
    return cost


@njit(cache=True)
def _alike(have: Operands, a: int, b: int) -> bool:
    """Whether two operands are the same."""
    for i in range(kept(have.of[a].width)):
        if not same(have.bits, a * MOST_BITS + i, b * MOST_BITS + i):
            return False
    return have.of[a].width == have.of[b].width


@njit(cache=True)
def unary(operator: int, have: Operands, a: int) -> float:
    """Put the result of one operand in its place."""
    width, value, base = have.of[a].width, have.of[a].value, a * MOST_BITS
    if operator == _UPLUS:
        return 0.0
    if not math.isnan(value) and operator in (_NOT, _UMINUS):
        value = unary_value(operator, value)
        signed = have.of[a].signed
        put_value(have, a, 1.0 if operator == _NOT else width + 1, value)
        have.of[a].signed = operator == _UMINUS or signed
        return 0.0
    cost, signed = 0.0, have.of[a].signed
    if operator == _INVERT:
        for i in range(base, base + kept(width)):
            invert(have.bits, i)
    elif operator == _UMINUS:
        if a + 1 < ROOM:
            move(have, a, a + 1)
            put_value(have, a, width, 0.0)
            cost = _add(have, a, a + 1, width, 2.0, True)
    else:
        kind = AND if operator in (_ALL, _NOT_ALL) else XOR if operator in (_PARITY, _EVEN) else OR
        cost = reduce(have, a, kind)
        if operator in (_NOT, _NOT_ALL, _NONE, _EVEN):
            invert(have.bits, base)
        width, signed = 1.0, False
    describe(have, a, width, np.nan)
    have.of[a].signed = signed
    settle(have, a)
    return cost


@njit(cache=True)
def reduce(have: Operands, a: int, kind: int) -> float:
    """Join the bits of an operand by one kind of gate."""
    base, cost = a * MOST_BITS, 0.0
    for i in range(base + 1, base + kept(have.of[a].width)):
        cost += gate(have.bits, kind, base, i, base)
    have.of[a].width = 1.0
    return cost


@njit(cache=True)
def _add(have: Operands, a: int, b: int, width: float, terms: float, minus: bool) -> float:
    """Add bit by bit: carries ripple for area and come from a tree for speed; constants swallow both."""
    bits, size, cost = have.bits, kept(width), 0.0
    extend(have, a, width)
    extend(have, b, width)
    constant = not math.isnan(have.of[a].value) or not math.isnan(have.of[b].value)
    carry, ripple, tree = (1 if minus else 0), 0.0, 0.0
    prefix = CONSTANT_PREFIX if constant else PREFIX
    less = CONSTANT_PREFIX_LESS if constant else PREFIX_LESS
    for i in range(size):
        x, y = a * MOST_BITS + i, b * MOST_BITS + i
        known_x, known_y = bits[x].known, bits[y].known
        if minus and known_y != UNKNOWN:
            known_y = 1 - known_y
        ones = (1 if known_x == 1 else 0) + (1 if known_y == 1 else 0) + (1 if carry == 1 else 0)
        unknown = (1 if known_x == UNKNOWN else 0) + (1 if known_y == UNKNOWN else 0) + (1 if carry == UNKNOWN else 0)
        if unknown == 0:
            put_constant(bits, x, ones & 1)
            carry = 1 if ones > 1 else 0
            continue
        if unknown == 1 and carry != UNKNOWN:
            # one bit and two constants: the bit, inverted or not, and a carry that is constant or the bit itself
            at = x if known_x == UNKNOWN else y
            area, speed = arrival(bits, at, AREA), arrival(bits, at, SPEED)
            bits[x] = bits[at]
            if ones == 1:
                invert(bits, x)
                carry, ripple, tree = UNKNOWN, area, speed
            else:
                carry = 1 if ones > 1 else 0
            continue
        area = max(arrival(bits, x, AREA), arrival(bits, y, AREA))
        speed = max(arrival(bits, x, SPEED), arrival(bits, y, SPEED))
        sum_area, sum_speed = area + SUM[AREA], speed + SUM[SPEED]
        if carry == UNKNOWN:
            sum_area = max(sum_area, ripple + LAST_CARRY)
            sum_speed = max(sum_speed, tree - less)
        if terms > 2:
            sum_area = min(sum_area, have.of[a].deepest[AREA] + sum_levels(i + 1.0, terms, AREA))
            sum_speed = min(sum_speed, have.of[a].deepest[SPEED] + sum_levels(i + 1.0, terms, SPEED))
        if unknown == 1:  # only the carry: it goes on where the constants differ, and ends elsewhere
            carry = UNKNOWN if ones == 1 else 1 if ones > 1 else 0
        else:
            step = CONSTANT_CARRY if unknown == 2 else CARRY if i < _FAR else FAR_CARRY
            ripple = max(area + FIRST_CARRY, ripple if carry == UNKNOWN else 0.0) + step
            tree = together(tree, speed, prefix) if carry == UNKNOWN else speed + 0.5 * prefix
            carry = UNKNOWN
        cost += FULL_ADDER_GATES if unknown == 3 else HALF_ADDER_GATES
        put(bits, x, XOR if unknown < 3 else LEAF, sum_area, sum_speed)
    return cost


@njit(cache=True)
def _multiply(have: Operands, a: int, b: int, width: float) -> float:
    """Multiply; by a constant, as a sum of as many terms as it has digits other than 0 (non-adjacent form)."""
    if not math.isnan(have.of[a].value):
        constant, other = have.of[a].value, b
    else:
        constant, other = have.of[b].value, a
    bits, left, right = have.bits, have.of[a].width, have.of[b].width
    size = kept(width)
    if not math.isnan(constant):
        digits, rest, shift = 0.0, abs(constant), 0
        while rest >= 1 and shift < MOST_BITS:
            half = np.floor(rest / 2)
            if rest != 2 * half:
                digits += 1
                if rest - 4 * np.floor(rest / 4) == 3:
                    half += 1
            elif digits == 0:
                shift += 1
            rest = half
        area, speed = last_bit(have, other, AREA), last_bit(have, other, SPEED)
        wide = have.of[other].width
        if digits <= 1:
            for i in range(size - 1, -1, -1):
                if digits == 1 and 0 <= i - shift < kept(wide):
                    bits[a * MOST_BITS + i] = bits[other * MOST_BITS + i - shift]
                else:
                    put_constant(bits, a * MOST_BITS + i, 0)
            return 0.0
        for i in range(size):
            bit = min(i + 1.0, wide)
            late = area + sum_levels(bit, digits, AREA)
            put(bits, a * MOST_BITS + i, LEAF, late, speed + sum_levels(bit, digits, SPEED))
        return FULL_ADDER_GATES * (digits - 1) * wide
    area = max(last_bit(have, a, AREA), last_bit(have, b, AREA))
    speed = max(last_bit(have, a, SPEED), last_bit(have, b, SPEED))
    for i in range(size):
        # low bits are sums of few partial products
        share = min((i + 1.0) / max(left + right, 1.0), 1.0)
        late = area + product_levels(share * left, share * right, AREA)
        put(bits, a * MOST_BITS + i, LEAF, late, speed + product_levels(share * left, share * right, SPEED))
    return PRODUCT_GATES * left * right


@njit(cache=True)
def _fill(have: Operands, a: int, width: float, area: float, speed: float) -> None:
    """Write bits of which all depend on everything."""
    for i in range(a * MOST_BITS, a * MOST_BITS + kept(width)):
        put(have.bits, i, LEAF, area, speed)


@njit(cache=True)
def _divide(operator: int, have: Operands, a: int, b: int, width: float) -> float:
    """Divide; by a power of two, which is a shift or a mask, for nothing."""
    left, right, divisor = have.of[a].width, have.of[b].width, have.of[b].value
    if operator != _POWER and divisor >= 1:
        shift = int(math.log2(divisor))
        if divisor == 2.0**shift:
            for i in range(kept(width)):
                at, source = a * MOST_BITS + i, a * MOST_BITS + i + shift
                if operator == _MODULO and i >= shift:
                    put_constant(have.bits, at, 0)
                elif operator == _DIVIDE:
                    if i + shift < kept(left):
                        have.bits[at] = have.bits[source]
                    else:
                        put_constant(have.bits, at, 0)
            return 0.0
    area = max(last_bit(have, a, AREA), last_bit(have, b, AREA)) + quotient_levels(left, right, AREA)
    speed = max(last_bit(have, a, SPEED), last_bit(have, b, SPEED)) + quotient_levels(left, right, SPEED)
    _fill(have, a, width, area, speed)
    return QUOTIENT_GATES * left * right


@njit(cache=True)
def _shift(operator: int, have: Operands, a: int, b: int, width: float) -> float:
    """Shift: by a constant for nothing, else by a row of multiplexers for each bit of the amount."""
    bits, size, old = have.bits, kept(width), kept(have.of[a].width)
    amount = have.of[b].value
    up = operator in (_SHL, _ASHL)
    if not math.isnan(amount):
        by = int(min(max(amount, 0.0), _LARGEST_SHIFT))
        if up:
            for i in range(size - 1, -1, -1):
                if 0 <= i - by < old:
                    bits[a * MOST_BITS + i] = bits[a * MOST_BITS + i - by]
                else:
                    put_constant(bits, a * MOST_BITS + i, 0)
        else:
            for i in range(size):
                if i + by < old:
                    bits[a * MOST_BITS + i] = bits[a * MOST_BITS + i + by]
                else:
                    put_constant(bits, a * MOST_BITS + i, 0)
        return 0.0
    rows = min(have.of[b].width, log2(float(old)) + 1)
    live = 0.0
    for i in range(a * MOST_BITS, a * MOST_BITS + old):
        live += 1.0 if bits[i].known == UNKNOWN else 0.0
    area = (
        max(last_bit(have, a, AREA), last_bit(have, b, AREA))
        + SHIFT_ONCE[AREA] * min(rows / 3, 1.0)
        + SHIFT[AREA] * rows
    )
    speed = (
        max(last_bit(have, a, SPEED), last_bit(have, b, SPEED))
        + SHIFT_ONCE[SPEED] * min(rows / 3, 1.0)
        + SHIFT[SPEED] * rows
    )
    _fill(have, a, width, area, speed)
    return SHIFT_GATES * rows * (0.75 * live + 0.25) if live > 1 else SHIFT_GATES * size


@njit(cache=True)
def _equal(have: Operands, a: int, b: int, differs: bool) -> float:
    """Compare for equality: XOR of each pair, and a tree of AND; pairs with a constant need no XOR."""
    width, cost = max(have.of[a].width, have.of[b].width), 0.0
    extend(have, a, width)
    extend(have, b, width)
    base = a * MOST_BITS
    impossible = False
    for i in range(kept(width)):
        cost += gate(have.bits, XOR, base + i, b * MOST_BITS + i, base + i)
        if have.bits[b * MOST_BITS + i].known != UNKNOWN or have.bits[base + i].known != UNKNOWN:
            impossible |= have.bits[base + i].known == 1
            if have.bits[base + i].known == 0:
                put_constant(have.bits, base + i, 1)  # equal: AND goes on without it
        if i:
            cost += gate(have.bits, AND, base, base + i, base)
    if impossible:
        put_constant(have.bits, base, 1 if differs else 0)
    elif differs:
        invert(have.bits, base)
    return cost


@njit(cache=True)
def _less(have: Operands, a: int, b: int) -> float:
    """Compare two numbers: a tree over the pairs of bits."""
    width = max(have.of[a].width, have.of[b].width)
    extend(have, a, width)
    extend(have, b, width)
    constant = not math.isnan(have.of[a].value) or not math.isnan(have.of[b].value)
    levels, pairs = [0.0, 0.0], 0.0
    for i in range(kept(width)):
        x, y = a * MOST_BITS + i, b * MOST_BITS + i
        if have.bits[x].known != UNKNOWN and have.bits[y].known != UNKNOWN:
            continue
        for script in range(NUM_SCRIPTS):
            unit = LESS_CONSTANT[script] if constant else LESS[script]
            ready = max(arrival(have.bits, x, script), arrival(have.bits, y, script))
            levels[script] = together(levels[script], ready, unit) if pairs else ready
        pairs += 1
    once = 0.0 if constant else 1.0
    put(have.bits, a * MOST_BITS, LEAF, levels[AREA] + once * LESS_ONCE[AREA], levels[SPEED] + once * LESS_ONCE[SPEED])
    return pairs * (LESS_CONSTANT_GATES if constant else LESS_GATES)
