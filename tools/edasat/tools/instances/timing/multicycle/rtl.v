// Multiplier that may take two cycles: operands and result registers load every other cycle only.
module multicycle (
  input             clk,
  input             rst_n,
  input             start,
  input      [7:0]  a,
  input      [7:0]  b,
  output reg [15:0] product,
  output reg        done
);
  reg       phase;
  reg [7:0] ra, rb;

  always @(posedge clk or negedge rst_n)
    if (!rst_n) begin
      phase <= 1'b0;
      done <= 1'b0;
    end else begin
      phase <= start & ~phase;
      done <= phase;
    end

  always @(posedge clk)
    if (start && !phase) begin
      ra <= a;
      rb <= b;
    end

  always @(posedge clk)
    if (phase) product <= ra * rb;
endmodule
