"""The published kind of slack model: its features, what its times may depend on, and that it can learn."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

from edasat.core.errors import InputError
from edasat.eda.cells import LEF, LIBERTY
from edasat.eda.formats.spef import read_spef
from edasat.eda.timing.design import Design, load_design
from edasat.eda.timing.estimate import node_positions
from edasat.eda.timing.graph import EARLY, FALL, LATE, NET, RISE
from edasat.eda.timing.parasitics import spef_wires
from edasat.eda.timing.wires import RcNetwork
from edasat.models.e2eslack.pin_batch import PinColumns, join_columns, pin_columns
from edasat.models.e2eslack.pin_inputs import NODE_COLUMNS, PinInputs, pin_arrival, pin_inputs, pin_slew
from edasat.models.e2eslack.pin_module import PinModule
from edasat.models.e2eslack.pin_network import PinConfig, PinNetwork
from edasat.models.e2eslack.prediction import SlackPrediction
from edasat.models.e2eslack.published import PublishedConfig, PublishedModel, labelled_columns, train_on
from edasat.models.e2eslack.required import predicted_ends
from edasat.models.e2eslack.state_tape import StateTape
from edasat.models.e2eslack.table_attention import attend, library_tables

DESIGNS = Path(__file__).resolve().parents[2] / "tools/edasat/tools/instances/timing"
#: Without exceptions that part paths: one arrival a pin says everything there.
PLAIN = ("alu8", "counter8", "crc32", "gated_pipeline", "lanes", "mac8")


@cache
def design(name: str) -> Design:
    folder = DESIGNS / name
    return load_design(
        LIBERTY, netlist=folder / "netlist.v", layout=folder / "placed.def", lef=LEF, sdc=folder / "constraints.sdc",
        wires="none",
    )  # fmt: skip


@cache
def wires(name: str) -> RcNetwork:
    return spef_wires(design(name).graph, read_spef(DESIGNS / name / "wires.spef"))[0]


@cache
def inputs(name: str) -> PinInputs:
    return pin_inputs(design(name), design(name).timer.run())


@cache
def labelled(name: str) -> PinColumns:
    return labelled_columns(design(name), wires(name))


def network(seed: int = 0, **settings: object) -> PinNetwork:
    """Return a network with random weights and the statistics of one design."""
    torch.manual_seed(seed)
    module = PinModule(PinConfig(width=16, **settings).to_dict())  # type: ignore[arg-type]
    module.set_statistics([join_columns([labelled("counter8")])])
    return module.network.eval()


def states(of: PinNetwork, columns: PinColumns) -> np.ndarray:
    """Return predicted states of one design's pins, numbered as in its graph."""
    batch = join_columns([columns])
    with torch.inference_mode():
        return of(batch).state[batch.position[0]].numpy()


def test_features_are_distances_in_um_and_capacitances_in_ff() -> None:
    of = design("counter8")
    graph, found = of.timer.graph, inputs("counter8")
    column = {name: found.node[:, i] for i, name in enumerate(NODE_COLUMNS)}
    x, y = node_positions(graph, of.lef)
    placement = graph.netlist.placement
    assert placement is not None
    width = (placement.die[2] - placement.die[0]) / placement.dbu_per_um
    np.testing.assert_allclose(column["to_left"] + column["to_right"], width, rtol=1e-5)
    np.testing.assert_allclose(column["to_bottom"], y - placement.die[1] / placement.dbu_per_um, rtol=1e-5)
    node = int(graph.find_pins(np.array([0], np.int32), graph.library.pins.take(graph.node_pin[[graph.num_ports]]))[0])
    for edge, name in ((RISE, "rise"), (FALL, "fall")):
        wanted = graph.library.pin_capacitance[graph.node_pin[node], edge]
        assert (
            column[f"early_{name}_capacitance"][node] == column[f"late_{name}_capacitance"][node] == np.float32(wanted)
        )
    assert column["is_port"].sum() == graph.num_ports
    edges = np.flatnonzero(graph.edge_kind == NET)
    np.testing.assert_allclose(found.net_offset[:, 0], (x[graph.edge_target] - x[graph.edge_source])[edges], atol=1e-4)


