from __future__ import annotations

from pathlib import Path

import pytest

from edasat.sat.dimacs import read_dimacs
from edasat.sat.families import generate, parse_instance_id
from edasat.tools.demo import INSTANCES, main

SHIPPED = sorted(INSTANCES.glob("*.cnf.xz"))


def test_there_is_something_to_show() -> None:
    assert len(SHIPPED) >= 10
    assert sum(path.stat().st_size for path in SHIPPED) < 500_000


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_shipped_instances_come_back_from_their_names(path: Path) -> None:
    made = generate(*parse_instance_id(path.name.removesuffix(".cnf.xz")))
    assert read_dimacs(path).content_hash() == made.content_hash()


def test_the_demonstration_needs_a_known_job(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["nonsense"])
    assert "invalid choice" in capsys.readouterr().err
