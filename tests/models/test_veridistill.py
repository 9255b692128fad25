"""VeriDistill: networks, losses, training, intervals and use."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from edasat.core.errors import InputError, LimitError
from edasat.datasets import qor_rtl
from edasat.datasets.design_batches import INSIDE, PATH, GraphArrays, QorBatch
from edasat.datasets.design_graphs import SYNTAX_FEATURES, WORD_FEATURES, lut_arrays, syntax_arrays
from edasat.datasets.design_tokens import token_arrays
from edasat.datasets.qor_rtl_data import NetworkName, batch_views, condition_names, conditions, read_latents
from edasat.eda.cells import LIBERTY
from edasat.eda.flow import Rtl
from edasat.eda.formats.blif import read_blif
from edasat.eda.rtl import generate
from edasat.eda.synthesis.known_libraries import known_units
from edasat.eda.verilog import gate_flattening
from edasat.eda.verilog.luts import lut_graph
from edasat.eda.verilog.operations import OP
from edasat.eda.verilog.syntax import syntax_graph
from edasat.eda.verilog.syntax_tree import KIND
from edasat.eda.verilog.text import tokenize
from edasat.models.layers.longest_paths import Paths, criticality, soft_arrivals
from edasat.models.training.weights import PRETRAINED
from edasat.models.veridistill.keys import LATENT, NUM_KINDS, Outputs
from edasat.models.veridistill.losses import answers, distance
from edasat.models.veridistill.module import start_from
from edasat.models.veridistill.network import NetworkConfig, build_network
from edasat.models.veridistill.predictor import Predictor, prepare
from edasat.models.veridistill.release import LATENTS, join, train

NETWORKS: tuple[NetworkName, ...] = ("text", "graph", "gates", "text+graph", "teacher", "syntax")
UNITS = known_units()["edasat45"]
ADDER = b"""module add(input clk, input [15:0] a, b, output reg [15:0] y);
  always @(posedge clk) y <= a + b;
endmodule
"""
ARRAY = (
    ADDER
    + b"""module four(input clk, input [63:0] a, b, output [63:0] y);
  genvar i;
  generate for (i = 0; i < 4; i = i + 1) begin : g
    add u(.clk(clk), .a(a[16*i +: 16]), .b(b[16*i +: 16]), .y(y[16*i +: 16]));
  end endgenerate
endmodule
"""
)
MAJORITY = b".model m\n.inputs a b c\n.outputs y\n.latch n y 0\n.names a b c n\n11- 1\n1-1 1\n-11 1\n.end\n"


def config_of(network: NetworkName) -> NetworkConfig:
    return NetworkConfig(network, len(condition_names()), hidden=8, num_layers=1, text_width=16, text_layers=1)


def views_of(text: bytes) -> dict:
    """All views of a design; the LUT network is always the same."""
    design = prepare(Rtl([text]), ("tokens", "words", "gates"))
    luts, syntax = lut_arrays(lut_graph(read_blif(MAJORITY))), syntax_arrays(syntax_graph(Rtl([text])))
    return {**design.views, "luts": luts, "syntax": syntax}


def batch_of(*designs: dict) -> QorBatch:
    count = len(designs)
    return QorBatch(
        design=torch.arange(count),
        conditions=torch.from_numpy(np.stack([conditions(UNITS, "area")] * count)),
        log_area=torch.zeros(count),
        log_delay=torch.zeros(count),
        **batch_views(designs),
    )


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few small modules, mapped on our own library."""
    out = tmp_path_factory.mktemp("qor") / "set"
    families = ("crc", "queue", "scrambler", "adder", "stream", "shifter")
    modules = [generate(family, seed, 60) for family in families for seed in range(2)]
    assert not qor_rtl.build(qor_rtl.Plan(modules, {"edasat45": LIBERTY}, 0), out, executor="threads")
    return out


