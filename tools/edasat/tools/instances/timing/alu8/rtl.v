// 8-bit arithmetic unit between registers: operands and opcode are captured, results leave one cycle later.
module alu8 (
  input            clk,
  input            rst_n,
  input      [7:0] a,
  input      [7:0] b,
  input      [2:0] op,
  output reg [7:0] y,
  output reg       carry,
  output reg       zero
);
  reg  [7:0] ra, rb;
  reg  [2:0] rop;
  reg  [8:0] result;

  always @* begin
    case (rop)
      3'd0: result = ra + rb;
      3'd1: result = ra - rb;
      3'd2: result = {1'b0, ra & rb};
      3'd3: result = {1'b0, ra | rb};
      3'd4: result = {1'b0, ra ^ rb};
      3'd5: result = {1'b0, ra} << rb[2:0];
      3'd6: result = {1'b0, ra >> rb[2:0]};
      default: result = {8'd0, ra < rb};
    endcase
  end

  always @(posedge clk) begin
    ra <= a;
    rb <= b;
    rop <= op;
  end

  always @(posedge clk or negedge rst_n)
    if (!rst_n) begin
      y <= 8'd0;
      carry <= 1'b0;
      zero <= 1'b1;
    end else begin
      y <= result[7:0];
      carry <= result[8];
      zero <= result[7:0] == 8'd0;
    end
endmodule
