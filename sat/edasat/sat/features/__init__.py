"""Features of formulas: per literal and clause for graph networks, per instance for tables and baselines."""
