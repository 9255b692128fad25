"""Labelled sets: one module per set, with schema, builder, split and data module."""
