"""The modules of a design: which of them stand below a top, in which order, and how often."""

from __future__ import annotations

import difflib
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from edasat.core.errors import InputError

from .messages import MESSAGES
from .words import Words

_NAMED: Final = 5  # modules that a message lists


def modules_below(words: Words, top: str | None = None) -> tuple[Words, npt.NDArray[np.float64]]:
    """Return the modules that a top consists of, those that a module uses before it, and the copies of each.

    Args:
        words: any design.
        top: name of a module; None: the one that is marked, or else the one that no other uses.

    Returns:
        The design without other modules, its top the last one; and, float64, (num_modules,), how many instances of
        each module the flattened design has.

    Raises:
        InputError: if there is no such module, several could be meant, or a module contains itself.
    """
    instances = np.flatnonzero(words.child >= 0)
    pairs = words.module[instances].astype(np.int64) * len(words.modules) + words.child[instances]
    uses: dict[int, dict[int, int]] = {}
    for pair, number in zip(*np.unique(pairs, return_counts=True), strict=True):
        parent, child = divmod(int(pair), len(words.modules))
        uses.setdefault(parent, {})[child] = int(number)
    root = _top(words, top, uses)
    order = _children_first(words, root, uses)
    copies = dict.fromkeys(order, 0.0)
    copies[root] = 1.0
    for module in reversed(order):
        for child, number in uses.get(module, {}).items():
            copies[child] += number * copies[module]
    return _select(words, order), np.array([copies[module] for module in order])


def _top(words: Words, name: str | None, uses: dict[int, dict[int, int]]) -> int:
    """Return the row of the top module."""
    if not words.modules:
        raise InputError.of(MESSAGES["words-empty"])
    if name is not None:
        if name in words.modules:
            return words.modules.index(name)
        near = difflib.get_close_matches(name, words.modules, 1)
        hint = f"did you mean '{near[0]}'?" if near else f"there is {_list(list(words.modules))}"
        raise InputError.of(MESSAGES["words-top"], name=name, hint=hint)
    if words.top >= 0:
        return words.top
    used = {child for children in uses.values() for child in children}
    roots = [row for row in range(len(words.modules)) if row not in used]
    if len(roots) > 1:
        raise InputError.of(MESSAGES["words-tops"], names=_list([words.modules[row] for row in roots]))
    if not roots:
        raise InputError.of(MESSAGES["words-recursion"], name=words.modules[0])
    return roots[0]


def _list(names: list[str]) -> str:
    return ", ".join(names[:_NAMED]) + (", ..." if len(names) > _NAMED else "")


def _children_first(words: Words, root: int, uses: dict[int, dict[int, int]]) -> list[int]:
    """Return the modules below ``root`` by a depth-first search, each after those that it uses."""
    order: list[int] = []
    finished: set[int] = set()
    path = {root: iter(uses.get(root, {}))}
    while path:
        module, children = next(reversed(path.items()))
        child = next((one for one in children if one not in finished), None)
        if child is None:
            finished.add(module)
            order.append(module)
            del path[module]
        elif child in path:
            raise InputError.of(MESSAGES["words-recursion"], name=words.modules[child])
        else:
            path[child] = iter(uses.get(child, {}))
    return order


def _select(words: Words, modules: list[int]) -> Words:
    """Return the words of some modules, in their order."""
    rank = np.full(len(words.modules) + 1, -1, np.int32)  # the last stands for "no module"
    rank[modules] = np.arange(len(modules), dtype=np.int32)
    kept = np.flatnonzero(rank[words.module] >= 0)
    kept = kept[np.argsort(rank[words.module[kept]], kind="stable")]
    row = np.full(words.num_words + 1, -1, np.int32)
    row[kept] = np.arange(len(kept), dtype=np.int32)
    pin, pin_offsets = _gather(words.pin_offsets, kept)
    bit, bit_offsets = _gather(words.bit_offsets, pin)
    return replace(
        words,
        modules=tuple(words.modules[module] for module in modules),
        top=len(modules) - 1,
        black_box=words.black_box[modules],
        names=tuple(words.names[word] for word in kept.tolist()),
        module=rank[words.module[kept]],
        type=words.type[kept],
        child=rank[words.child[kept]],
        memory=row[words.memory[kept]],
        file=words.file[kept],
        line=words.line[kept],
        signed=words.signed[kept],
        signed_amount=words.signed_amount[kept],
        clocked=words.clocked[kept],
        depth=words.depth[kept],
        memory_width=words.memory_width[kept],
        pin_offsets=pin_offsets,
        pin_name=words.pin_name[pin],
        pin_drives=words.pin_drives[pin],
        bit_offsets=bit_offsets,
        bits=words.bits[bit],
    )


def _gather(
    offsets: npt.NDArray[np.int64], rows: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the positions of what some rows own, one row after the other, and the new offsets."""
    counts = offsets[rows + 1] - offsets[rows]
    new = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return np.arange(new[-1]) + np.repeat(offsets[rows] - new[:-1], counts), new
