"""A bench for RTL: modules elaborated to graphs and clocked with whole numbers at their ports."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from edasat.eda.aig import Aig
from edasat.eda.rtl import RtlModule
from edasat.eda.rtl.elaborate import elaborate

_ONES = np.uint64(2**64 - 1)


class Bench:
    """One module under test; inputs keep their last value."""

    def __init__(self, aig: Aig, reset: str | None = None) -> None:
        self.aig = aig
        self.inputs = _ports(aig.input_names)
        self.outputs = _ports(aig.output_names)
        self.state = aig.initial_state()
        self._values = np.zeros((aig.num_inputs, 1), np.uint64)
        if reset:
            low = reset.endswith("n")
            self.step(**{reset: 1 - low})
            self.set(**{reset: int(low)})

    def set(self, **values: int) -> None:
        """Drive input ports; negative numbers are cut to the port's width."""
        for port, value in values.items():
            for bit, index in self.inputs[port].items():
                self._values[index, 0] = _ONES if value >> bit & 1 else 0

    def look(self) -> dict[str, int]:
        """Return the outputs before the next clock edge."""
        return self._read(self.aig.step(self._values, self.state)[0])

    def step(self, **values: int) -> dict[str, int]:
        """Drive inputs and pass a clock edge; return the outputs seen just before it."""
        self.set(**values)
        outputs, self.state = self.aig.step(self._values, self.state)
        return self._read(outputs)

    def until(self, port: str, limit: int = 200) -> dict[str, int]:
        """Clock until an output is true and return the outputs then."""
        for _ in range(limit):
            outputs = self.step()
            if outputs[port]:
                return outputs
        raise AssertionError(f"'{port}' stayed false for {limit} cycles")

    def width(self, port: str) -> int:
        """Return the bits of a port."""
        return len(self.inputs.get(port) or self.outputs[port])

    def _read(self, outputs: np.ndarray) -> dict[str, int]:
        return {
            port: sum(int(outputs[index, 0] & np.uint64(1)) << bit for bit, index in bits.items())
            for port, bits in self.outputs.items()
        }


def _ports(names: Sequence[str]) -> dict[str, dict[int, int]]:
    """Return, per port, the row of each of its bits."""
    ports: dict[str, dict[int, int]] = {}
    for index, name in enumerate(names):
        found = re.fullmatch(r"(.*)\[(\d+)\]", name)
        ports.setdefault(found[1] if found else name, {})[int(found[2]) if found else 0] = index
    return ports


@pytest.fixture(scope="session")
def benches() -> Callable[..., list[Bench]]:
    """Elaborate modules in one process; returns their benches."""

    def build(modules: Sequence[RtlModule], reset: str | None = None) -> list[Bench]:
        return [Bench(aig, reset) for aig in elaborate(modules)]

    return build
