// SPI master: programmable clock divider, all four modes, words of 1 to WIDTH bits, several slave selects.

module spi_master
#(
  parameter WIDTH  = 16,
  parameter SLAVES = 4
)
(
  input                   clk_i,
  input                   rst_i,

  // configuration, stable while a transfer runs
  input                   cpol_i,
  input                   cpha_i,
  input                   lsb_first_i,
  input  [7:0]            divider_i,
  input  [4:0]            length_i,
  input  [1:0]            slave_i,

  // word interface
  input                   start_i,
  input  [WIDTH-1:0]      data_i,
  output [WIDTH-1:0]      data_o,
  output reg              done_o,
  output                  busy_o,

  // pins
  output                  sclk_o,
  output                  mosi_o,
  input                   miso_i,
  output reg [SLAVES-1:0] ss_n_o
);

  localparam S_IDLE = 2'b00;
  localparam S_LEAD = 2'b01;   // waits for the leading edge of the serial clock
  localparam S_TAIL = 2'b10;   // waits for the trailing edge
  localparam S_GAP  = 2'b11;   // half a period between the last edge and the release of the slave

  reg [1:0]       state_q;
  reg [7:0]       tick_q;
  reg [4:0]       left_q;
  reg             phase_q;
  reg             lsb_q;
  reg [WIDTH-1:0] out_q;
  reg [WIDTH-1:0] in_q;

  wire tick_w = (tick_q == 8'd0);

  assign busy_o = (state_q != S_IDLE);
  assign sclk_o = cpol_i ^ phase_q;
  assign mosi_o = lsb_q ? out_q[0] : out_q[WIDTH-1];
  assign data_o = in_q;

  // A word shorter than the register is sent from the top when the most significant bit goes first.
  function [WIDTH-1:0] align;
    input [WIDTH-1:0] word;
    input [4:0]       bits;
    input             lsb_first;
    begin
      align = lsb_first ? word : (word << (WIDTH - bits));
    end
  endfunction

  wire shift_out_w = tick_w && (cpha_i ? (state_q == S_LEAD) : (state_q == S_TAIL));
  wire shift_in_w  = tick_w && (cpha_i ? (state_q == S_TAIL) : (state_q == S_LEAD));

  // The first leading edge of phase 1 puts out the first bit, which is there already.
  reg first_q;

  always @(posedge clk_i)
  begin
    if (rst_i)
    begin
      state_q <= S_IDLE;
      tick_q  <= 8'd0;
      left_q  <= 5'd0;
      phase_q <= 1'b0;
      lsb_q   <= 1'b0;
      first_q <= 1'b0;
      done_o  <= 1'b0;
      ss_n_o  <= {SLAVES{1'b1}};
    end
    else
    begin
      done_o <= 1'b0;
      if (state_q == S_IDLE || tick_w)
        tick_q <= divider_i;
      else
        tick_q <= tick_q - 8'd1;

      case (state_q)
        S_IDLE:
          if (start_i)
          begin
            state_q         <= S_LEAD;
            left_q          <= length_i;
            lsb_q           <= lsb_first_i;
            first_q         <= 1'b1;
            ss_n_o          <= {SLAVES{1'b1}};
            ss_n_o[slave_i] <= 1'b0;
          end
        S_LEAD:
          if (tick_w)
          begin
            phase_q <= 1'b1;
            first_q <= 1'b0;
            state_q <= S_TAIL;
          end
        S_TAIL:
          if (tick_w)
          begin
            phase_q <= 1'b0;
            left_q  <= left_q - 5'd1;
            state_q <= (left_q == 5'd1) ? S_GAP : S_LEAD;
          end
        S_GAP:
          if (tick_w)
          begin
            state_q <= S_IDLE;
            done_o  <= 1'b1;
            ss_n_o  <= {SLAVES{1'b1}};
          end
      endcase
    end
  end

  always @(posedge clk_i)
    if (state_q == S_IDLE && start_i)
    begin
      out_q <= align(data_i, length_i, lsb_first_i);
      in_q  <= {WIDTH{1'b0}};
    end
    else
    begin
      if (shift_out_w && !(cpha_i && first_q))
        out_q <= lsb_q ? {1'b0, out_q[WIDTH-1:1]} : {out_q[WIDTH-2:0], 1'b0};
      if (shift_in_w)
        in_q <= lsb_q ? {miso_i, in_q[WIDTH-1:1]} : {in_q[WIDTH-2:0], miso_i};
    end

endmodule
