from __future__ import annotations

import dataclasses
import gzip
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edasat.core.errors import InputError, LimitError
from edasat.core.files import read_bytes
from edasat.core.names import Names
from edasat.core.processes import run
from edasat.eda.formats.spef import MESSAGES, NONE, NodeKind, Spef, format_spef, read_spef, write_spef
from edasat.eda.library import Direction

HEAD = """*SPEF "IEEE 1481-1998"
*DESIGN "tour"
*DESIGN_FLOW "PIN_CAP NONE" "X"
*DIVIDER .
*DELIMITER :
*BUS_DELIMITER < >
*T_UNIT 10 PS
*C_UNIT 1 PF  // comment
*R_UNIT 1.0 KOHM
*L_UNIT 1 HENRY
"""
UNITS = "*SPEF x\n*T_UNIT 1 NS\n*C_UNIT 1 FF\n*R_UNIT 1 OHM\n"
TOUR = (
    HEAD
    + r"""
*NAME_MAP
*1 top.n\[3\]<2>
*20 top.u\.1
*3 n2

/* power
   nets */
*POWER_NETS VDD VDD2
*GROUND_NETS VSS
*PORTS
in<0> I
*3 O *C 1 2
*DEFINE a "b*CAP"

*D_NET *1 0.5 *V 2
*CONN
*P in<0> I *C 1.5 -2 *L 0.001
*I *20:A I *L 1:2:3 *D BUF_X1 *S 0.1 0.2
*I m:7 O
*N *1:4 *C 3 4
*CAP
1 *20:A 0.1
2 *1:4 0.1:0.2:0.3
3 *1:4 0.05
4 *1:4 *3:9 0.001
5 n2:9 *20:A 0.002
6 *1:5 ghost:1 0.003
7 *20:A n2 0.004
*RES
1 in<0> *1:4 0.25
2 *1:4 *20:A 1e-3
3 *1:4 m:7 2
4 other:8 *1:4 2
*INDUC
1 *1:4 *20:A 2
*END

*D_NET n2 0.25
*CONN
*I *20:Z O
*P *3 O
*CAP
1 n2:9 *1:4 0.001
2 *20:A n2:9 0.002
*RES
3 n2:9 n2 10
*END

*D_PNET phys 1
*CONN
*END
*R_NET red 0.75
*DRIVER *20:Y
*CELL BUF_X2
*C2_R1_C1 0.1 0.2 0.3
*LOADS
*RC m:B 4
*RC n2 5 *Q 1 *K 2
*DRIVER q
*END
"""
).encode()


@pytest.fixture(scope="module")
def tour() -> Spef:
    return read_spef(TOUR)


def close(values: object, wanted: object) -> None:
    np.testing.assert_allclose(values, wanted, rtol=1e-14, equal_nan=True)


def node_names(spef: Spef) -> list[str]:
    owner = np.repeat(np.arange(spef.num_nets), np.diff(spef.net_nodes))
    return [
        spef.ports[name]
        if kind == NodeKind.PORT
        else f"{spef.instances[name]}:{spef.pins[pin]}"
        if kind == NodeKind.PIN
        else f"{spef.nets[net]}#{number}"
        for kind, name, pin, number, net in zip(
            spef.node_kind, spef.node_name, spef.node_pin, spef.node_number, owner, strict=True
        )
    ]


def test_header(tour: Spef) -> None:
    assert (tour.version, tour.design) == ("IEEE 1481-1998", "tour")
    assert (tour.divider, tour.delimiter, tour.bus_delimiter) == (".", ":", "<>")
    assert tour.header["DESIGN_FLOW"] == "PIN_CAP NONE X"
    assert tour.header["C_UNIT"] == "1 PF"
    assert (tour.header["POWER_NETS"], tour.header["GROUND_NETS"]) == ("VDD VDD2", "VSS")


