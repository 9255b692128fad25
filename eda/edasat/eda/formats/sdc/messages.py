"""Every message of the SDC reader."""

from __future__ import annotations

from typing import Final

from edasat.core.errors import Message

_FLAT: Final = "SDC files are read, not executed: write the constraints out (OpenSTA: write_sdc)"

MESSAGES: Final = {
    row.code: row
    for row in (
        Message("sdc-brace", "this brace is not closed"),
        Message("sdc-closing-brace", "a closing brace without an opening one"),
        Message("sdc-bracket", "this bracket is not closed"),
        Message("sdc-quote", "this quote is not closed"),
        Message("sdc-extra", "'{token}' directly behind a closing {what}", "a blank is missing"),
        Message("sdc-variable", "variable '{name}' is not set", "{hint}"),
        Message("sdc-environment", "'{name}' reads the environment", _FLAT),
        Message("sdc-script", "'{name}' is a Tcl command that is not executed", _FLAT),
        Message("sdc-query", "'{name}' is not known, and its result is needed", "{hint}"),
        Message("sdc-glued", "objects cannot be part of a word", "put a blank before '['"),
        Message("sdc-collection", "objects stand where '{name}' needs text", "name the objects by patterns"),
        Message("sdc-arguments", "{name}: expected {what}"),
        Message("sdc-option", "{name}: unknown option '{token}'", "{hint}"),
        Message("sdc-option-unclear", "{name}: option '{token}' may mean {options}"),
        Message("sdc-option-value", "{name}: option '{token}' needs a value"),
        Message("sdc-missing", "{name}: {what} is missing"),
        Message("sdc-surplus", "{name}: nothing more is expected here, got '{token}'"),
        Message("sdc-number", "{name}: expected a number, got '{token}'"),
        Message("sdc-integer", "{name}: expected a whole number above 0, got '{token}'"),
        Message("sdc-positive", "{name}: the {what} must be above 0, got {token}"),
        Message("sdc-negative", "{name}: the {what} cannot be negative, got {token}"),
        Message("sdc-waveform", "{name}: the edges of a waveform come in rising order and within one period"),
        Message("sdc-edges", "{name}: edges are three or more numbers in rising order from 1, got '{token}'"),
        Message("sdc-conflict", "{name}: {what} exclude one another"),
        Message("sdc-clock-name", "{name}: a clock without objects needs -name"),
        Message("sdc-choice", "{name}: expected one of {options}, got '{token}'"),
        Message("sdc-units", "set_units: '{token}' is no unit of {what}", "write for example 1ns, 10ps, 1pF, 1kOhm"),
        Message("sdc-expression", "cannot calculate '{token}': {reason}"),
        Message("sdc-list", "'{token}' is not a list: {reason}"),
        Message("sdc-regexp", "'{token}' is no regular expression: {reason}"),
        Message("sdc-steps", "the file asks for more than {limit:,} steps", "the limit is ours"),
        Message("sdc-length", "a value grows beyond {limit:,} characters or objects", "the limit is ours"),
        Message("sdc-deep", "commands nest more than {limit} deep", "the limit is ours"),
        Message("sdc-nothing", "no command of SDC in the whole file; the first word is '{token}'"),
        Message("sdc-wrong-file", "this looks like {what}, not an SDC file"),
    )
}