def test_times_start_at_what_the_constraints_say() -> None:
    """Ports and ideal clocks only; extracted wires enter nowhere."""
    of, found = design("alu8"), inputs("alu8")
    given = (found.level == 0)[:, None, None] & found.occurs
    golden = of.timer.run(wires("alu8"))
    np.testing.assert_allclose(found.arrival[given], pin_arrival(golden)[given], atol=1e-12)
    clock = of.constraints.clocks[0]
    pins = np.unique(of.timer.graph.check_clock)
    assert (found.arrival[pins, LATE, RISE] == clock.source_latency[LATE, RISE] + clock.latency[LATE, RISE]).all()
    assert (found.slew[pins, LATE, RISE] == clock.slew[RISE]).all()
    port = of.timer.graph.netlist.ports.to_list().index("a[0]")
    start = clock.source_latency[LATE, RISE] + clock.latency[LATE, RISE]
    assert found.arrival[port, LATE] == pytest.approx(0.40 + start)
    assert found.arrival[port, EARLY] == pytest.approx(0.05 + start)
    assert (found.level[found.occurs.any(axis=(1, 2))] == 0).mean() < 0.2


@pytest.mark.parametrize("name", PLAIN)
def test_true_times_give_the_slacks_of_the_exact_engine(name: str) -> None:
    of = design(name)
    golden = of.timer.run(wires(name))
    ends = predicted_ends(of.timer, of.timer.run(), np.nan_to_num(pin_arrival(golden)), pin_slew(golden))
    found, wanted = SlackPrediction.of(ends), SlackPrediction.of(golden.ends)
    for ours, theirs in ((found.early, wanted.early), (found.late, wanted.late)):
        assert ours.node.tolist() == theirs.node.tolist()
        for column in ("slack", "arrival", "required"):
            np.testing.assert_allclose(getattr(ours, column), getattr(theirs, column), atol=1e-12)
        assert (ours.wns, ours.tns) == pytest.approx((theirs.wns, theirs.tns))


@pytest.mark.parametrize("name", ["clock_domains", "multicycle", "uart_tx"])
def test_with_exceptions_required_times_are_exact_given_slews(name: str) -> None:
    of = design(name)
    golden = of.timer.run(wires(name))
    ends = predicted_ends(of.timer, of.timer.run(), np.nan_to_num(pin_arrival(golden)), pin_slew(golden))
    np.testing.assert_allclose(ends.required, golden.ends.required, atol=1e-12)


def test_batches_are_sorted_by_level_and_equal_their_parts() -> None:
    names = ("alu8", "gated_pipeline", "counter8")
    parts, of = [labelled(name) for name in names], network()
    batch = join_columns(parts)
    assert len(batch.node) == sum(len(part.node) for part in parts)
    ends = [batch.num_given]
    for level in batch.levels:
        assert level.first_load == ends[-1]
        assert batch.load[level.loads].tolist() == list(range(level.first_load, level.first_output))
        targets = batch.arc_target[level.arcs].unique()
        assert targets.tolist() == list(range(level.first_output, level.end))
        for sources in (batch.driver[level.loads], batch.arc_source[level.arcs]):
            assert (sources < level.first_load).all()
        ends.append(level.end)
    assert ends[-1] == len(batch.node)
    with torch.inference_mode():
        together = of(batch)
    assert together.state.shape == (len(batch.node), 8)
    assert together.net_delay.shape == (len(batch.load), 4)
    assert together.cell_delay.shape == (len(batch.arc_source), 4)
    for part, position in zip(parts, batch.position, strict=True):
        np.testing.assert_allclose(together.state[position], states(of, part), atol=2e-4)


def test_renumbered_pins_have_the_same_times() -> None:
    columns, of = pin_columns(inputs("alu8")), network()
    rng = np.random.default_rng(0)
    to = rng.permutation(len(columns.node))
    back = np.argsort(to)
    arcs, nets = rng.permutation(len(columns.arc_source)), rng.permutation(len(columns.net_source))
    renumbered = replace(
        columns,
        **{name: getattr(columns, name)[back] for name in ("level", "node", "occurs", "state")},
        driver=np.where(columns.driver[back] >= 0, to[columns.driver[back]], -1),
        **{name: to[getattr(columns, name)[arcs]] for name in ("arc_source", "arc_target")},
        **{name: getattr(columns, name)[arcs] for name in ("arc_tables", "arc_pairs")},
        **{name: to[getattr(columns, name)[nets]] for name in ("net_source", "net_target")},
        net_offset=columns.net_offset[nets],
    )
    np.testing.assert_allclose(states(of, renumbered)[to], states(of, columns), atol=2e-4)


