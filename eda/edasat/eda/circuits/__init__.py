"""Seeded circuit builders: arithmetic in several architectures, random logic, small machines, and their composition."""
