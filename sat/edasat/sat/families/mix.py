"""A benchmark mix over all families: which instances a label table should hold."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Final

from . import FAMILIES
from .family import Family, Group

#: Share of each group of families. Circuits lead because users bring them; parity, counting and design families are
#: where engines differ most; random and crypto keep luck between seeds visible.
SHARES: Final[Mapping[Group, float]] = {
    "circuit": 0.17,
    "bmc": 0.06,
    "crypto": 0.09,
    "xor": 0.14,
    "cardinality": 0.13,
    "graph": 0.03,
    "colouring": 0.02,
    "design": 0.13,
    "puzzle": 0.05,
    "planning": 0.04,
    "random": 0.14,
}

#: Seeds of one size: fewer can't tell what a model can learn from luck.
SEEDS_PER_SIZE: Final = 3


def instance_list(count: int, seed_base: int = 0) -> list[str]:
    """Return ids of ``count`` instances with the shares of :data:`SHARES`.

    Within a group all families weigh the same; a family spreads over its sizes, the smallest left out as trivial,
    with at least three seeds each as far as ``count`` allows. Seeds count up from ``seed_base``, so that lists
    with bases far apart share no instance. The order is the same on every run, and each family comes early, so
    that an unfinished table is a fair sample.

    >>> sorted({i.rpartition("-")[2] for i in instance_list(400, seed_base=10)})
    ['10', '11', '12']
    """
    points = -(-count // SEEDS_PER_SIZE)
    rounds: list[list[list[str]]] = []
    for group, number in _apportion(SHARES, points).items():
        members = [entry for entry in FAMILIES.values() if entry.group == group]
        for i, entry in enumerate(members):
            share = number // len(members) + (i < number % len(members))
            for j, seeds in enumerate(_points(entry, share, seed_base)):
                rounds.extend([] for _ in range(len(rounds), j + 1))
                rounds[j].append(seeds)
    # Within a round the order is a stable shuffle: an unfinished one holds some of every group.
    shuffled = [sorted(points, key=lambda seeds: zlib.crc32(seeds[0].encode())) for points in rounds]
    return [instance for points in shuffled for seeds in points for instance in seeds][:count]


def _apportion(shares: Mapping[Group, float], total: int) -> dict[Group, int]:
    """Split a total by largest remainders."""
    exact = {group: total * share / sum(shares.values()) for group, share in shares.items()}
    parts = {group: int(value) for group, value in exact.items()}
    by_remainder = sorted(exact, key=lambda group: parts[group] - exact[group])
    for group in by_remainder[: total - sum(parts.values())]:
        parts[group] += 1
    return parts


def _points(entry: Family, number: int, seed_base: int) -> list[list[str]]:
    """Return ``number`` lists of instances, each of one size and three seeds, spread evenly over the sizes."""
    sizes = entry.sizes[1:]
    used = min(number, len(sizes))
    chosen = [sizes[(2 * j + 1) * len(sizes) // (2 * used)] for j in range(used)]
    result = []
    for j in range(number):
        first = seed_base + SEEDS_PER_SIZE * (j // used)
        result.append([f"{entry.name}-{chosen[j % used]}-{first + s}" for s in range(SEEDS_PER_SIZE)])
    return result
