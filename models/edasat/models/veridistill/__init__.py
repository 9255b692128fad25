"""VeriDistill: area and delay of Verilog from its text, its word-level graph, or both."""
