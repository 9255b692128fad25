// Pipelined 32-bit barrel shifter: logical, arithmetic and rotating shifts in both directions.
// Left shifts are right shifts of the mirrored word; the five stages are split over three pipeline steps.
module barrel_shifter (
  input  wire        clock,
  input  wire        enable,
  input  wire [31:0] word,
  input  wire [4:0]  amount,
  input  wire [1:0]  kind,        // 0 logical, 1 arithmetic, 2 rotate
  input  wire        left,
  input  wire        valid_in,
  output reg  [31:0] shifted,
  output reg         valid_out
);

  function [31:0] mirror;
    input [31:0] w;
    integer j;
    for (j = 0; j < 32; j = j + 1)
      mirror[j] = w[31 - j];
  endfunction

  // one stage: shift right by a power of two if asked to
  function [31:0] stage;
    input [31:0] w;
    input        take;
    input        rotate;
    input        fill;
    input [4:0]  distance;
    reg   [31:0] high;
    begin
      high  = rotate ? (w << (6'd32 - distance)) : ({32{fill}} << (6'd32 - distance));
      stage = take ? ((w >> distance) | high) : w;
    end
  endfunction

  wire rotate = kind[1];
  wire fill   = kind[0] & ~left & word[31];

  reg [31:0] w1, w2;
  reg [4:0]  amount1;
  reg [2:0]  control1;            // {left, rotate, fill}
  reg        amount2;
  reg [2:0]  control2;
  reg        v1, v2;

  wire [31:0] source = left ? mirror(word) : word;
  wire [31:0] s16    = stage(source, amount[4], rotate, fill, 5'd16);
  wire [31:0] s8     = stage(s16, amount[3], rotate, fill, 5'd8);
  wire [31:0] s4     = stage(w1, amount1[2], control1[1], control1[0], 5'd4);
  wire [31:0] s2     = stage(s4, amount1[1], control1[1], control1[0], 5'd2);
  wire [31:0] s1     = stage(w2, amount2, control2[1], control2[0], 5'd1);

  always @(posedge clock)
    if (enable) begin
      v1        <= valid_in;
      w1        <= s8;
      amount1   <= amount;
      control1  <= {left, rotate, fill};
      v2        <= v1;
      w2        <= s2;
      amount2   <= amount1[0];
      control2  <= control1;
      valid_out <= v2;
      shifted   <= control2[2] ? mirror(s1) : s1;
    end

endmodule
