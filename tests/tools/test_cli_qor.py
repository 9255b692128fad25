"""``edasat qor predict`` with untrained networks: what is asked, refused, printed and written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import Result
from typer.testing import CliRunner

from edasat import api
from edasat.core.errors import InputError, MissingToolError
from edasat.datasets.qor_rtl_data import condition_names
from edasat.eda.cells import LIBERTY
from edasat.eda.rtl import hand_written
from edasat.models.veridistill.ensemble import EnsembleSettings, QorEnsemble
from edasat.models.veridistill.network import NetworkConfig, build_network
from edasat.models.veridistill.predictor import Predictor
from edasat.tools.cli import app

UART = next(module.text for module in hand_written() if module.name == "uart")
LOOP = "module loop(input a, output y);\n  wire b;\n  assign b = a ^ y;\n  assign y = b | a;\nendmodule\n"
RIPPLE = (
    "module ripple(input [7:0] g, p, input c, output [7:0] s);\n  wire [7:0] k = {g[6:0] | p[6:0] & k[6:0], c};\n"
    "  assign s = p ^ k;\nendmodule\n"
)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Networks as they are before training, with narrow intervals."""
    torch.manual_seed(0)
    ensembles = {}
    for network in ("text", "graph", "gates", "text+graph"):
        config = NetworkConfig(network, len(condition_names()), hidden=8, num_layers=1, text_width=16, text_layers=1)
        settings = EnsembleSettings(config, half_widths=(0.2, 0.1), farthest=1e9, largest=99.0)
        ensembles[network] = QorEnsemble(settings, [build_network(config)])
    folder = tmp_path_factory.mktemp("weights")
    Predictor(ensembles).save(folder, {"title": "untrained"})
    return folder


@pytest.fixture
def uart(tmp_path: Path) -> Path:
    path = tmp_path / "uart.v"
    path.write_text(UART)
    return path


