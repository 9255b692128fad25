"""Measurements that decide between implementations; each writes one JSON file to ``results/``."""
