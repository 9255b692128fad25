# A virtual clock stands for the neighbours: same period, other phase.
create_clock -name clk -period 1.0 [get_ports clk]
create_clock -name bus -period 1.0 -waveform {0.55 1.05}
set_clock_transition 0.05 [get_clocks clk]
set_clock_uncertainty 0.03 [get_clocks {clk bus}]
set_input_delay 0.10 -clock bus [get_ports {send data[*]}]
set_input_delay 0.10 -clock clk -clock_fall [get_ports rst_n]
set_output_delay 0.20 -clock bus [get_ports {line busy}]
set_input_transition -rise 0.03 [get_ports {send data[*] rst_n}]
set_input_transition -fall 0.02 [get_ports {send data[*] rst_n}]
set_load -pin_load 4.0 [get_ports {line busy}]
