"""Seeded random designs of library cells, for tests and benchmarks of timing."""

from __future__ import annotations

import numpy as np

from edasat.core.names import Names

from ..library import Direction, Library
from ..netlist import Netlist


def random_netlist(library: Library, seed: int, *, inputs: int = 4, gates: int = 20, registers: int = 3) -> Netlist:
    """Return a random acyclic design: registers, gates that read earlier nets, and an output port for each last net."""
    rng = np.random.default_rng(seed)
    cell_names = library.cells.to_list()
    combinational, flops = [], []
    for cell in range(library.num_cells):
        pins = range(int(library.cell_pins[cell]), int(library.cell_pins[cell + 1]))
        outputs = [p for p in pins if library.pin_direction[p] == Direction.OUTPUT]
        if cell in library.sequential:
            if all(group.kind == "ff" for group in library.sequential[cell]):
                flops.append(cell)
        elif len(outputs) == 1 and len(pins) > 1 and not library.cell_clock_gate[cell]:
            combinational.append(cell)
    nets = ["clk", *(f"in{i}" for i in range(inputs))]
    readable = list(range(1, len(nets)))
    instances: list[tuple[str, int, list[tuple[str, int]]]] = []
    register_data: list[tuple[int, int]] = []
    for number in range(registers):
        cell = int(rng.choice(flops))
        connections = []
        for p in range(int(library.cell_pins[cell]), int(library.cell_pins[cell + 1])):
            name = library.pins[p]
            if library.pin_direction[p] == Direction.OUTPUT:
                nets.append(f"r{number}_{name}")
                readable.append(len(nets) - 1)
                connections.append((name, len(nets) - 1))
            elif library.pin_is_clock[p]:
                connections.append((name, 0))
            else:
                register_data.append((len(instances), len(connections)))
                connections.append((name, -1))
        instances.append((f"reg{number}", cell, connections))
    for number in range(gates):
        cell = int(rng.choice(combinational))
        connections = []
        for p in range(int(library.cell_pins[cell]), int(library.cell_pins[cell + 1])):
            if library.pin_direction[p] == Direction.OUTPUT:
                nets.append(f"n{number}")
                connections.append((library.pins[p], len(nets) - 1))
            else:
                connections.append((library.pins[p], int(rng.choice(readable[-12:]))))
        readable.append(len(nets) - 1)
        instances.append((f"g{number}", cell, connections))
    for instance, position in register_data:
        name = instances[instance][2][position][0]
        instances[instance][2][position] = (name, int(rng.choice(readable)))
    outputs = readable[-3:]
    ports = [*nets[: inputs + 1], *(f"out{i}" for i in range(len(outputs)))]
    used_cells = sorted({cell for _, cell, _ in instances})
    pin_names = sorted({name for _, _, connections in instances for name, _ in connections})
    counts = [len(connections) for _, _, connections in instances]
    return Netlist(
        name="random",
        source=f"<random {seed}>",
        ports=Names.of(ports),
        port_direction=np.array([Direction.INPUT] * (inputs + 1) + [Direction.OUTPUT] * len(outputs), np.uint8),
        port_net=np.array([*range(inputs + 1), *outputs], np.int32),
        instances=Names.of(name for name, _, _ in instances),
        instance_cell=np.array([used_cells.index(cell) for _, cell, _ in instances], np.int32),
        cells=Names.of(cell_names[cell] for cell in used_cells),
        pin_offsets=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        pin_name=np.array([pin_names.index(n) for _, _, cs in instances for n, _ in cs], np.int32),
        pin_net=np.array([net for _, _, cs in instances for _, net in cs], np.int32),
        pin_names=Names.of(pin_names),
        nets=Names.of(nets),
        net_constant=np.full(len(nets), -1, np.int8),
    )
