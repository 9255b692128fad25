"""Every message of extraction and of its readers."""

from __future__ import annotations

from typing import Final

from edasat.core.errors import Message

MESSAGES: Final = {
    row.code: row
    for row in (
        Message("rcx-empty", "the file is empty"),
        Message("rcx-wrong-file", "this looks like {kind}, not extraction rules", "give it to the option for {kind}"),
        Message(
            "rcx-header", "expected 'Extraction Rules for ...' in the first line", "is this an OpenRCX rules file?"
        ),
        Message("rcx-statement-unknown", "unknown statement '{token}'"),
        Message("rcx-statement-garbled", "the statement must read '{form}'"),
        Message("rcx-number", "expected a number, got '{token}'"),
        Message("rcx-level", "metal {level} does not exist: LayerCount is {count}"),
        Message("rcx-row", "expected {wanted} numbers in a row of a table, got {found}"),
        Message("rcx-rows-missing", "the table announces {wanted} rows, but has {found}"),
        Message("rcx-order", "spacings of a table must rise, got {after} after {before}"),
        Message("rcx-table-outside", "a table outside of 'Metal ...'"),
        Message("rcx-cut-off", "the file ends inside a table", "the file may be cut off"),
        Message("rcx-no-tables", "the rules hold no capacitance table"),
        Message("rc-option", "expected '{form}'"),
        Message("rc-number", "expected a number that is not negative, got '{token}'"),
        Message("rc-none", "the file sets no layer's resistance or capacitance", "it needs 'set_layer_rc' commands"),
        Message(
            "extract-no-routing",
            "no net of the layout has wires",
            "extraction needs a routed DEF; for a placement use 'edasat timing sta --def'",
        ),
        Message(
            "extract-layer",
            "wires lie on layer '{name}', which the LEF does not know as a routing layer",
            "give the technology LEF of this layout",
        ),
        Message(
            "extract-layer-rc",
            "nothing tells the {what} of layer '{name}'",
            "give extraction rules or a technology LEF with RESISTANCE and CAPACITANCE",
        ),
        Message(
            "extract-levels",
            "the rules have {rules} metals, but the LEF has {lef} routing layers",
            "do rules and LEF belong to the same technology?",
        ),
        Message("extract-cell", "the LEF has no cell '{name}'", "give the LEF of all cells"),
        Message("extract-via", "via '{name}' joins layers that nothing tells", "give the technology LEF"),
        Message("calibration-file", "this is no calibration: {reason}"),
        Message("calibration-nets", "only {count} nets have the same name in both", "compare the same layout"),
    )
}
