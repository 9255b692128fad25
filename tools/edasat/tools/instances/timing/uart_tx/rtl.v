// Serial transmitter: one start bit, eight data bits, even parity, one stop bit; 16 clocks per bit.
module uart_tx (
  input            clk,
  input            rst_n,
  input            send,
  input      [7:0] data,
  output reg       line,
  output           busy
);
  reg [3:0]  ticks;
  reg [3:0]  bits;
  reg [9:0]  shift;

  assign busy = bits != 4'd0;

  always @(posedge clk or negedge rst_n)
    if (!rst_n) begin
      ticks <= 4'd0;
      bits <= 4'd0;
      shift <= 10'h3ff;
      line <= 1'b1;
    end else if (!busy) begin
      line <= 1'b1;
      ticks <= 4'd0;
      if (send) begin
        shift <= {1'b1, ^data, data};
        bits <= 4'd11;
        line <= 1'b0;
      end
    end else begin
      ticks <= ticks + 4'd1;
      if (ticks == 4'd15) begin
        line <= shift[0];
        shift <= {1'b1, shift[9:1]};
        bits <= bits - 4'd1;
      end
    end
endmodule
