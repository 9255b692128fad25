"""Layers, the published systems, and their training."""
