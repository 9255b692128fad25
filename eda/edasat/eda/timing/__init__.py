"""Static timing: from a netlist, its cell library and constraints to arrival, required time and slack of every pin."""
