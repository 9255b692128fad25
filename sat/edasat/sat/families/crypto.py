"""Inverting functions: factoring, ciphers and hashes of few rounds, shift registers.

Every satisfiable family draws the secret first, simulates the circuit and asserts the outputs it gave.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from edasat.eda.aig import Aig
from edasat.eda.aig_builder import AigBuilder, Word
from edasat.eda.circuits.arithmetic import ADDERS, MULTIPLIERS, constant, less_than, ripple_add

from ..cnf import Cnf
from ..encodings import tseitin
from .family import Family

_ARX_WORD: Final = 16
_ARX_ROUNDS: Final = 7
_ARX_KEY_WORDS: Final = 4
_HASH_WORD: Final = 8
_HASH_ROUNDS: Final = 20
_SPONGE_LANES: Final = 5
_SPONGE_LANE: Final = 16
_SPONGE_ROUNDS: Final = 3
_REGISTER_MONOMIALS: Final = 6


def _bits(count: int, rng: np.random.Generator) -> Word:
    """Draw constant literals."""
    return rng.integers(0, 2, count).tolist()


def _inverse(aig: Aig, rng: np.random.Generator) -> Cnf:
    """Draw an input and ask for an input with the same outputs."""
    secret = rng.integers(0, 2, (aig.num_inputs, 1)).astype(np.uint64)
    seen = (aig.simulate(secret)[:, 0] & np.uint64(1)).astype(np.int32)
    return tseitin(aig, asserted=aig.outputs ^ 1 ^ seen, detect_gates=True)


def _partly_secret(b: AigBuilder, count: int, secret: int, rng: np.random.Generator) -> Word:
    """Return ``count`` literals: ``secret`` inputs at random places and random constants elsewhere."""
    word = _bits(count, rng)
    for place in rng.choice(count, secret, replace=False):
        word[place] = b.input()
    return word


def _xor(b: AigBuilder, x: Sequence[int], y: Sequence[int]) -> Word:
    return [b.xor(p, q) for p, q in zip(x, y, strict=True)]


def _rotated(word: Sequence[int], amount: int) -> Word:
    """Rotate left by a constant."""
    return [word[(i - amount) % len(word)] for i in range(len(word))]


# --- factoring -----------------------------------------------------------------------------------------------------


def _is_prime(n: int) -> bool:
    """Miller-Rabin with the first twelve primes as bases, which is exact below 3.3e24 (Sorenson and Webster 2015)."""
    bases = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37)
    if n < 2 or any(n % p == 0 for p in bases):
        return n in bases
    twos = ((n - 1) & (1 - n)).bit_length() - 1
    for base in bases:
        x = pow(base, (n - 1) >> twos, n)
        if x in (1, n - 1):
            continue
        for _ in range(twos - 1):
            x = x * x % n
            if x == n - 1:
                break
        else:
            return False
    return True


def _random_prime(bits: int, rng: np.random.Generator) -> int:
    """Draw an odd prime of exactly ``bits`` bits."""
    while True:
        n = int(rng.integers(1 << (bits - 1), 1 << bits)) | 1
        if _is_prime(n):
            return n


def _factors(number: int, bits: int, rng: np.random.Generator) -> Cnf:
    """Ask for ``x * y = number`` with x <= y, both of ``bits`` bits, on a random multiplier."""
    b = AigBuilder()
    x, y = b.inputs(bits), b.inputs(bits)
    multiply = MULTIPLIERS[list(MULTIPLIERS)[int(rng.integers(len(MULTIPLIERS)))]]
    add = ADDERS[list(ADDERS)[int(rng.integers(len(ADDERS)))]]
    product = multiply(b, x, y, rng, add)
    for literal, bit in zip(product, constant(number, 2 * bits), strict=True):
        b.output(literal ^ 1 ^ bit)
    b.output(less_than(b, y, x) ^ 1)
    return tseitin(b.build(), detect_gates=True)


def _factoring(size: int, rng: np.random.Generator) -> Cnf:
    return _factors(_random_prime(size, rng) * _random_prime(size, rng), size, rng)


def _prime(size: int, rng: np.random.Generator) -> Cnf:
    # A prime of 2 * size bits has no factor pair of size bits: one of them would have to be 1.
    return _factors(_random_prime(2 * size, rng), size, rng)


# --- ciphers and hashes --------------------------------------------------------------------------------------------


def _arx_round(b: AigBuilder, x: Word, y: Word, key: Sequence[int], rotations: tuple[int, int]) -> tuple[Word, Word]:
    """One round of the Speck construction (Beaulieu et al. 2013): rotate, add, XOR the key, rotate, XOR."""
    x = _xor(b, ripple_add(b, _rotated(x, -rotations[0]), y)[: len(x)], key)
    return x, _xor(b, _rotated(y, rotations[1]), x)


def _arx_cipher(size: int, rng: np.random.Generator) -> Cnf:
    b = AigBuilder()
    rotations = (int(rng.integers(3, 13)), int(rng.integers(1, 6)))
    key = _partly_secret(b, _ARX_WORD * _ARX_KEY_WORDS, size, rng)
    words = [key[i : i + _ARX_WORD] for i in range(0, len(key), _ARX_WORD)]
    # Two known plaintexts make the key unique in practice.
    states = [(_bits(_ARX_WORD, rng), _bits(_ARX_WORD, rng)) for _ in range(2)]
    round_key, schedule = words[0], words[1:]
    for number in range(_ARX_ROUNDS):
        states = [_arx_round(b, x, y, round_key, rotations) for x, y in states]
        following, round_key = _arx_round(b, schedule.pop(0), round_key, constant(number, _ARX_WORD), rotations)
        schedule.append(following)
    for x, y in states:
        for literal in (*x, *y):
            b.output(literal)
    return _inverse(b.build(), rng)


def _compression_hash(size: int, rng: np.random.Generator) -> Cnf:
    """A toy of the SHA-2 shape on bytes: four registers, choose and majority, message words mixed in by addition."""
    b = AigBuilder()
    message = _partly_secret(b, 8 * _HASH_WORD, size, rng)
    words = [message[i : i + _HASH_WORD] for i in range(0, len(message), _HASH_WORD)]
    p, q, r, s = (_bits(_HASH_WORD, rng) for _ in range(4))
    near, far = int(rng.integers(1, 4)), int(rng.integers(4, 8))

    def add(*terms: Sequence[int]) -> Word:
        total = list(terms[0])
        for term in terms[1:]:
            total = ripple_add(b, total, term)[:_HASH_WORD]
        return total

    for number in range(_HASH_ROUNDS):
        mixed = [b.mux(x, y, z) for x, y, z in zip(p, q, r, strict=True)]
        voted = [b.majority(x, y, z) for x, y, z in zip(p, q, r, strict=True)]
        first = add(s, mixed, _xor(b, _rotated(p, near), _rotated(p, far)), words[0], _bits(_HASH_WORD, rng))
        words = [*words[1:], _xor(b, add(words[0], words[3]), _rotated(words[5], 1 + number % 3))]
        p, q, r, s = add(first, voted), p, q, add(r, first)
    for literal in (*p, *q, *r, *s):
        b.output(literal)
    return _inverse(b.build(), rng)


def _sponge(size: int, rng: np.random.Generator) -> Cnf:
    """A toy of the Keccak shape: column parity, lane rotations, the chi step x ^ (!y & z) and a constant."""
    b = AigBuilder()
    state = _partly_secret(b, _SPONGE_LANES * _SPONGE_LANE, size, rng)
    lanes = [state[i : i + _SPONGE_LANE] for i in range(0, len(state), _SPONGE_LANE)]
    rotations = rng.integers(1, _SPONGE_LANE, (2, _SPONGE_LANES)).tolist()
    for _ in range(_SPONGE_ROUNDS):
        parity = [b.xor_all(column) for column in zip(*lanes, strict=True)]
        spread = _xor(b, parity, _rotated(parity, 1))
        lanes = [_xor(b, lane, _rotated(spread, rotations[0][i])) for i, lane in enumerate(lanes)]
        lanes = [_rotated(lane, rotations[1][i]) for i, lane in enumerate(lanes)]
        lanes = [
            [b.xor(x, b.and_(y ^ 1, z)) for x, y, z in zip(*(lanes[(i + d) % 5] for d in range(3)), strict=True)]
            for i in range(_SPONGE_LANES)
        ]
        lanes[0] = _xor(b, lanes[0], _bits(_SPONGE_LANE, rng))
    for literal in (*lanes[0], *lanes[1], *lanes[2]):
        b.output(literal)
    return _inverse(b.build(), rng)


def _shift_register(size: int, rng: np.random.Generator) -> Cnf:
    """Recover the state of a non-linear feedback shift register of ``size`` bits from its filtered output."""
    b = AigBuilder()
    state = b.inputs(size)
    linear = np.sort(rng.choice(np.arange(1, size), 4, replace=False)).tolist()
    products = [rng.choice(size, 2, replace=False).tolist() for _ in range(_REGISTER_MONOMIALS)]
    filtered = [rng.choice(size, 2, replace=False).tolist() for _ in range(3)]
    taps = rng.choice(size, 2, replace=False).tolist()
    for _ in range(size + 8):  # a few more outputs than state bits make the state unique in practice
        terms = [b.and_(state[i], state[j]) for i, j in filtered]
        b.output(b.xor_all([*terms, *(state[i] for i in taps)]))
        fed = [state[0], *(state[i] for i in linear), *(b.and_(state[i], state[j]) for i, j in products)]
        state = [*state[1:], b.xor_all(fed)]
    return _inverse(b.build(), rng)


FAMILIES: Final = (
    Family(
        "factoring",
        "factor a product of two primes; size: bits per prime",
        "crypto",
        "sat",
        (8, 12, 16, 18, 20, 22, 24),
        _factoring,
    ),
    Family(
        "prime",
        "prove that a prime has no two factors; size: bits per factor",
        "crypto",
        "unsat",
        (6, 10, 12, 14, 16, 18, 20, 22, 24),
        _prime,
    ),
    Family(
        "arx-cipher",
        "key of an add-rotate-xor cipher from two plaintexts; size: secret key bits",
        "crypto",
        "sat",
        (4, 8, 12, 16, 18, 20, 22, 24),
        _arx_cipher,
    ),
    Family(
        "compression-hash",
        "message of a small hash of additions, choose and majority; size: secret message bits",
        "crypto",
        "sat",
        (4, 8, 12, 14, 16, 18),
        _compression_hash,
    ),
    Family(
        "sponge-hash",
        "state of a small sponge permutation from part of its output; size: secret bits",
        "crypto",
        "sat",
        (4, 8, 12, 16, 20, 24, 28),
        _sponge,
    ),
    Family(
        "shift-register",
        "state of a non-linear feedback shift register from its output; size: state bits",
        "crypto",
        "sat",
        (16, 20, 24, 28, 32, 36, 40),
        _shift_register,
    ),
)
