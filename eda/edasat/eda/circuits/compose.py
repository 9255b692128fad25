"""Circuits made of circuits: the miter of two, and a sequential one unrolled over time."""

from __future__ import annotations

from edasat.eda.aig import UNINITIALISED, Aig
from edasat.eda.aig_builder import AigBuilder


def miter(a: Aig, b: Aig) -> Aig:
    """Return a graph with one output that is true where two combinational graphs disagree on some output.

    Inputs and outputs are matched by position. The miter is constant false exactly if the graphs are equivalent.
    """
    for circuit in (a, b):
        if circuit.num_latches:
            raise ValueError(f"a miter joins combinational circuits; {circuit.name or 'one'} has latches: unroll it")
    if (a.num_inputs, a.num_outputs) != (b.num_inputs, b.num_outputs):
        raise ValueError(
            f"expected equal numbers of inputs and outputs, got {a.num_inputs} and {a.num_outputs} "
            f"against {b.num_inputs} and {b.num_outputs}"
        )
    joined = AigBuilder()
    inputs = joined.inputs(a.num_inputs)
    pairs = zip(joined.embed(a, inputs, a.outputs), joined.embed(b, inputs, b.outputs), strict=True)
    joined.output(joined.or_all([joined.xor(x, y) for x, y in pairs]))
    return joined.build("miter")


def unroll(aig: Aig, frames: int) -> Aig:
    """Return the combinational graph of the first ``frames`` time steps from the initial state.

    Inputs are those of frame 0, then of frame 1, and so on, after one input per uninitialised latch. Outputs are the
    outputs of every frame; bad-state properties become those of every frame in the same way.
    """
    b = AigBuilder()
    state = [b.input() if init == UNINITIALISED else int(init) for init in aig.latches[:, 1]]
    roots = [*aig.latches[:, 0].tolist(), *aig.outputs.tolist(), *aig.bad.tolist()]
    for _ in range(frames):
        copied = b.embed(aig, [*b.inputs(aig.num_inputs), *state], roots)
        state, seen = copied[: aig.num_latches], copied[aig.num_latches :]
        for literal in seen[: aig.num_outputs]:
            b.output(literal)
        for literal in seen[aig.num_outputs :]:
            b.bad(literal)
    return b.build(f"{aig.name}-unrolled-{frames}")
