"""Commands, benchmarks and result tables."""
