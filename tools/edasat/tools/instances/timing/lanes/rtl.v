// Four byte lanes, each an instance of one module: a hierarchy with buses, assigns and names that Verilog must escape.
module lane (
  input        clk,
  input        rst_n,
  input  [1:0] mode,
  input  [7:0] in,
  input        carry_in,
  output [7:0] out,
  output       carry_out
);
  reg  [7:0] state;
  wire [8:0] sum = state + in + carry_in;
  reg  [7:0] next;

  always @*
    case (mode)
      2'd0: next = state;
      2'd1: next = sum[7:0];
      2'd2: next = {in[0], state[7:1]};
      default: next = in;
    endcase

  always @(posedge clk or negedge rst_n)
    if (!rst_n) state <= 8'd0;
    else state <= next;

  assign out = state;
  assign carry_out = sum[8];
endmodule

module lanes (
  input         clk,
  input         rst_n,
  input   [1:0] mode,
  input  [31:0] in,
  output [31:0] out,
  output  [3:0] sign,
  output        overflow,
  output        fixed_high
);
  wire [4:0] carry;
  assign carry[0] = 1'b0;
  assign overflow = carry[4];
  assign fixed_high = 1'b1;

  genvar i;
  generate
    for (i = 0; i < 4; i = i + 1) begin : byte_lane
      lane unit (
        .clk(clk), .rst_n(rst_n), .mode(mode), .in(in[8*i +: 8]), .carry_in(carry[i]),
        .out(out[8*i +: 8]), .carry_out(carry[i + 1])
      );
      assign sign[i] = out[8*i + 7];
    end
  endgenerate
endmodule
