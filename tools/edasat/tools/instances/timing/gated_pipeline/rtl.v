// Two gated register stages behind a buffered clock tree, with asynchronous resets and a falling-edge output stage.
// Clock buffers and clock gates are instances of library cells: synthesis leaves clocks alone.
module gated_pipeline (
  input            clk,
  input            rst_n,
  input            enable,
  input      [7:0] a,
  input      [7:0] b,
  output reg [8:0] y,
  output reg       odd
);
  wire root, branch0, branch1, gated0, gated1;

  CLKBUF_X4 clk_root (.A(clk), .Z(root));
  CLKBUF_X4 clk_branch0 (.A(root), .Z(branch0));
  CLKBUF_X4 clk_branch1 (.A(root), .Z(branch1));

  // The reset is asserted at once and released with the clock.
  reg  [1:0] release_n;
  wire       reset_n = release_n[1];
  always @(posedge branch1 or negedge rst_n)
    if (!rst_n) release_n <= 2'b00;
    else release_n <= {release_n[0], 1'b1};

  reg enabled;
  always @(posedge branch1 or negedge reset_n)
    if (!reset_n) enabled <= 1'b0;
    else enabled <= enable;

  ICG_X2 gate0 (.CK(branch0), .E(enable), .GCK(gated0));
  ICG_X2 gate1 (.CK(branch1), .E(enabled), .GCK(gated1));

  reg [7:0] ra, rb;
  always @(posedge gated0 or negedge reset_n)
    if (!reset_n) begin
      ra <= 8'd0;
      rb <= 8'hff;
    end else begin
      ra <= a;
      rb <= b;
    end

  always @(posedge gated1 or negedge reset_n)
    if (!reset_n) y <= 9'd0;
    else y <= ra + (rb ^ {8{ra[7]}});

  always @(negedge branch1) odd <= ^y;
endmodule
