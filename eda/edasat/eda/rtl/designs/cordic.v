// CORDIC in rotation mode, unrolled and pipelined: (x, y) turned by the angle, scaled by the CORDIC gain 1.6468.
// The angle is a fraction of a turn: 2^ANGLE_W is 360 degrees. The outer quadrants are folded first.
module cordic #(
  parameter XY_W    = 12,
  parameter ANGLE_W = 12
) (
  input                         clk,
  input                         rst,
  input                         i_valid,
  input  signed [XY_W-1:0]      i_x,
  input  signed [XY_W-1:0]      i_y,
  input         [ANGLE_W-1:0]   i_angle,
  output                        o_valid,
  output signed [XY_W+1:0]      o_x,
  output signed [XY_W+1:0]      o_y
);
  localparam STAGES = 8;
  localparam W = XY_W + 2;

  // arctan(2^-k) in units of a turn / 2^20, rounded
  function [19:0] arctan;
    input [3:0] k;
    case (k)
      4'd0:    arctan = 20'd131072;
      4'd1:    arctan = 20'd77376;
      4'd2:    arctan = 20'd40884;
      4'd3:    arctan = 20'd20753;
      4'd4:    arctan = 20'd10417;
      4'd5:    arctan = 20'd5213;
      4'd6:    arctan = 20'd2607;
      default: arctan = 20'd1304;
    endcase
  endfunction

  wire signed [W-1:0]       xs [0:STAGES];
  wire signed [W-1:0]       ys [0:STAGES];
  wire signed [ANGLE_W-1:0] zs [0:STAGES];

  reg signed [W-1:0]        x0, y0;
  reg signed [ANGLE_W-1:0]  z0;
  reg        [STAGES:0]     valids;

  // quadrants 1 and 2 (90 to 270 degrees): turn by 180 degrees first
  wire fold = i_angle[ANGLE_W-1] ^ i_angle[ANGLE_W-2];

  always @(posedge clk) begin
    x0 <= fold ? -i_x : i_x;
    y0 <= fold ? -i_y : i_y;
    z0 <= {i_angle[ANGLE_W-1] ^ fold, i_angle[ANGLE_W-2:0]};
  end

  assign xs[0] = x0;
  assign ys[0] = y0;
  assign zs[0] = z0;

  genvar k;
  generate
    for (k = 0; k < STAGES; k = k + 1) begin : rotation
      reg signed [W-1:0]        x, y;
      reg signed [ANGLE_W-1:0]  z;
      wire signed [ANGLE_W-1:0] turn = arctan(k) >> (20 - ANGLE_W);
      wire negative = zs[k][ANGLE_W-1];
      always @(posedge clk)
        if (negative) begin
          x <= xs[k] + (ys[k] >>> k);
          y <= ys[k] - (xs[k] >>> k);
          z <= zs[k] + turn;
        end else begin
          x <= xs[k] - (ys[k] >>> k);
          y <= ys[k] + (xs[k] >>> k);
          z <= zs[k] - turn;
        end
      assign xs[k+1] = x;
      assign ys[k+1] = y;
      assign zs[k+1] = z;
    end
  endgenerate

  always @(posedge clk)
    if (rst) valids <= 0;
    else     valids <= {valids[STAGES-1:0], i_valid};

  assign o_valid = valids[STAGES];
  assign o_x = xs[STAGES];
  assign o_y = ys[STAGES];
endmodule
