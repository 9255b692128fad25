"""``edasat timing extract`` on a layout small enough to work out by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from edasat.eda.formats.spef import read_spef
from edasat.tools.cli import main

LEF = """LAYER m1 TYPE ROUTING ; DIRECTION HORIZONTAL ; PITCH 0.2 ; WIDTH 0.1 ; RESISTANCE RPERSQ 1.0 ;
CAPACITANCE CPERSQDIST 1e-4 ; EDGECAPACITANCE 2e-5 ; END m1
MACRO BUF CLASS CORE ; SIZE 1 BY 1 ;
PIN A DIRECTION INPUT ; PORT LAYER m1 ; RECT 0.0 0.4 0.2 0.6 ; END END A
PIN Z DIRECTION OUTPUT ; PORT LAYER m1 ; RECT 0.8 0.4 1.0 0.6 ; END END Z
END BUF
END LIBRARY
"""
DEF = """VERSION 5.8 ; DESIGN top ; UNITS DISTANCE MICRONS 1000 ; DIEAREA ( 0 0 ) ( 20000 2000 ) ;
COMPONENTS 2 ; - u1 BUF + PLACED ( 0 0 ) N ; - u2 BUF + PLACED ( 10000 0 ) N ; END COMPONENTS
NETS 2 ; - n ( u1 Z ) ( u2 A ) + ROUTED m1 ( 900 500 ) ( 10100 500 ) ; - open ( u1 A ) ( u2 Z ) ; END NETS
END DESIGN
"""


@pytest.fixture(autouse=True)
def _keep_signals(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("edasat.tools.cli.pass_signals_on", lambda: None)
    yield


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    (tmp_path / "all.lef").write_text(LEF)
    (tmp_path / "routed.def").write_text(DEF)
    return [str(tmp_path / "routed.def"), "--lef", str(tmp_path / "all.lef")]


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["timing", "extract", *(str(argument) for argument in arguments)])
    assert isinstance(ended.value.code, int)
    return ended.value.code


def test_spef_and_summary(files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*files, "-o", tmp_path / "top.spef.gz", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["nets"] == told["unrouted_nets"] == 1
    assert told["resistance_ohm"] == pytest.approx(93.0)
    assert told["capacitance_ff"] == pytest.approx(9.3 * 0.05)
    spef = read_spef(tmp_path / "top.spef.gz")
    assert spef.nets.to_list() == ["n"]
    assert spef.resistor_ohm == pytest.approx([93.0])


def test_text_tells_what_is_open(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*files) == 0
    printed = capsys.readouterr()
    assert "top: 1 nets, 1 resistors" in printed.out
    assert "without wires: 1 nets" in printed.out
    assert "extract-unrouted" in printed.err


def test_faults(files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "tech.rc").write_text("set_layer_rc -layer m1 -resistance 1 -capacitance 1\n")
    assert run(*files, "--rc", tmp_path / "tech.rc") == 2
    assert "give --lib FILE" in capsys.readouterr().err
    assert run(*files, "--rules", tmp_path / "all.lef") == 2
    assert "this looks like LEF, not extraction rules" in capsys.readouterr().err
