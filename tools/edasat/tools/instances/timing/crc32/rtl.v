// CRC-32 (polynomial 04C11DB7) of one byte per cycle.
module crc32 (
  input             clk,
  input             rst_n,
  input             valid,
  input      [7:0]  data,
  output reg [31:0] crc
);
  function [31:0] next(input [31:0] state, input [7:0] byte_in);
    integer i;
    begin
      next = state;
      for (i = 7; i >= 0; i = i - 1)
        next = {next[30:0], 1'b0} ^ ({32{next[31] ^ byte_in[i]}} & 32'h04c11db7);
    end
  endfunction

  always @(posedge clk or negedge rst_n)
    if (!rst_n) crc <= 32'hffffffff;
    else if (valid) crc <= next(crc, data);
endmodule
