"""ABC in its own process: results proved equivalent, every failure an error of ours."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edasat.core.errors import InputError, MissingToolError, ToolError, ToolTimeout
from edasat.core.processes import Limits
from edasat.eda.aig import UNINITIALISED
from edasat.eda.circuits.compose import unroll
from edasat.eda.circuits.machines import random_machine, sequential_miter
from edasat.eda.circuits.random_logic import random_aig
from edasat.eda.synthesis import abc


@pytest.fixture(scope="module", autouse=True)
def _installed() -> None:
    try:
        abc.binary()
    except MissingToolError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def logic():
    return replace(random_aig(10, 600, 8, np.random.default_rng(0)), input_names=tuple("abcdefghij"), name="logic")


def test_version_names_a_build() -> None:
    assert abc.version().startswith("ABC ")


def test_optimised_graph_is_smaller_equivalent_and_keeps_names(logic) -> None:
    result = abc.optimise(logic, abc.RECIPES["resyn2"])
    assert result.num_ands < logic.num_ands
    assert (result.name, result.input_names) == ("logic", logic.input_names)
    assert abc.check_equivalence(logic, result) is True
    words = np.random.default_rng(1).integers(0, 2**64, (10, 16), dtype=np.uint64)
    assert (logic.simulate(words) == result.simulate(words)).all()


def test_difference_is_found(logic) -> None:
    outputs = logic.outputs.copy()
    outputs[3] ^= 1
    assert abc.check_equivalence(logic, replace(logic, outputs=outputs)) is False


@pytest.mark.parametrize("script", [["dc2", "refactor"], ["&get", "&syn3", "&put"]])
def test_sequential_graph_keeps_latches_and_their_initial_values(script: list[str]) -> None:
    machine = random_machine(8, 3, 120, 3, np.random.default_rng(1))
    machine = replace(machine, bad=machine.outputs[:1] ^ 1, justice=(machine.outputs[1:],))
    result = abc.optimise(machine, script)
    assert (result.num_outputs, len(result.bad), [len(j) for j in result.justice]) == (3, 1, [2])
    assert result.latches[:, 1].tolist() == machine.latches[:, 1].tolist()
    assert abc.check_equivalence(machine, result) is True
    frames = unroll(sequential_miter(machine, result), 6)
    assert not frames.simulate(np.random.default_rng(1).integers(0, 2**64, (18, 8), dtype=np.uint64)).any()


def test_unknown_initial_values_are_kept_or_refused() -> None:
    machine = random_machine(4, 2, 60, 2, np.random.default_rng(1))
    latches = machine.latches.copy()
    latches[:, 1] = UNINITIALISED
    machine = replace(machine, latches=latches)
    assert (abc.optimise(machine, ["dc2"]).latches[:, 1] == UNINITIALISED).all()
    with pytest.raises(ToolError, match="initial value"):
        abc.optimise(machine, ["&get", "&put"])


def test_trajectory_has_one_entry_per_step(logic) -> None:
    sizes = abc.trajectory(logic, ["balance", "rewrite", "dc2"])
    assert [(s.num_inputs, s.num_outputs, s.num_latches) for s in sizes] == [(10, 8, 0)] * 4
    assert sizes[0] == abc.print_stats(logic)
    assert sizes[0].num_ands <= logic.num_ands
    assert sizes[3].num_ands == abc.optimise(logic, ["balance", "rewrite", "dc2"]).num_ands


@pytest.mark.parametrize("command", ["read_aiger x", "balance; quit", "!ls", "balance > x", "write x", "", "rewrite x"])
def test_commands_off_the_list_are_refused(logic, command: str) -> None:
    with pytest.raises(InputError, match="may stand in a script"):
        abc.optimise(logic, [command])


def test_refused_option_is_a_tool_error(logic) -> None:
    with pytest.raises(ToolError, match="stopped in the middle") as caught:
        abc.optimise(logic, ["rewrite -Q"])
    assert "unknown option" in caught.value.output


def test_unequal_shapes_are_refused(logic) -> None:
    with pytest.raises(InputError, match="inputs, outputs and latches"):
        abc.check_equivalence(logic, random_aig(9, 100, 8, np.random.default_rng(0)))


def test_limit_is_a_timeout_and_an_undecided_check(logic) -> None:
    tight = Limits(wall_s=0.0)
    with pytest.raises(ToolTimeout, match="wall limit"):
        abc.optimise(logic, ["dc2"], tight)
    assert abc.check_equivalence(logic, logic, tight) is None
