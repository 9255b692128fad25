"""The split of the core table: which formulas train, which test.

It is a function of family and group alone, so it never changes when the table grows. Families were named, and the table
committed, before any model was trained.
"""

from __future__ import annotations

from typing import Final

from .batches import stable_fraction
from .solver_runtimes_data import TEST_SHARE

#: Families that no model sees in training, whatever is made of them: named when nothing but rough base rates was known.
#: Some have a sibling in training (a multiplier of another architecture), some have none (open shop, queens).
HELD_OUT_FAMILIES: Final = frozenset(
    {
        "arx-cipher",
        "bmc-equivalent-machines",
        "multiplier-architecture",
        "open-shop",
        "queens",
        "random-5colouring",
        "shift-register",
        "sliding-tiles-unsat",
        "two-per-hole",
        "van-der-waerden",
    }
)

#: Parts of the split.
PARTS: Final = ("train", "test_instances", "test_families", "test_files")


def part_of(family: str, group: str, source: str = "family") -> str:
    """Return the part that a row belongs to.

    Args:
        family: see :func:`edasat.datasets.core_sources.family_of`.
        group: rows made from one base formula share it, and so the part.
        source: "file" marks formulas of other people, which train nothing.

    >>> part_of("queens+requirements", "0")
    'test_families'
    """
    if source == "file":
        return "test_files"
    if family.partition("+")[0] in HELD_OUT_FAMILIES:
        return "test_families"
    return "test_instances" if stable_fraction(group, "test") < TEST_SHARE else "train"
