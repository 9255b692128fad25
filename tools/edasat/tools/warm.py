"""Compiles the hot loops once, so that the first command of a user does not wait for it."""

from __future__ import annotations


def warm() -> None:
    """Run every compiled kernel on a tiny input; their machine code is kept beside the sources."""
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
    _warm_timing()
    _warm_text()


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


if __name__ == "__main__":
    warm()