@pytest.fixture(scope="module")
def weights(labelled: Path) -> Path:
    """Weights of a text student that follows a teacher, of students of graphs, and of one that starts from both."""
    folder = labelled.parent
    common = [
        f"--data.folder={labelled}",
        "--data.num_folds=4",
        "--trainer.max_epochs=2",
        "--trainer.accelerator=cpu",
        "--trainer.enable_progress_bar=false",
        "--model.hidden=8",
        "--model.num_layers=1",
        "--model.text_width=16",
        "--model.text_layers=1",
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EDASAT_CACHE", str(folder / "cache"))
        train([*common, "--model.network=teacher"], output=folder / "teacher")
        taught = f"--data.teacher={folder / 'teacher' / LATENTS}"
        train([*common, "--model.network=text", taught], output=folder / "text")
        train([*common, "--model.network=graph"], output=folder / "graph", members=2)
        train([*common, "--model.network=gates"], output=folder / "gates")
        halves = [str(folder / "text"), str(folder / "gates")]
        train([*common, "--model.network=text+graph", f"--model.start={halves}"], output=folder / "joint")
        join([folder / name for name in ("text", "graph", "gates", "joint")], folder / "both")
    return folder / "both"


def random_paths(count: int, seed: int) -> Paths:
    """An acyclic graph: node v has up to three sources of smaller numbers."""
    rng = np.random.default_rng(seed)
    rows = [rng.integers(0, v, min(v, int(rng.integers(0, 4)))) for v in range(count)]
    offsets = np.concatenate([[0], np.cumsum([len(row) for row in rows])])
    sources = np.concatenate(rows).astype(np.int32)
    inside = torch.from_numpy(rng.random(len(sources)) < 0.2)
    return Paths(torch.arange(count, dtype=torch.int32), torch.from_numpy(offsets), torch.from_numpy(sources), inside)


def test_cold_arrivals_are_longest_paths():
    paths = random_paths(60, 0)
    delay = torch.rand(60)
    found, _ = soft_arrivals(delay, paths, 1e-4)
    offsets, sources, inside = (part.numpy() for part in paths[1:])
    expected: list[float] = []
    for v in range(60):
        edges = range(offsets[v], offsets[v + 1])
        outer = [expected[sources[e]] for e in edges if not inside[e]]
        inner = [expected[sources[e]] for e in edges if inside[e]]
        expected.append(float(delay[v]) + max(outer, default=0.0) + max(inner, default=0.0))
    np.testing.assert_allclose(found.numpy(), expected, atol=2e-3)


def test_gradients_of_arrivals_are_those_of_the_values():
    paths = random_paths(40, 1)
    delay = torch.rand(40, requires_grad=True)
    arrival, weight = soft_arrivals(delay, paths, 0.3)
    toward = torch.rand(40)
    (gradient,) = torch.autograd.grad((arrival * toward).sum(), delay)
    torch.testing.assert_close(criticality(toward, weight, paths), gradient)
    with torch.no_grad():
        for node in range(0, 40, 7):
            step = torch.zeros(40)
            step[node] = 1e-2
            ahead, behind = (soft_arrivals(delay + s, paths, 0.3)[0] @ toward for s in (step, -step))
            assert float((ahead - behind) / 2e-2) == pytest.approx(float(gradient[node]), rel=0.02, abs=1e-3)


def test_words_keep_copies_and_pass_through_instances():
    arrays = views_of(ARRAY)["words"]
    assert isinstance(arrays, GraphArrays)
    adder = int(np.flatnonzero(arrays.kind == OP["add"])[0])
    assert arrays.log_copies[adder] == pytest.approx(np.log(4))
    assert np.expm1(arrays.x[adder, WORD_FEATURES.index("log_width")]) == pytest.approx(16, rel=1e-5)
    assert (arrays.path == INSIDE).any()
    place = np.empty(arrays.num_nodes, np.int64)
    place[arrays.order] = np.arange(arrays.num_nodes)
    on_path = arrays.path >= PATH
    assert (place[arrays.source[on_path]] < place[arrays.target[on_path]]).all()


def test_syntax_keeps_copies_widths_and_names():
    arrays = views_of(ARRAY)["syntax"]
    assert isinstance(arrays, GraphArrays)
    (adder,) = np.flatnonzero((arrays.kind == KIND["add"]) & (arrays.line == 2))
    width, widest, _, children = np.expm1(arrays.x[adder, : SYNTAX_FEATURES.index("log_children") + 1])
    assert (width, widest, children) == pytest.approx((16, 16, 2), rel=1e-5)
    (child,) = arrays.source[(arrays.target == adder) & (arrays.relation == 0)]
    assert arrays.kind[child] == KIND["nonblocking"]
    operands = arrays.target[(arrays.source == adder) & (arrays.relation == 0)]
    named = [int(arrays.target[(arrays.source == one) & (arrays.relation == 1)][0]) for one in operands]
    assert {int(arrays.kind[one]) for one in named} == {KIND["input"]} and len(set(named)) == 2
    assert not arrays.path.any()


@pytest.mark.parametrize("network", NETWORKS)
def test_designs_of_a_batch_do_not_mix(network: NetworkName):
    first, second = views_of(ADDER), views_of(ARRAY)
    torch.manual_seed(0)
    net = build_network(config_of(network)).eval()
    with torch.no_grad():
        together, alone = net(batch_of(first, second)), [net(batch_of(one)) for one in (first, second)]
    for column in range(3):
        expected = torch.cat([one[column] for one in alone])
        torch.testing.assert_close(together[column], expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("network", NETWORKS)
def test_shares_add_up_to_the_amounts(network: NetworkName):
    torch.manual_seed(0)
    net = build_network(config_of(network)).eval()
    with torch.no_grad():
        encoding = net.encoder(batch_of(views_of(ARRAY)))
    assert encoding.log_shares.shape[1] == NUM_KINDS
    if network != "text+graph":  # whose amounts are between those of its halves
        torch.testing.assert_close(encoding.log_shares.logsumexp(dim=0), encoding.log_amounts[0])


def test_the_textbook_alone_is_within_a_factor_of_three():
    encoder = build_network(config_of("graph")).encoder.eval()
    with torch.no_grad():
        small, large = (encoder(batch_of(views_of(text))).log_amounts.logsumexp(dim=1).exp() for text in (ADDER, ARRAY))
    # 16 full adders of seven gates and 16 flip-flops of six
    assert 208 / 3 < float(small) < 208 * 3
    assert float(large / small) == pytest.approx(4, rel=0.05), "four copies"


def test_every_design_weighs_the_same_and_missing_delays_nothing():
    batch = replace(
        batch_of(views_of(ADDER), views_of(ARRAY)),
        design=torch.tensor([0, 1, 1, 1]),
        log_area=torch.zeros(4),
        log_delay=torch.tensor([0.0, torch.nan, 0.0, 0.0]),
    )
    for off in (0, 1):
        area = torch.where(batch.design == off, 5.0, 0.0)
        outputs = Outputs(area, torch.zeros(4), torch.zeros(2, LATENT))
        assert float(answers(outputs, batch)) == pytest.approx((5 - np.log(2)) / 2, rel=1e-3)
    assert float(answers(Outputs(torch.ones(4), torch.zeros(4), torch.zeros(2, LATENT)), batch, "mse")) == 1


def test_students_follow_the_teacher_where_it_has_seen_the_design():
    latent = torch.randn(2, LATENT)
    taught = torch.stack([latent[0], torch.full((LATENT,), torch.nan)])
    batch = replace(batch_of(views_of(ADDER), views_of(ARRAY)), teacher_latent=taught)
    outputs = Outputs(torch.zeros(2), torch.zeros(2), latent)
    assert float(distance(outputs, batch)) == pytest.approx(0, abs=1e-6)
    far = outputs._replace(latent=-latent)
    assert float(distance(far, batch)) == pytest.approx(
        0.7 * 2 + 0.3 * float((2 * latent[0]).square().mean()), rel=1e-4
    )
    assert float(distance(far, batch, "mse")) == pytest.approx(float((2 * latent[0]).square().mean()))
    unseen = replace(batch, teacher_latent=torch.full((2, LATENT), torch.nan))
    assert float(distance(far, unseen)) == 0


def test_conditions_are_those_of_the_script_asked_for():
    area, speed = (dict(zip(condition_names(), conditions(UNITS, s), strict=True)) for s in ("area", "speed"))
    assert area["area"] == speed["speed"] == 1 and area["speed"] == speed["area"] == 0
    assert area["area of dff"] == speed["area of dff"]
    assert area["delay of xor-tree"] != speed["delay of xor-tree"]


def test_training_leaves_weights_that_predict(weights: Path, tmp_path: Path):
    predictor = Predictor.load(weights)
    assert set(predictor.ensembles) == {"text", "graph", "gates", "text+graph"}
    assert len(predictor.ensembles["graph"].members) == 2
    source = tmp_path / "a b;$(x).v"
    source.write_bytes(ARRAY)
    for network in ("text", "text+graph", "gates", "graph"):
        found = predictor.predict([source], UNITS, "speed", network=network)
        assert found.network == network and found.cpu_s > 0
        assert found.area_interval[0] < found.area_um2 < found.area_interval[1]
        assert found.delay_interval[0] < found.delay_ps < found.delay_interval[1]
        assert {line.file for line in found.lines} == {str(source)}
        assert 0 < sum(line.area_share for line in found.lines) <= 1 + 1e-6
        assert found.lines[0].area_share == max(line.area_share for line in found.lines)
    assert found.lines[0].line == 2, "the register and the adder stand there"
    assert predictor.choose("auto") == "text+graph"
    with pytest.raises(InputError, match="no network 'teacher'"):
        predictor.choose("teacher")


def test_what_training_never_saw_is_told(weights: Path):
    predictor = Predictor.load(weights)
    strange = b"module m(input [7:0] a, b, output [7:0] y); assign y = a % b; endmodule"
    found = predictor.predict(Rtl([strange]), UNITS, network="graph")
    assert found.out_of_distribution and any("mod" in reason for reason in found.reasons)


def test_large_memories_are_told(weights: Path):
    ram = b"""module m(input clk, we, input [15:0] a, input [31:0] d, output [31:0] y);
      reg [31:0] ram [0:65535]; always @(posedge clk) if (we) ram[a] <= d; assign y = ram[a]; endmodule"""
    found = Predictor.load(weights).predict(Rtl([ram]), UNITS, network="gates")
    assert found.out_of_distribution and any("large memory" in reason for reason in found.reasons)


def test_designs_too_large_to_flatten_are_left_to_the_words(weights: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(gate_flattening, "_LARGEST", 10)
    predictor = Predictor.load(weights)
    assert predictor.predict(Rtl([ARRAY]), UNITS).network == "graph"
    with pytest.raises(LimitError, match="flattened"):
        predictor.predict(Rtl([ARRAY]), UNITS, network="gates")


def test_answers_come_from_the_weights(weights: Path):
    for network in ("text", "graph", "gates", "text+graph"):
        predictor = Predictor.load(weights)
        before = predictor.predict(Rtl([ADDER]), UNITS, network=network)
        for member in predictor.ensembles[network].members:
            for parameter in member.parameters():
                parameter.data.zero_()
        after = predictor.predict(Rtl([ADDER]), UNITS, network=network)
        assert before.area_um2 != pytest.approx(after.area_um2, rel=1e-3)
        assert before.delay_ps != pytest.approx(after.delay_ps, rel=1e-3)


def test_a_teacher_leaves_latents_for_students(weights: Path):
    latents = read_latents(weights.parent / "teacher" / LATENTS)
    assert all(latent.shape == (LATENT,) and np.isfinite(latent).all() for latent in latents.values())
    with pytest.raises(InputError, match="teacher latents"):
        read_latents(weights / "veridistill.json")
    card = json.loads((weights / "veridistill.json").read_text())
    assert len(card["commands"]) == 4 and set(card["hyper_parameters"]) == {"text", "graph", "gates", "text+graph"}


def test_a_network_starts_from_the_halves_that_were_trained(weights: Path):
    halves = {name: one for name, one in Predictor.load(weights).ensembles.items() if name != "text+graph"}
    trained, fresh = Predictor(halves), build_network(config_of("text+graph"))
    start_from(fresh, trained, 0)
    for name, half in (("text", "text"), ("gates", "graph")):
        ours, theirs = (
            getattr(fresh.encoder, half).state_dict(),
            trained.ensembles[name].members[0].encoder.state_dict(),
        )
        assert all(torch.equal(ours[key], theirs[key]) for key in theirs)
    with pytest.raises(InputError, match="nothing to start"):
        start_from(build_network(config_of("teacher")), trained, 0)


def test_damaged_and_foreign_weights_are_refused(weights: Path, tmp_path: Path):
    for name in ("veridistill.json", "veridistill.safetensors"):
        (tmp_path / name).write_bytes((weights / name).read_bytes())
    card = json.loads((tmp_path / "veridistill.json").read_text())
    card["settings"]["networks"]["graph"]["config"]["hidden"] = 5
    (tmp_path / "veridistill.json").write_text(json.dumps(card))
    with pytest.raises(InputError, match="do not fit"):
        Predictor.load(tmp_path)
    card["settings"]["inputs"]["operations"] = ["something else"]
    (tmp_path / "veridistill.json").write_text(json.dumps(card))
    with pytest.raises(InputError, match="other inputs"):
        Predictor.load(tmp_path)
    with pytest.raises(InputError, match="two folders hold"):
        join([weights, weights], tmp_path / "both")


def test_arrays_hold_every_token_and_its_copies():
    tokens = tokenize(ARRAY)
    arrays = token_arrays(tokens)
    assert len(arrays.ids) == len(arrays.x) == len(tokens)
    assert arrays.log_copies.max() == pytest.approx(np.log(4))


@pytest.mark.skipif(not (PRETRAINED / "veridistill.json").exists(), reason="no weights yet")
def test_the_weights_that_ship_know_small_designs():
    predictor = Predictor.load()
    found = predictor.predict(Rtl([ARRAY]), UNITS, network="text+graph")
    # 64 full adders of about seven gates and 64 flip-flops of about six
    assert 832 / 2 < found.area_um2 / UNITS.area_um2 < 832 * 2
