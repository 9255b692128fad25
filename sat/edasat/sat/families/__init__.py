"""Seeded instance families, from random k-SAT to circuit miters.

>>> generate("random-3sat-threshold", 20, seed=1).name
'random-3sat-threshold-20-1'
"""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Final

from edasat.core.errors import InputError

from ..cnf import Cnf
from .family import Family

__all__ = ["FAMILIES", "Family", "family", "generate", "parse_instance_id"]

#: Modules of this package that export a tuple ``FAMILIES``; loaded when a family is first asked for.
_MODULES: Final = (
    "circuit",
    "bmc",
    "crypto",
    "xor",
    "principles",
    "graphs",
    "design",
    "latin",
    "planning",
    "random",
)


class _Registry(Mapping[str, Family]):
    """Families by name, in the order of the modules; generators are imported on first use."""

    @cached_property
    def _by_name(self) -> dict[str, Family]:
        found: dict[str, Family] = {}
        for module in _MODULES:
            for entry in importlib.import_module(f".{module}", __name__).FAMILIES:
                if entry.name in found:
                    raise ValueError(f"two families are named '{entry.name}'")
                found[entry.name] = entry
        return found

    def __getitem__(self, name: str) -> Family:
        return self._by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)


FAMILIES: Final[Mapping[str, Family]] = _Registry()


def family(name: str) -> Family:
    """Return one family.

    Raises:
        InputError: if no family has this name; the hint offers the nearest ones.
    """
    if name in FAMILIES:
        return FAMILIES[name]
    close = difflib.get_close_matches(name, list(FAMILIES))
    raise InputError(
        f"there is no instance family '{name}'",
        code="family-unknown",
        hint=f"did you mean {' or '.join(close)}?" if close else f"families are {', '.join(FAMILIES)}",
    )


def generate(name: str, size: int, seed: int) -> Cnf:
    """Build the formula of one family, size and seed, named ``<family>-<size>-<seed>``.

    Raises:
        InputError: if the family is unknown, or the size or seed lies outside its range.
    """
    return family(name).instance(size, seed)


def parse_instance_id(instance_id: str) -> tuple[str, int, int]:
    """Split ``<family>-<size>-<seed>`` into its parts; ``generate(*parse_instance_id(i))`` rebuilds the formula.

    >>> parse_instance_id("random-3sat-threshold-250-7")
    ('random-3sat-threshold', 250, 7)

    Raises:
        InputError: if the text has another form or names no family.
    """
    name, _, rest = instance_id.rpartition("-")
    name, _, size = name.rpartition("-")
    if not (name and size.isdecimal() and rest.isdecimal()):
        raise InputError(
            f"'{instance_id}' is not an instance id",
            code="family-instance-id",
            hint="expected <family>-<size>-<seed>, such as random-3sat-threshold-250-7",
        )
    return family(name).name, int(size), int(rest)