def test_names_are_canonical(tour: Spef) -> None:
    assert tour.nets.to_list() == ["top/n[3][2]", "n2"]
    assert tour.ports.to_list() == ["in[0]", "n2", "q"]
    assert tour.port_direction.tolist() == [Direction.INPUT, Direction.OUTPUT, NONE]
    assert tour.instances.to_list() == ["top/u.1", "m", "other"]
    assert tour.cells.to_list() == ["BUF_X1", "BUF_X2"]


def test_nodes(tour: Spef) -> None:
    assert tour.net_nodes.tolist() == [0, 6, 9]
    first, second = "top/n[3][2]", "n2"
    assert node_names(tour) == [
        *("in[0]", "top/u.1:A", "m:7", f"{first}#4", f"{first}#5", "other:8"),
        *("top/u.1:Z", "n2", f"{second}#9"),
    ]
    close(tour.net_capacitance, [500, 250])
    close(tour.node_capacitance, [0, 100, 0, 250, 0, 0, 0, 0, 0])
    none = NONE
    assert tour.node_direction.tolist() == [0, 0, 1, none, none, none, 1, 1, none]
    close(tour.node_load, [1, 2000, *[np.nan] * 7])
    assert tour.node_cell.tolist() == [none, 0, *[none] * 7]
    close(tour.node_position[[0, 3]], [[1.5, -2], [3, 4]])
    assert np.isnan(tour.node_position[[1, 2, 4]]).all()


def test_resistors(tour: Spef) -> None:
    assert tour.net_resistors.tolist() == [0, 4, 5]
    assert tour.resistor_ends.tolist() == [[0, 3], [3, 1], [3, 2], [5, 3], [8, 7]]
    close(tour.resistor_ohm, [250, 1, 2000, 2000, 10000])


def test_couplings(tour: Spef) -> None:
    assert tour.net_couplings.tolist() == [0, 4, 6]
    assert tour.coupling_node.tolist() == [3, 1, 4, 1, 8, 8]  # also where the file has the other net's node first
    assert tour.coupling_other.tolist() == [8, 8, NONE, 7, 3, 1]
    assert tour.coupling_net.tolist() == [1, 1, NONE, 1, 0, 0]
    close(tour.coupling_ff, [1, 2, 3, 4, 1, 2])


def test_reduced_nets(tour: Spef) -> None:
    reduced = tour.reduced
    assert reduced.nets.to_list() == ["red"]
    assert (reduced.net_drivers.tolist(), reduced.driver_loads.tolist()) == ([0, 2], [0, 2, 2])
    close(reduced.net_capacitance, [750])
    assert [tour.instances[i] if i >= 0 else "" for i in reduced.driver_instance] == ["top/u.1", ""]
    assert [tour.ports[i] if i >= 0 else "" for i in reduced.driver_port] == ["", "q"]
    assert tour.pins[reduced.driver_pin[0]] == "Y"
    assert reduced.driver_cell.tolist() == [1, NONE]
    close(reduced.driver_pi, [[100, 200, 300], [np.nan] * 3])
    assert [tour.pins[i] if i >= 0 else "" for i in reduced.load_pin] == ["B", ""]
    assert [tour.ports[i] if i >= 0 else "" for i in reduced.load_port] == ["", "n2"]
    close(reduced.load_rc, [0.04, 0.05])


def test_nothing_is_dropped_silently(tour: Spef) -> None:
    assert tour.notes.counts == {
        **{f"spef-skipped-{word}": 1 for word in ("define", "v", "s", "induc", "d_pnet", "q", "k")},
        "spef-attribute": 1,
        "spef-coupling-net": 1,
    }


@pytest.mark.parametrize(("corner", "load"), [(0, 1000), (1, 2000), (2, 3000)])
def test_corners(corner: int, load: float) -> None:
    spef = read_spef(TOUR, corner=corner)
    close(spef.node_load[1], load)
    close(spef.node_capacitance[3], 50 + 100 * (corner + 1))
    with pytest.raises(ValueError, match="corner"):
        read_spef(TOUR, corner=3)


