"""Seeded RTL: one module per (family, seed, size), and lists of different ones for data sets."""

from __future__ import annotations

import difflib
import importlib
import math
from collections.abc import Mapping
from functools import cache
from random import Random
from typing import Final

from edasat.core.errors import InputError

from .families.channels import build_channels
from .families.family import Family
from .module import RtlModule
from .sheet import RESETS, Sheet
from .signature import structure_hash
from .style import PLAIN, Style, draw_style

_MODULES: Final = (
    "datapath",
    "control",
    "peripherals",
    "queues",
    "storage",
    "codes",
    "arithmetic",
    "adders",
    "filters",
    "signal",
    "network",
    "selection",
    "processors",
    "serial",
)

#: Sizes of the modules of a list, in mapped gates.
SMALLEST: Final = 50
LARGEST: Final = 20_000


@cache
def _registry() -> Mapping[str, Family]:
    found: dict[str, Family] = {}
    for module in _MODULES:
        for family in importlib.import_module(f".families.{module}", __package__).FAMILIES:
            found[family.name] = family
    return found


def families() -> tuple[str, ...]:
    """Return the names of the generators."""
    return tuple(_registry())


def generate(family: str, seed: int, size: int | None = None, style: int | None = None) -> RtlModule:
    """Return a module; the same arguments give the same text.

    Args:
        family: one of :func:`families`.
        seed: decides what the module does.
        size: mapped gates to aim at (a target, mostly met within a factor of two); drawn log-uniformly if left out.
            Sizes beyond what a family reaches give several channels of one module.
        style: decides how it is written, without effect on the function; the same as ``seed`` if left out.

    Raises:
        InputError: if there is no such family.

    >>> generate("crc", 1, 300).top == generate("crc", 1, 300).top
    True
    """
    chosen = Random(f"{family}/style/{seed if style is None else style}")
    return _write(_find(family), seed, size, draw_style(chosen), chosen)


def plain_text(family: str, seed: int, size: int | None = None) -> str:
    """Return the module in plain style, whose :func:`structure_hash` tells whether two modules are near-duplicates."""
    return _write(_find(family), seed, size, PLAIN, Random(0)).text


def _find(name: str) -> Family:
    try:
        return _registry()[name]
    except KeyError:
        near = difflib.get_close_matches(name, families(), 1)
        hint = f"did you mean '{near[0]}'?" if near else f"one of: {', '.join(families())}"
        raise InputError(f"no family of RTL is called '{name}'", hint=hint) from None


def _write(family: Family, seed: int, size: int | None, style: Style, taste: Random) -> RtlModule:
    rng = Random(f"{family.name}/{seed}")
    drawn = round(math.exp(rng.uniform(math.log(family.smallest), math.log(LARGEST))))
    target = drawn if size is None else size
    reset = rng.choice(RESETS) if rng.random() < 0.92 else None
    words = taste.choice(family.names)
    if taste.random() < 0.3:
        words += f" {taste.choice(('top', 'v2', 'core', 'unit', str(taste.randrange(100)), 'x'))}"
    sheet = Sheet(style.identifier(words), style, taste, reset, family.title)
    count = 1
    if target > family.largest:
        count = math.ceil(target / (family.largest * rng.uniform(0.3, 1.0)))
    elif target > 4 * family.smallest and rng.random() < 0.12:
        count = rng.randrange(2, 5)
    if count > 1:
        build_channels(sheet, rng, target, family, count)
    else:
        family.build(sheet, rng, target)
    name = f"{family.name}-{seed}" + (f"-{size}" if size is not None else "")
    return RtlModule(name, family.name, sheet.text(), sheet.name, sheet.clock_port, target, seed, sheet.parameters)


def module_list(
    count: int, seed: int = 0, smallest: int = SMALLEST, largest: int = LARGEST, only: tuple[str, ...] = ()
) -> list[RtlModule]:
    """Return different modules, the families in turn, with sizes log-uniform between two limits.

    No two share the :func:`structure_hash` of their plain text. A family that keeps giving what is there already
    drops out, so its share may be smaller than the others'.

    Args:
        count: of modules.
        seed: of the draw.
        smallest, largest: target sizes in mapped gates.
        only: families to take; all if empty.

    Raises:
        InputError: if all families are exhausted before ``count`` is reached.
    """
    rng = Random(f"list/{seed}")
    turn = list(only or families())
    misses = dict.fromkeys(turn, 0)
    seen: set[str] = set()
    found: list[RtlModule] = []
    while len(found) < count:
        if not turn:
            raise InputError(
                f"expected {count} different modules, got {len(found)} before every family repeated itself"
            )
        for name in list(turn):
            if len(found) == count:
                break
            number = rng.randrange(1 << 31)
            size = round(math.exp(rng.uniform(math.log(smallest), math.log(largest))))
            key = structure_hash(plain_text(name, number, size))
            if key in seen:
                misses[name] += 1
                if misses[name] == _PATIENCE:
                    turn.remove(name)
                continue
            misses[name] = 0
            seen.add(key)
            found.append(generate(name, number, size))
    return found


#: Repeated draws in a row after which a family counts as exhausted.
_PATIENCE: Final = 40