@pytest.fixture
def no_programs(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make Yosys look absent, and fail where a program is started all the same."""

    def absent() -> str:
        raise MissingToolError("error: Yosys is not installed")

    def started(*_: Any, **__: Any) -> None:
        pytest.fail("a program was started")

    monkeypatch.setattr("edasat.eda.flow.yosys.version", absent)
    monkeypatch.setattr("edasat.core.processes.subprocess.Popen", started)
    yield


def call(weights: Path, *words: str | Path, stdin: str | None = None) -> Result:
    arguments = ["qor", "predict", *map(str, words), "--weights", str(weights)]
    return CliRunner().invoke(app, arguments, catch_exceptions=False, input=stdin)


def answer(weights: Path, *words: str | Path, stdin: str | None = None) -> dict[str, Any]:
    result = call(weights, *words, "--json", stdin=stdin)
    assert result.exit_code == 0, result.output
    return dict(json.loads(result.stdout))


def test_prediction_and_measurement_side_by_side(weights: Path, uart: Path, tmp_path: Path) -> None:
    page = tmp_path / "uart.html"
    found = answer(weights, uart, "--verify", "--script", "speed", "--report", page)
    assert found["network"] == "text+graph" and found["library"] == "edasat45" and found["coverage"] == 0.9
    assert set(found["cpu_s"]) == {"text", "words", "model"}
    low, high = found["area_interval"]
    assert low < found["area_um2"] < high == pytest.approx(found["area_um2"] * 1.2214, rel=1e-3)
    measured = found["measured"]
    assert 500 < measured["area_um2"] < 1500 and 100 < measured["delay_ps"] < 1000 and measured["flip_flops"] == 65
    assert measured["relative_error"]["area"] == pytest.approx(found["area_um2"] / measured["area_um2"] - 1)
    shares = [line["area_share"] for line in found["lines"]]
    assert shares == sorted(shares, reverse=True) and 0.5 < sum(shares) <= 1 + 1e-6
    text = page.read_text()
    assert "always @(posedge clk" in text and "measured by Yosys and ABC" in text and "--heat" in text


def test_the_answer_as_text(weights: Path, uart: Path) -> None:
    text = call(weights, uart, "--explain", "--verify", "--lib", LIBERTY).stdout
    assert re.search(r"area +[\d,.]+ um2 +[\d,.]+ to [\d,.]+ +[\d,.]+ um2 +[+-][\d.]+% +(yes|no)", text)
    assert "by the text+graph network" in text and "by Yosys and ABC" in text and f"{uart}:" in text
    assert "lines that cost most" not in call(weights, uart).stdout


@pytest.mark.usefixtures("no_programs")
def test_the_text_network_needs_no_other_program(weights: Path, uart: Path) -> None:
    found = answer(weights, uart, "--lib-name", "nangate45")
    assert found["network"] == "text" and found["design"] == "uart" and set(found["cpu_s"]) == {"text", "model"}
    result = call(weights, uart, "--verify")
    assert result.exit_code == 1 and "Yosys is not installed" in result.stderr and "predicted" in result.stdout


def test_standard_input_and_several_files(weights: Path, tmp_path: Path) -> None:
    found = answer(weights, "-", "--network", "text", stdin=UART)
    assert found["lines"][0]["file"] == "<bytes>"
    parts = {
        "top.v": '`include "w.vh"\nmodule top(input [`W-1:0] a, output [`W-1:0] y); inner #(`W) u(a, y); endmodule',
        "inner.v": "module inner #(parameter N = 4)(input [N-1:0] a, output [N-1:0] y); assign y = a * a; endmodule",
        "inc/w.vh": "`define W 8\n",
    }
    (tmp_path / "inc").mkdir()
    for name, text in parts.items():
        (tmp_path / name).write_text(text)
    files = [tmp_path / "top.v", tmp_path / "inner.v"]
    for network in ("text", "graph"):
        assert answer(weights, *files, "-I", tmp_path / "inc", "--network", network)["area_um2"] > 0
    assert "-" not in {line["file"] for line in answer(weights, *files, "-I", tmp_path / "inc")["lines"]}


def test_names_are_never_commands(weights: Path, tmp_path: Path) -> None:
    folder = tmp_path / "a b; touch pwned $(touch pwned)"
    folder.mkdir()
    path = folder / "-x `touch pwned` [exec touch pwned] \"'.v"
    path.write_text("module m(input [7:0] a, b, output [7:0] y); assign y = a + b; endmodule")
    before = set(Path.cwd().iterdir())
    assert answer(weights, path, "--verify")["measured"]["cells"] > 8
    assert set(Path.cwd().iterdir()) == before and not list(tmp_path.rglob("pwned"))
    with pytest.raises(InputError, match="is not a Verilog identifier"):
        call(weights, path, "--top", "m; exec touch pwned", "--network", "graph")


@pytest.mark.parametrize("network", ["text", "graph", "gates", "text+graph"])
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("module a(input b);\n  assign c = ;\nendmodule\n", ":2"),
        ("module a(input x);\n\n  fifo u (x);\nendmodule\n", "fifo"),
        ("", "no module in the file"),
        ("library (cells) { }", "looks like Liberty"),
        ("entity a is\nend a;", "looks like VHDL"),
        ("module a(input x);\n\0\0\0", "value 0"),
    ],
)
def test_bad_designs(weights: Path, tmp_path: Path, network: str, text: str, message: str) -> None:
    path = tmp_path / "bad.v"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        call(weights, path, "--network", network)
    assert message in str(caught.value)
    assert str(path) in str(caught.value) or "fifo" in message


def test_yosys_refusal_has_its_place(weights: Path, tmp_path: Path) -> None:
    path = tmp_path / "real.v"
    path.write_text(
        'module a(input x, output reg y);\n  always @(posedge x)\n    y <= $fopen("/etc/passwd");\nendmodule\n'
    )
    with pytest.raises(InputError, match="Yosys: ") as caught:
        call(weights, path, "--network", "graph")
    assert caught.value.line == 3 and caught.value.path == str(path) and "$fopen" in caught.value.source_line
    result = call(weights, path, "--network", "text", "--verify")
    assert result.exit_code == 1 and f"{path}:3" in result.stderr


def test_loops_are_found_where_they_are_synthesised(weights: Path, tmp_path: Path) -> None:
    path = tmp_path / "loop.v"
    path.write_text(LOOP)
    result = call(weights, path, "--verify", "--json")
    assert result.exit_code == 1 and "loop of logic without a register" in json.loads(result.stdout)["verify_error"]


@pytest.mark.parametrize("network", ["graph", "gates", "text+graph"])
def test_loops_are_told_where_yosys_elaborates(weights: Path, tmp_path: Path, network: str) -> None:
    path = tmp_path / "loop.v"
    path.write_text(LOOP)
    found = answer(weights, path, "--network", network)
    reason = found["reasons"][0]
    assert found["out_of_distribution"] and found["area_um2"] > 0
    assert re.search(rf"a loop of logic without a register near {re.escape(str(path))}:[34]\b", reason)
    assert f"note: {reason}" in call(weights, path, "--network", network).stdout
    path.write_text(RIPPLE)
    assert "loop" not in str(answer(weights, path, "--network", network)["reasons"]), "no bit depends on itself"
    path.write_text(LOOP.replace("assign y = b | a", "reg r;\n  always @(posedge a) r <= b;\n  assign y = r"))
    assert "loop" not in str(answer(weights, path, "--network", network)["reasons"]), "a register breaks it"


@pytest.mark.parametrize("limit", [("--timeout", "0.5"), ("--memory", "120M")])
def test_designs_that_grow_without_end_meet_a_limit(weights: Path, tmp_path: Path, limit: tuple[str, str]) -> None:
    path = tmp_path / "huge.v"
    path.write_text(
        "module huge #(parameter N = 100000000)(input [15:0] a, output reg [15:0] y);\n  integer i;\n"
        "  always @* begin\n    y = a;\n    for (i = 0; i < N; i = i + 1) y = y * a + i;\n  end\nendmodule\n"
    )
    with pytest.raises(InputError, match=r"Yosys reached its (time|memory) limit"):
        call(weights, path, "--network", "graph", *limit)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--lib-name", "asap7"], "known are edasat45, nangate45, sky130hd, osu018"),
        (["--lib-name", "nangate45", "--verify"], "'nangate45' needs its Liberty file"),
        (["--lib-name", "nangate45", "--lib", str(LIBERTY)], "both a library's name and a library file"),
        (["--lib", "nowhere.lib"], "nowhere.lib: error: no such file"),
        (["--script", "fast"], "unknown script 'fast'"),
        (["--network", "llm"], "unknown network 'llm'"),
        (["--parameter", "W"], "'W' is not NAME=N"),
        (["--parameter", "W=wide"], "parameter 'W' must be a whole number"),
        (["--memory", "lots"], "'lots' is not a size"),
        (["--top", "uarts"], "uarts"),
        (["--report", "/"], "this is a folder"),
    ],
)
def test_wrong_use(weights: Path, uart: Path, words: list[str], message: str) -> None:
    with pytest.raises(InputError) as caught:
        call(weights, uart, *words)
    assert message in str(caught.value)


def test_wrong_files(weights: Path, uart: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        call(weights, uart.with_name("nothing.v"))
    with pytest.raises(InputError, match="is Verilog, not a Liberty file"):
        call(weights, uart, "--lib", uart)
    with pytest.raises(InputError, match="this is a folder"):
        call(weights, uart.parent)
    with pytest.raises(InputError, match="no weights of 'veridistill'"):
        call(uart.parent / "nowhere", uart)
    with pytest.raises(InputError, match="once only"):
        call(weights, "-", "-", stdin=UART)


def test_from_python(weights: Path, uart: Path) -> None:
    found = api.predict_qor(uart, "sky130hd", network="text", weights=weights)
    assert found.library.name == "sky130hd" and found.measured is None and found.predicted.network == "text"
    assert api.measure_qor(uart).area_um2 == pytest.approx(817, rel=0.05)