@pytest.mark.parametrize(
    ("line", "column", "scale"),
    [
        ("*C_UNIT 1 PF", "net_capacitance", 1e3),
        ("*C_UNIT 2FF", "net_capacitance", 2.0),
        ("*C_UNIT 1.0E0 nf", "net_capacitance", 1e6),
        ("*R_UNIT 1 KOHM", "resistor_ohm", 1e3),
    ],
)
def test_units(line: str, column: str, scale: float) -> None:
    spef = read_spef(f"{UNITS}{line}\n*D_NET n 1\n*RES\n1 n:1 n:2 1\n*END\n".encode())
    close(getattr(spef, column), [scale])


def compare(spef: Spef, again: Spef) -> None:
    """Everything but the header and the notes, numbers to eleven digits."""

    def check(first: object, second: object) -> None:
        for entry in dataclasses.fields(first):  # type: ignore[arg-type]
            a, b = getattr(first, entry.name), getattr(second, entry.name)
            if isinstance(a, np.ndarray):
                assert a.dtype == b.dtype
                np.testing.assert_allclose(a, b, rtol=1e-11, atol=0, err_msg=entry.name)
            elif isinstance(a, Names):
                assert a == b, entry.name
            elif dataclasses.is_dataclass(a) and entry.name == "reduced":
                check(a, b)

    check(spef, again)


def test_what_is_written_reads_back(tour: Spef, tmp_path: Path) -> None:
    linked = read_spef(TOUR.replace(b"6 *1:5 ghost:1 0.003", b"6 *1:5 n2 0.003"))
    write_spef(linked, tmp_path / "tour.spef.gz")
    assert gzip.decompress((tmp_path / "tour.spef.gz").read_bytes()) == format_spef(linked)
    again = read_spef(tmp_path / "tour.spef.gz")
    assert again.pins.to_list() != []
    compare(read_spef(format_spef(again)), again)
    assert format_spef(read_spef(format_spef(again))) == format_spef(again)
    assert again.instances.to_list() == linked.instances.to_list()
    assert node_names(again) == node_names(linked)
    close(again.coupling_ff, linked.coupling_ff)
    # A capacitor to a net that nobody knows keeps its size and goes to ground.
    grounded = read_spef(format_spef(tour))
    close(
        grounded.node_capacitance.sum() + grounded.coupling_ff.sum(),
        tour.node_capacitance.sum() + tour.coupling_ff.sum(),
    )


def test_many_nets_nodes_and_names() -> None:
    nets = [
        f"*D_NET *{7 * i} {i}\n*CONN\n*I u{i}:Z O *D C{i}\n*CAP\n1 *{7 * i}:1 0.5\n2 *{7 * i}:1 n{i - 1}:1 1\n"
        f"*RES\n1 u{i}:Z *{7 * i}:1 {i}\n*END\n"
        for i in range(1500)
    ]
    names = "".join(f"*{7 * i} n{i}\n" for i in range(1500))
    long = "*D_NET long 1\n*RES\n" + "".join(f"{i} long:{i} long:{i + 1} 1\n" for i in range(5000)) + "*END\n"
    spef = read_spef((UNITS + "*NAME_MAP\n" + names + "".join(nets) + long).encode())
    assert spef.nets.to_list() == [f"n{i}" for i in range(1500)] + ["long"]
    assert spef.instances.to_list() == [f"u{i}" for i in range(1500)]
    assert len(spef.cells) == 1500
    assert spef.coupling_net.tolist() == [NONE, *range(1499)]
    assert np.diff(spef.net_nodes).tolist() == [2] * 1500 + [5001]
    assert (np.diff(spef.resistor_ends[1500:], axis=1) == 1).all()


def net(body: str) -> bytes:
    return f"{UNITS}*D_NET n 1\n{body}".encode()


