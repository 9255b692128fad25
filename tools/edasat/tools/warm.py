"""Compiles the hot loops once, so that the first command of a user does not wait for it."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor


def warm() -> None:
    """Run every compiled kernel on a tiny input; their machine code is kept beside the sources.

    Each part compiles in a process of its own, as many at a time as there are cores.
    """
    # Forked processes would share locks of libraries that have been loaded.
    with ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as pool:
        for part in [pool.submit(part) for part in (_warm_text, _warm_gates, _warm_timing, _warm_formulas)]:
            part.result()


def _warm_formulas() -> None:
    """Read a formula, make its graphs, and check proofs."""
    from edasat import api
    from edasat.sat.dimacs import format_dimacs, read_dimacs

    cnf = read_dimacs(b"p cnf 3 4\n1 -2 0\n2 3 0\n-1 0\n1 2 3 -1 -2 -3 1 2 3 0\n")
    format_dimacs(cnf)
    for kind in ("tripartite", "variable-clause", "literal-incidence"):
        made = api.build_graph(cnf, kind)
        for relation in made.edges:
            made.csr(relation)
    api.features([cnf])
    _warm_proofs()


def _warm_proofs() -> None:
    """Read and check a proof in both forms."""
    from edasat.sat.cnf import Cnf
    from edasat.sat.proofs import Proof, check, format_proof, read_proof

    formula, proof = Cnf.from_clauses([[1, 2], [-1, 2], [1, -2], [-1, -2]]), Proof.from_steps([("a", [2])])
    for binary in (False, True):
        check(formula, read_proof(format_proof(proof, binary=binary)))


def _warm_timing() -> None:
    """Read a design in every format and time it."""
    from edasat.eda.cells import LEF, LIBERTY
    from edasat.eda.timing.design import load_design

    from .timing_examples import FOLDER

    design = FOLDER / "counter8"
    files = {"netlist": design / "netlist.v", "layout": design / "placed.def", "lef": LEF}
    for source in ({"spef": design / "wires.spef"}, {"sdf": design / "delays.sdf"}):
        load_design(LIBERTY, **files, sdc=design / "constraints.sdc", **source).run()  # type: ignore[arg-type]


def _warm_text() -> None:
    """Read Verilog that has a bit of everything."""
    from edasat.eda.rtl import hand_written
    from edasat.eda.verilog.text import tokenize

    for design in hand_written():
        tokenize(design.text.encode())


def _warm_gates() -> None:
    """Make the gates of a small design, where Yosys is installed."""
    from edasat.core.errors import MissingToolError
    from edasat.datasets.design_graphs import gate_arrays, word_arrays
    from edasat.eda.flow import Rtl
    from edasat.eda.rtl import hand_written
    from edasat.eda.synthesis.qor import word_level
    from edasat.eda.verilog.gate_network import gate_network
    from edasat.eda.verilog.word_graph import word_graph
    from edasat.eda.verilog.words import read_words

    design = next(module for module in hand_written() if module.name == "uart")
    try:
        words = read_words(word_level(Rtl([design.text.encode()], design.top)))
    except MissingToolError:
        return
    word_arrays(word_graph(words))
    gate_arrays(gate_network(words), words)


if __name__ == "__main__":
    warm()
