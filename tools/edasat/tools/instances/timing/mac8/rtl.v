// Signed multiply-accumulate unit: 8 x 8 bits into 20, with a saturating output stage.
module mac8 (
  input             clk,
  input             rst_n,
  input             clear,
  input             valid,
  input      [7:0]  x,
  input      [7:0]  w,
  output reg [15:0] y,
  output reg        saturated
);
  reg signed [7:0]  rx, rw;
  reg               rvalid, rclear;
  reg signed [15:0] product;
  reg               pvalid, pclear;
  reg signed [19:0] sum;

  wire high = sum[19:15] != 5'b00000;
  wire low  = sum[19:15] != 5'b11111;

  always @(posedge clk) begin
    rx <= x;
    rw <= w;
    product <= rx * rw;
  end

  always @(posedge clk or negedge rst_n)
    if (!rst_n) begin
      {rvalid, rclear, pvalid, pclear} <= 4'b0000;
      sum <= 20'sd0;
      y <= 16'sd0;
      saturated <= 1'b0;
    end else begin
      {rvalid, rclear} <= {valid, clear};
      {pvalid, pclear} <= {rvalid, rclear};
      if (pvalid) sum <= (pclear ? 20'sd0 : sum) + {{4{product[15]}}, product};
      saturated <= high && low;
      y <= high && low ? {sum[19], {15{~sum[19]}}} : sum[15:0];
    end
endmodule