REFUSED = {
    "empty": (b"", "spef-empty", 0, 0),
    "text": (b"hello", "spef-start", 1, 1),
    "another keyword": (b"*NAME_MAP\n", "spef-start", 1, 1),
    "SDF": (b'(DELAYFILE (SDFVERSION "3.0"))', "spef-wrong-file", 1, 1),
    "Liberty": (b"/* x */\nlibrary (x) {", "spef-wrong-file", 2, 1),
    "Verilog": (b"module top;", "spef-wrong-file", 1, 1),
    "DEF": (b"VERSION 5.8 ;", "spef-wrong-file", 1, 1),
    "DSPF": (b"*|DSPF 1.0\n", "spef-wrong-file", 1, 1),
    "unit without a number": (b"*SPEF x\n*C_UNIT PF\n", "spef-header", 2, 9),
    "unit with a bad number": (b"*SPEF x\n*C_UNIT 1.2.3 PF\n", "spef-header", 2, 9),
    "long divider": (b"*SPEF x\n*DIVIDER //x\n", "spef-header", 2, 10),
    "divider beyond ASCII": (b"*SPEF x\n*DIVIDER \xff\n", "spef-header", 2, 10),
    "letter as delimiter": (b"*SPEF x\n*DELIMITER a\n", "spef-header", 2, 12),
    "three bus delimiters": (b"*SPEF x\n*BUS_DELIMITER [ ] :\n", "spef-header", 2, 16),
    "unknown unit": (b"*SPEF x\n*R_UNIT 1 FURLONG\n", "spef-unit", 2, 9),
    "no unit": (b"*SPEF x\n*C_UNIT 1 FF\n*T_UNIT 1 NS\n*D_NET n 1\n*END\n", "spef-unit-missing", 4, 1),
    "open comment": (UNITS.encode() + b"*PORTS\n/* x", "spef-comment", 6, 1),
    "open comment in the header": (b"*SPEF x\n/* x", "spef-comment", 2, 1),
    "cut off in a capacitor": (net("*CAP\n1 n:1 abc"), "spef-cut-off", 7, 10),
    "word for a resistance": (net("*RES\n1 n:1 n:2 abc\n*END\n"), "spef-expected", 7, 11),
    "number with a tail": (net("*RES\n1 n:1 n:2 1.5x\n*END\n"), "spef-expected", 7, 11),
    "two of three": (net("*RES\n1 n:1 n:2 1:2\n*END\n"), "spef-expected", 7, 11),
    "no total": (UNITS.encode() + b"*D_NET n\n*CONN\n*END\n", "spef-expected", 6, 1),
    "resistor without an id": (net("*RES\nn:1 n:2 1\n*END\n"), "spef-expected", 7, 1),
    "value too many": (net("*RES\n1 n:1 n:2 1 9\n*END\n"), "spef-expected", 8, 1),
    "node without a number": (net("*RES\n1 n: n:2 1\n*END\n"), "spef-expected", 7, 3),
    "node without a name": (net("*RES\n1 :1 n:2 1\n*END\n"), "spef-expected", 7, 3),
    "no direction": (net("*CONN\n*I u:A *L 1\n*END\n"), "spef-expected", 7, 8),
    "unknown direction": (net("*CONN\n*I u:A X\n*END\n"), "spef-expected", 7, 8),
    "something behind a connection": (net("*CONN\n*I u:A I 5\n*END\n"), "spef-expected", 7, 10),
    "name map without an index": (UNITS.encode() + b"*NAME_MAP\nn1 n2\n", "spef-expected", 6, 1),
    "index stuck to a name": (net("*RES\n1 *1x:1 n:2 1\n*END\n"), "spef-expected", 7, 3),
    "stray text": (UNITS.encode() + b"*D_NET n 1\nstray\n*END\n", "spef-expected", 6, 1),
    "cut off": (net("*RES\n1 n:1 n:2"), "spef-cut-off", 7, 10),
    "no *END at the end": (net("*RES\n1 n:1 n:2 1\n"), "spef-end-missing", 8, 1),
    "no *END before the next net": (net("*D_NET m 1\n*END\n"), "spef-end-missing", 6, 1),
    "*END without a net": (UNITS.encode() + b"*END\n", "spef-outside-net", 5, 1),
    "*CAP without a net": (UNITS.encode() + b"*CAP\n", "spef-outside-net", 5, 1),
    "*RES in a reduced net": (UNITS.encode() + b"*R_NET n 1\n*RES\n*END", "spef-outside-net", 6, 1),
    "*DRIVER in a detailed net": (net("*DRIVER u:Z\n*END\n"), "spef-outside-net", 6, 1),
    "unknown index": (net("*RES\n1 *7:1 n:2 1\n*END\n"), "spef-name-index", 7, 3),
    "long unknown index": (net("*RES\n1 *123456789:1 n:2 1\n*END\n"), "spef-name-index", 7, 3),
    "huge index": (UNITS.encode() + b"*NAME_MAP\n*99999999 n\n", "spef-index-limit", 6, 1),
    "longer index": (UNITS.encode() + b"*NAME_MAP\n*123456789012 n\n", "spef-index-limit", 6, 1),
    "huge node": (net("*RES\n1 n:1 n:4294967296 1\n*END\n"), "spef-node-number", 7, 7),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_its_own_message_and_place(tmp_path: Path, name: str) -> None:
    text, code, line, column = REFUSED[name]
    file = tmp_path / "bad.spef"
    file.write_bytes(text)
    with pytest.raises(InputError) as caught:
        read_spef(file)
    assert (caught.value.code, caught.value.line, caught.value.column) == (code, line, column), str(caught.value)
    assert "{" not in caught.value.message + caught.value.hint
    assert isinstance(caught.value, LimitError) == (code == "spef-index-limit")


def test_every_message_of_the_table_is_covered() -> None:
    assert {case[1] for case in REFUSED.values()} == set(MESSAGES)


def test_messages_name_what_is_wrong() -> None:
    with pytest.raises(InputError, match=r"expected a value, got 'abc'"):
        read_spef(net("*RES\n1 n:1 n:2 abc\n*END\n"))
    with pytest.raises(InputError, match=r"'\*7:1' is not in the \*NAME_MAP"):
        read_spef(net("*RES\n1 *7:1 n:2 1\n*END\n"))
    with pytest.raises(InputError, match=r"\*END of the net that begins on line 5 is missing"):
        read_spef(net("*CONN\n"))
    with pytest.raises(InputError, match=r"\*T_UNIT, \*R_UNIT is missing"):
        read_spef(b"*SPEF x\n*C_UNIT 1 FF\n*D_NET n 1\n*END\n")
    with pytest.raises(InputError, match=r"unknown unit 'PH' in \*C_UNIT") as caught:
        read_spef(b"*SPEF x\n*C_UNIT 1 PH\n")
    assert caught.value.hint == "known are F, FF, NF, PF, UF"


@settings(max_examples=300)
@given(st.data())
def test_damaged_files_give_a_record_or_an_error(data: st.DataObject) -> None:
    text = bytearray(TOUR)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(text)))
        piece = data.draw(
            st.sampled_from(
                [
                    *(b"*", b":", b'"', b"\\", b"/*", b"//", b" ", b"\n", b"\0", b"\xff", b"1e999", b"*9"),
                    *(b"*END ", b"*CAP ", b"*RES ", b"*R_NET "),
                ]
            )
            | st.binary(max_size=4)
        )
        text[at : at + data.draw(st.integers(0, 12))] = piece
    cut = data.draw(st.integers(0, len(text)) | st.just(len(text)))
    try:
        read = read_spef(bytes(text[:cut]))
    except InputError as error:
        assert error.code in MESSAGES or error.code.startswith("file-")
    else:
        assert read.net_nodes[-1] == read.num_nodes
        assert read.resistor_ends.max(initial=-1) < read.num_nodes
        assert isinstance(format_spef(read), bytes)