@pytest.mark.parametrize("residual", [True, False])
def test_times_depend_on_nothing_behind_their_nets(residual: bool) -> None:
    columns, of = pin_columns(inputs("alu8")), network(residual=residual)
    loads = np.flatnonzero((columns.driver >= 0) & (columns.level > 0))
    pin = int(loads[len(loads) // 2])
    heavier = columns.node.copy()
    heavier[pin, 6:] *= 3.0
    moved = np.abs(states(of, replace(columns, node=heavier)) - states(of, columns)).max(axis=1) > 0

    # All that follow from the driver of its net, which sees the load.
    follows = np.zeros(len(columns.node), np.bool_)
    follows[columns.driver[pin]] = True
    for node in np.argsort(columns.level, kind="stable"):
        causes = columns.arc_source[columns.arc_target == node]
        follows[node] |= follows[causes].any() or (columns.driver[node] >= 0 and follows[columns.driver[node]])
    assert moved.any()
    assert not (moved & ~follows).any()
    assert 0 < follows.mean() < 0.9


def test_the_tape_has_the_gradients_of_plain_indexing() -> None:
    torch.manual_seed(0)
    first, weight = torch.randn(3, 2), torch.randn(2, 2, requires_grad=True)
    index = [torch.tensor([2, 0]), torch.tensor([1, 3, 3])]
    tape = StateTape(torch.cat([first, torch.zeros(5, 2)]))
    rows, begin = first, 3
    for at in index:
        tape.write(begin, torch.tanh(tape.read(at) @ weight))
        rows, begin = torch.cat([rows, torch.tanh(rows[at] @ weight)]), begin + len(at)
    assert torch.equal(tape.read_all(), rows)
    (ours,) = torch.autograd.grad(tape.read_all().square().sum(), weight)
    (wanted,) = torch.autograd.grad(rows.square().sum(), weight)
    torch.testing.assert_close(ours, wanted)


def test_a_sharp_query_reads_the_entry_of_the_table() -> None:
    of = inputs("counter8")
    table = of.library.table(int(of.library.arc_tables[of.cell_arc[0], 0]))
    tables = library_tables(of.library, of.scales, of.library.arc_tables[of.cell_arc[0], :1])
    first, second = tables.first[1, 2:3], tables.second[1, 3:4]
    read = attend(tables, torch.tensor([1]), first[None], second[None], torch.full((1, 1, 2), 1e4))
    assert read.item() * of.scales.time == pytest.approx(float(table.values[2, 3]), rel=1e-4)


def test_learns_one_design_and_keeps_it_on_disk(tmp_path: Path) -> None:
    columns = labelled("counter8")
    config = PublishedConfig(PinConfig(width=16), epochs=60, forced_share=0.7, learning_rate=1e-2)
    model = train_on([columns], config, seed=1)
    golden = SlackPrediction.of(design("counter8").timer.run(wires("counter8")).ends).late
    found = model.predict(design("counter8")).late
    assert np.abs(found.slack - golden.slack).mean() < 0.25 * golden.slack.std()
    assert np.abs(found.required - golden.required).mean() < 1e-3

    model.save(tmp_path, {"command": "test"})
    again = PublishedModel.load(tmp_path).predict(design("counter8")).late
    np.testing.assert_array_equal(again.slack, found.slack)
    with torch.no_grad():
        for parameter in model.network.parameters():
            parameter.zero_()
    assert np.abs(model.predict(design("counter8")).late.slack - found.slack).mean() > 0.01


def test_weights_that_do_not_fit_their_card_are_refused(tmp_path: Path) -> None:
    PublishedModel(network()).save(tmp_path, {})
    card = (tmp_path / "e2eslack_published.json").read_text()
    (tmp_path / "e2eslack_published.json").write_text(card.replace('"width": 16', '"width": 24'))
    with pytest.raises(InputError) as caught:
        PublishedModel.load(tmp_path)
    assert caught.value.code == "weights-damaged"
