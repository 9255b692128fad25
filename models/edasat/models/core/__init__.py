"""Core detection: how likely each clause is part of an unsatisfiable core."""
