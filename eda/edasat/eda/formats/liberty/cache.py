"""Libraries kept by the content of their files, so that a second run need not even decompress.

An entry is one safetensors file: arrays as they are, the rest as JSON in its header; nothing that could execute. Its
key covers the stored bytes (still compressed), the layout of the record and :data:`VERSION`. An entry that cannot be
read counts as none; a cache folder that cannot be written is no reason to fail.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from typing import Any, Final

import numpy as np

from edasat.core.errors import InputError, Notes
from edasat.core.files import Cache
from edasat.core.names import Names

from ...library import Library, Sequential, Thresholds, Units, WireLoad

#: To be raised with every change of the reader that changes a record: older entries are then left alone.
VERSION: Final = 1
#: Smaller files are read about as fast as they are looked up.
MIN_BYTES: Final = 1 << 16

_TABLES: Final = ("cells", "pins")
_TEXTS: Final = ("pin_function", "pin_three_state", "arc_when", "arc_sdf_cond")
_PLAIN: Final = (
    "name",
    "default_max_transition",
    "default_max_capacitance",
    "operating_condition",
    "default_wire_load",
    "skipped",
)


def key_of(stored: bytes) -> str:
    """Return the key of a file's stored bytes."""
    layout = f"{VERSION} {' '.join(field.name for field in dataclasses.fields(Library))} "
    return hashlib.blake2b(stored, digest_size=16, person=_short_hash(layout)).hexdigest()


def _short_hash(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def load(key: str, source_name: str) -> Library | None:
    """Return the library kept under a key as if it had been read from ``source_name``, or None."""
    from safetensors import SafetensorError, safe_open

    path = Cache("liberty").get(key)
    if path is None:
        return None
    try:
        with safe_open(path, framework="np") as file:
            plain = json.loads(file.metadata()["library"])
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no mapping
        return _unpack(plain, arrays, source_name)
    except (SafetensorError, OSError, KeyError, TypeError, ValueError):
        return None


def store(key: str, library: Library) -> None:
    """Keep a library under a key; where that is not possible, do without."""
    from safetensors.numpy import save

    plain, arrays = _pack(library)
    try:
        with Cache("liberty").put(key) as file:
            file.write(save(arrays, {"library": json.dumps(plain)}))
    except (InputError, OSError):
        return


def _pack(library: Library) -> tuple[dict[str, Any], dict[str, Any]]:
    arrays: dict[str, Any] = {}
    for field in dataclasses.fields(library):
        value = getattr(library, field.name)
        if isinstance(value, np.ndarray):
            arrays[field.name] = np.ascontiguousarray(value)
        elif field.name in _TABLES or field.name in _TEXTS:
            names = value if isinstance(value, Names) else Names.of(value)
            arrays[f"{field.name}.blob"] = names.blob
            arrays[f"{field.name}.offsets"] = names.offsets
    notes = library.notes
    plain = {name: getattr(library, name) for name in _PLAIN} | {
        "thresholds": dataclasses.asdict(library.thresholds),
        "units": dataclasses.asdict(library.units),
        "wire_loads": [dataclasses.asdict(load) for load in library.wire_loads.values()],
        "sequential": [
            [cell, [dataclasses.asdict(group) for group in groups]] for cell, groups in library.sequential.items()
        ],
        "notes": [
            [code, count, notes.first[code][0], notes.first[code][1].removeprefix(library.source)]
            for code, count in notes.counts.items()
        ],
    }
    return plain, arrays


def _unpack(plain: dict[str, Any], arrays: dict[str, Any], source_name: str) -> Library:
    values: dict[str, Any] = {name: array for name, array in arrays.items() if "." not in name}
    for name in (*_TABLES, *_TEXTS):
        names = Names(arrays[f"{name}.blob"], arrays[f"{name}.offsets"])
        values[name] = names if name in _TABLES else tuple(names.to_list())
    loads = [
        WireLoad(**{**load, "fanout": tuple(load["fanout"]), "length": tuple(load["length"])})
        for load in plain["wire_loads"]
    ]
    notes = Notes()
    for code, count, message, place in plain["notes"]:
        notes.add(code, message, source_name + place if place else "", count)
    return Library(
        **{name: plain[name] for name in _PLAIN} | {"operating_condition": tuple(plain["operating_condition"])},
        source=source_name,
        thresholds=Thresholds(**plain["thresholds"]),
        units=Units(**plain["units"]),
        wire_loads={load.name: load for load in loads},
        sequential={cell: tuple(Sequential(**group) for group in groups) for cell, groups in plain["sequential"]},
        notes=notes,
        **values,
    )
