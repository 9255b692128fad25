"""CNF formulas: reading, graphs, features, solvers, runs, families. Imports no torch."""
