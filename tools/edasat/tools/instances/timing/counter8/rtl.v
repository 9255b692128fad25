// Loadable 8-bit up/down counter with an asynchronous reset; `zero` and `last` mark its ends.
module counter8 (
  input            clk,
  input            rst_n,
  input            enable,
  input            down,
  input            load,
  input      [7:0] start,
  output reg [7:0] count,
  output           zero,
  output           last
);
  assign zero = count == 8'd0;
  assign last = count == 8'hff;

  always @(posedge clk or negedge rst_n)
    if (!rst_n) count <= 8'd0;
    else if (load) count <= start;
    else if (enable) count <= down ? count - 8'd1 : count + 8'd1;
endmodule
