# One clock; ports are registered outside, with a third of the period left to the neighbours.
create_clock -name clk -period 1.0 [get_ports clk]
set_clock_uncertainty -setup 0.03 [get_clocks clk]
set_clock_uncertainty -hold 0.01 [get_clocks clk]
set_clock_transition 0.04 [get_clocks clk]
set_input_delay 0.30 -clock clk [get_ports {rst_n enable down load start[*]}]
set_output_delay 0.30 -clock clk [get_ports {count[*] zero last}]
set_input_transition 0.05 [get_ports {rst_n enable down load start[*]}]
set_load 4.0 [get_ports {count[*] zero last}]
