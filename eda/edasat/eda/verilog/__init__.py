"""Designs in Verilog: words, look-up tables and syntax as graphs."""