def shared_files(folder: Path) -> list[Path]:
    found = (folder / "timing").glob("*/**/*")
    return sorted(path for path in found if re.search(r"spef(ok)?(\.xz|\.gz)?$", path.name) and path.is_file())


def test_totals_of_extracted_nets_are_the_sums_of_their_parts(shared_data: Path) -> None:
    """An extractor's total is the sum of all capacitors of the net, to the six digits that it prints."""
    extracted = [path for path in shared_files(shared_data) if path.parts[-2].startswith(("open", "nangate", "sky130"))]
    checked = 0
    for path in extracted:
        spef = read_spef(path)
        if spef.header["PROGRAM"] == "Handjob" or spef.num_nets < 50:
            continue
        nodes = np.add.reduceat(spef.node_capacitance, spef.net_nodes[:-1])
        net = np.repeat(np.arange(spef.num_nets), np.diff(spef.net_couplings))
        total = nodes + np.bincount(net, spef.coupling_ff, minlength=spef.num_nets)
        np.testing.assert_allclose(total, spef.net_capacitance, rtol=1e-5)
        checked += 1
    assert checked >= 4


def test_real_files_read_whole_and_write_back(shared_data: Path) -> None:
    paths = shared_files(shared_data)
    assert len(paths) >= 60
    for number, path in enumerate(paths):
        spef = read_spef(path)
        assert set(spef.notes.counts) <= {"spef-coupling-node"}
        if number % 4:
            continue
        again = read_spef(format_spef(spef))
        compare(again, read_spef(format_spef(again)))
        np.testing.assert_allclose(again.node_capacitance, spef.node_capacitance, rtol=1e-11)
        assert node_names(again) == node_names(spef)
        known = spef.coupling_other >= 0
        if known.all() and spef.num_couplings:  # each capacitor stands once in each of its nets
            ends = np.column_stack([spef.coupling_node, spef.coupling_other])
            order, reverse = (np.lexsort((spef.coupling_ff, *pair.T)) for pair in (ends, ends[:, ::-1]))
            np.testing.assert_array_equal(ends[order], ends[reverse][:, ::-1])
            np.testing.assert_array_equal(spef.coupling_ff[order], spef.coupling_ff[reverse])


