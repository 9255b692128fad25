"""One module of RTL with what is known about it, and the hand-written designs that are shipped."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

#: Files of the hand-written designs, ``NAME.v``.
FOLDER: Final = Path(__file__).parent / "designs"

#: Everything here is written for this project.
LICENCE: Final = "Apache-2.0"


@dataclass(frozen=True)
class RtlModule:
    """Verilog-2001 text of a design.

    Attributes:
        name: unique within a data set.
        family: generator, or ``hand-written``.
        text: source; may hold several modules.
        top: name of the top module.
        clock: name of the clock port, or None for a combinational design.
        size: rough number of mapped gates: the target of a generator, a measurement for hand-written designs.
        seed: of the generator; -1 for hand-written designs.
        parameters: of the top module, with default values.
        licence: SPDX identifier.
    """

    name: str
    family: str
    text: str = field(repr=False)
    top: str
    clock: str | None
    size: int
    seed: int = -1
    parameters: dict[str, int] = field(default_factory=dict)
    licence: str = LICENCE


#: Hand-written designs and their cells when mapped on nangate45 by ``synth -flatten; dfflibmap; abc`` of Yosys 0.70.
#: A design's file and top module are called as it is.
_DESIGNS: Final[dict[str, int]] = {
    "acc_cpu8": 591,
    "alu32": 1615,
    "barrel_shifter": 540,
    "booth_mul": 1961,
    "cache_tags": 1967,
    "chacha_qr": 1006,
    "cordic": 2166,
    "crc32": 242,
    "crossbar4": 491,
    "dma_engine": 1346,
    "fir_filter": 2038,
    "fp16_adder": 675,
    "gray_fifo": 299,
    "histogram16": 2289,
    "i2c_master": 276,
    "iir_biquad": 1273,
    "keypad_scan": 461,
    "life8x8": 2201,
    "matvec_mac": 2429,
    "median3x3": 657,
    "packet_parser": 999,
    "present80": 963,
    "priority_tree": 519,
    "pwm_bank": 628,
    "risc16": 1541,
    "rr_arbiter": 168,
    "rs_encoder": 564,
    "scrambler64": 933,
    "secded32": 399,
    "seq_divider": 842,
    "sha1_core": 3523,
    "sorter8": 908,
    "spi_master": 426,
    "stopwatch": 473,
    "sync_fifo": 755,
    "timer_bank": 1879,
    "uart": 295,
    "vga_timing": 656,
    "viterbi_k3": 602,
}

#: Clock ports that are not called ``clk``.
_CLOCKS: Final = {"barrel_shifter": "clock", "iir_biquad": "CLK", "spi_master": "clk_i", "vga_timing": "pixClk"}


@cache
def hand_written() -> tuple[RtlModule, ...]:
    """Return the hand-written designs, by name.

    >>> len(hand_written())
    39
    """
    return tuple(
        RtlModule(
            name,
            "hand-written",
            (FOLDER / f"{name}.v").read_text(encoding="utf-8"),
            name,
            _CLOCKS.get(name, "clk"),
            size,
            parameters=_parameters((FOLDER / f"{name}.v").read_text(encoding="utf-8"), name),
        )
        for name, size in _DESIGNS.items()
    )


def _parameters(text: str, top: str) -> dict[str, int]:
    """Return the numeric parameters in the header of a module that declares them there."""
    header = re.search(rf"module\s+{top}\b\s*(?:#\s*\((.*?)\)\s*)?\(", text, re.DOTALL)
    found = re.findall(r"(\w+)\s*=\s*(\d+)\b", (header[1] or "") if header else "")
    return {name: int(value) for name, value in found}
