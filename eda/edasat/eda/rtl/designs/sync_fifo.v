// Synchronous FIFO, first word falls through, with programmable thresholds and a level output.
module sync_fifo #(
  parameter WIDTH = 12,
  parameter LOG2_DEPTH = 4
) (
  input                     clk,
  input                     rst_n,
  input                     flush,
  input                     push,
  input      [WIDTH-1:0]    wdata,
  output                    full,
  output                    almost_full,
  input                     pop,
  output     [WIDTH-1:0]    rdata,
  output                    empty,
  output                    almost_empty,
  output reg [LOG2_DEPTH:0] level,
  output reg                overflow,
  output reg                underflow,
  input      [LOG2_DEPTH:0] high_mark,
  input      [LOG2_DEPTH:0] low_mark
);

  localparam DEPTH = 1 << LOG2_DEPTH;

  reg [WIDTH-1:0]      mem [0:DEPTH-1];
  reg [LOG2_DEPTH-1:0] wptr, rptr;

  wire do_push = push & ~full;
  wire do_pop  = pop & ~empty;

  assign empty        = (level == 0);
  assign full         = level[LOG2_DEPTH];
  assign almost_full  = (level >= high_mark);
  assign almost_empty = (level <= low_mark);
  assign rdata        = mem[rptr];

  always @(posedge clk)
    if (do_push) mem[wptr] <= wdata;

  always @(posedge clk or negedge rst_n)
    if (!rst_n) begin
      wptr      <= 0;
      rptr      <= 0;
      level     <= 0;
      overflow  <= 1'b0;
      underflow <= 1'b0;
    end else if (flush) begin
      wptr  <= 0;
      rptr  <= 0;
      level <= 0;
    end else begin
      if (do_push) wptr <= wptr + 1'b1;
      if (do_pop)  rptr <= rptr + 1'b1;
      case ({do_push, do_pop})
        2'b10:   level <= level + 1'b1;
        2'b01:   level <= level - 1'b1;
        default: level <= level;
      endcase
      overflow  <= overflow | (push & full);
      underflow <= underflow | (pop & empty);
    end

endmodule
