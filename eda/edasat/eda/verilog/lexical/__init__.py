"""Verilog without elaboration: lexemes, macros, blocks and expressions, as far as text alone tells."""
