"""Generators of RTL, one function per family: they draw what a module is and leave to the sheet how it looks."""
