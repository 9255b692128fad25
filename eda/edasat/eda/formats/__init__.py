"""Readers and writers of circuit files."""
