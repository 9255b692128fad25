"""From design files to records and circuits: readers, AIGs, synthesis, timing. Imports no torch."""
