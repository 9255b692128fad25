"""Register-transfer Verilog as a user names it, and how it reaches Yosys: copied under names of ours."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from edasat.core.errors import InputError, Message
from edasat.core.files import Source, read_bytes

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*")
_NO_RTL = Message("flow-no-rtl", "no Verilog file is given")
_BAD_NAME = Message("flow-name", "'{name}' is not a Verilog identifier", "plain names of letters, digits and _ only")
_SYSTEM_VERILOG: Final = (".sv", ".sv.gz", ".sv.xz")


@dataclass(frozen=True)
class Rtl:
    """A design before synthesis.

    Attributes:
        sources: Verilog files or their content, plain or compressed; names that end in ``.sv`` are SystemVerilog.
        top: name of the top module; None: the one that no other uses.
        parameters: of the top module, whole numbers.
        defines: macros and their texts.
        include_dirs: where ``include`` finds files, besides the folders of the sources.
    """

    sources: Sequence[str | Path | bytes]
    top: str | None = None
    parameters: Mapping[str, int] = field(default_factory=dict)
    defines: Mapping[str, str | int] = field(default_factory=dict)
    include_dirs: Sequence[str | Path] = ()


def check_rtl(rtl: Rtl) -> None:
    """Let nothing but identifiers and numbers reach Yosys' command line."""
    if not rtl.sources:
        raise InputError.of(_NO_RTL)
    for name in [*([rtl.top] if rtl.top else []), *rtl.parameters, *rtl.defines]:
        if not _NAME.fullmatch(name):
            raise InputError.of(_BAD_NAME, name=name)
    for value in rtl.defines.values():
        if not re.fullmatch(r"\w*", str(value)):
            raise InputError.of(_BAD_NAME, name=value)


def copy_sources(rtl: Rtl, folder: Path, place: str = "") -> tuple[dict[str, str], list[str]]:
    """Copy the sources and link the folders of included files, all under names of ours.

    Args:
        rtl: names the sources.
        folder: where Yosys will run.
        place: prefix of all files in it, such as ``0/``, whose folder exists.

    Returns:
        The user's name of each, and the passes that read the sources.
    """
    names: dict[str, str] = {}
    folders = [Path(one).resolve() for one in rtl.include_dirs]
    files = []
    for number, one in enumerate(rtl.sources):
        source = Source(one)
        (folder / f"{place}rtl{number}.v").write_bytes(read_bytes(one))
        names[f"{place}rtl{number}.v"] = source.name
        if source.path is not None:
            folders.append(Path(source.path).resolve().parent)
        files.append(f"{'-sv ' if source.name.endswith(_SYSTEM_VERILOG) else ''}{place}rtl{number}.v")
    options = ""
    for number, include in enumerate(dict.fromkeys(folders)):
        (folder / f"{place}include{number}").symlink_to(include)
        names[f"{place}include{number}/"] = f"{include}/"
        options += f" -I{place}include{number}"
    for name, value in rtl.defines.items():
        options += f" -D{name}={value}"
    # -nodpi: a DPI import would call C functions while the file is read.
    return names, [f"read_verilog -defer -nodpi{options} {file}" for file in files]


def hierarchy_passes(rtl: Rtl) -> list[str]:
    """Return the passes that choose the top module and set its parameters."""
    parameters = "".join(f" -chparam {name} {int(value)}" for name, value in rtl.parameters.items())
    return [
        f"hierarchy -check {f'-top {rtl.top}' if rtl.top else '-auto-top'}{parameters}",
        *([f"rename -top {rtl.top}"] if rtl.top else []),  # parameters have given it another name
    ]
