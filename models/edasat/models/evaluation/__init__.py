"""Baselines that every learned system is compared with."""
