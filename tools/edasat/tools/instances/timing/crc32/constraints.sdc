# Too fast on purpose: many endpoints fail, for WNS and TNS.
create_clock -name clk -period 0.22 [get_ports clk]
set_clock_uncertainty -setup 0.02 [get_clocks clk]
set_clock_uncertainty -hold 0.05 [get_clocks clk]
set_clock_transition 0.03 [get_clocks clk]
set_input_delay 0.05 -clock clk [get_ports {rst_n valid data[*]}]
set_output_delay 0.06 -clock clk [get_ports crc[*]]
set_input_transition 0.04 [get_ports {rst_n valid data[*]}]
set_load 3.0 [get_ports crc[*]]