@pytest.mark.skipif(shutil.which("sta") is None, reason="OpenSTA is not installed")
def test_opensta_reports_the_same_with_our_file(shared_data: Path, tmp_path: Path) -> None:
    """Every endpoint of a placed and routed design, with the extractor's file and with what we wrote of it."""
    examples = shared_data / "timing" / "opensta_examples"
    for name, source in (
        ("sky.lib", shared_data / "libs" / "sky130hd" / "sky130hd_tt.lib.gz"),
        ("gcd.v", examples / "gcd_sky130hd.v.xz"),
        ("theirs.spef", examples / "gcd_sky130hd.spef.xz"),
    ):
        (tmp_path / name).write_bytes(read_bytes(source))
    write_spef(read_spef(tmp_path / "theirs.spef"), tmp_path / "ours.spef")
    reports = []
    for name in ("theirs", "ours"):
        script = tmp_path / f"{name}.tcl"
        script.write_text(
            "read_liberty sky.lib\nread_verilog gcd.v\nlink_design gcd\ncreate_clock -period 5 clk\n"
            f"read_spef {name}.spef\nreport_checks -format end -group_count 100 -endpoint_count 1 -digits 5\nexit\n"
        )
        done = run(["sta", "-exit", script.name], cwd=tmp_path)
        assert done.outcome == "ok"
        reports.append(done.stdout)
    assert b"0.02654 (MET)" in reports[0]
    assert reports[0] == reports[1]
