"""Extraction of public layouts against what OpenROAD extracted of them, and their connectivity."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from edasat.eda.extraction import extract, read_rules, read_unit_rc
from edasat.eda.formats.layout import Layout, read_def
from edasat.eda.formats.lef import Lef, read_lef
from edasat.eda.formats.spef import NodeKind, Spef, read_spef
from edasat.eda.library import Units

LIBRARIES = {
    "nangate45": (
        ("Nangate45_tech.lef", "Nangate45_stdcell.lef.xz"),
        "Nangate45.rcx_rules.xz",
        ("Nangate45.rc", Units(capacitance_ff=1.0)),
    ),
    "sky130hd": (("sky130hd.tlef", "sky130_fd_sc_hd_merged.lef.xz"), "sky130hd.rcx_rules", ("sky130hd.rc", Units())),
}
DESIGNS = ("nangate45_gcd", "sky130hd_gcd", "nangate45_aes", "nangate45_ibex", "sky130hd_aes")


def extracted(data: Path, library: str, layout: Path) -> tuple[Layout, Spef]:
    folder = data / "libs" / library
    lefs, rules, (rc, units) = LIBRARIES[library]
    lef: Lef = read_lef(*(folder / name for name in lefs))
    read = read_def(layout, lef=lef)
    return read, extract(read, lef, read_rules(folder / rules), unit_rc=read_unit_rc(folder / rc, units=units))


def net_ohm(spef: Spef) -> np.ndarray:
    total = np.zeros(spef.num_nets)
    np.add.at(total, np.repeat(np.arange(spef.num_nets), np.diff(spef.net_resistors)), spef.resistor_ohm)
    return total


@pytest.mark.parametrize(
    ("library", "layout", "golden", "median"),
    [
        ("nangate45", "circuitops/nangate45_gcd/6_final.def.gz", "circuitops/nangate45_gcd/6_final.spef.gz", 0.012),
        ("nangate45", "openroad_gcd/45_gcd.def.xz", "openroad_gcd/45_gcd.spefok.xz", 0.005),
        ("sky130hd", "circuitops/sky130hd_gcd/6_final.def.gz", "circuitops/sky130hd_gcd/6_final.spef.gz", 0.012),
    ],
)
def test_close_to_openroad(shared_data: Path, library: str, layout: str, golden: str, median: float) -> None:
    _, found = extracted(shared_data, library, shared_data / "timing" / layout)
    theirs = read_spef(shared_data / "timing" / golden)
    row = found.nets.find_in(theirs.nets)
    assert (row >= 0).all()
    assert found.num_nets == theirs.num_nets
    capacitance = theirs.net_capacitance[row]
    error = np.abs(found.net_capacitance / np.maximum(capacitance, 1e-9) - 1)[capacitance > 0.05]
    assert np.median(error) < median
    assert np.quantile(error, 0.9) < 0.04
    assert found.net_capacitance.sum() == pytest.approx(theirs.net_capacitance.sum(), rel=0.01)
    ohm = net_ohm(theirs)[row]
    error = np.abs(net_ohm(found) / np.maximum(ohm, 1e-9) - 1)[ohm > 1]
    assert np.median(error) < 1e-5
    assert error.max() < 0.01


@pytest.mark.parametrize("design", DESIGNS)
def test_networks_join_what_the_layout_joins(shared_data: Path, design: str) -> None:
    path = shared_data / "timing" / "circuitops" / design / "6_final.def.gz"
    layout, spef = extracted(shared_data, design.partition("_")[0], path)
    nets = layout.nets
    owner = np.repeat(np.arange(len(nets)), np.diff(nets.offsets))
    extracted_nets = spef.nets.find_in(nets.names)
    wanted = np.isin(owner, extracted_nets)
    expected = np.stack([owner[wanted], nets.component[wanted], nets.pin[wanted]])
    node_net = np.repeat(extracted_nets, np.diff(spef.net_nodes))
    is_port = spef.node_kind == NodeKind.PORT
    pins = spef.node_kind != NodeKind.INTERNAL
    component = np.where(is_port, -1, spef.node_name)
    pin = np.where(is_port, spef.node_name, spef.node_pin)
    found = np.stack([node_net[pins], component[pins], pin[pins]])
    assert np.array_equal(found[:, np.lexsort(found)], expected[:, np.lexsort(expected)])
    edges = (np.ones(spef.num_resistors), spef.resistor_ends.T)
    count, _ = connected_components(coo_array(edges, shape=(spef.num_nodes, spef.num_nodes)), directed=False)
    assert count == spef.num_nets
    assert (spef.resistor_ohm >= 0).all()
    left_out = np.setdiff1d(np.flatnonzero(~nets.special), extracted_nets)
    assert (layout.routed_length()[left_out] == 0).all()
