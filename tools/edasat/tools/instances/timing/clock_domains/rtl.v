// A fast domain, a slow one at a quarter of its clock, and a third that is asynchronous to both.
module clock_domains (
  input            clk,
  input            aux_clk,
  input            rst_n,
  input      [7:0] data,
  input            request,
  output reg [7:0] slow_sum,
  output reg [3:0] events,
  output           tick
);
  // Divider by four; its last flip-flop is the source of the slow clock.
  reg half, quarter;
  always @(posedge clk or negedge rst_n)
    if (!rst_n) half <= 1'b0;
    else half <= ~half;
  always @(posedge clk or negedge rst_n)
    if (!rst_n) quarter <= 1'b0;
    else if (half) quarter <= ~quarter;
  assign tick = quarter;

  reg [7:0] captured;
  always @(posedge clk) captured <= data ^ {captured[6:0], captured[7]};

  always @(posedge quarter or negedge rst_n)
    if (!rst_n) slow_sum <= 8'd0;
    else slow_sum <= slow_sum + captured;

  // Two flip-flops take the request into the third domain.
  reg [2:0] sync;
  reg       pending;
  always @(posedge clk) pending <= request;
  always @(posedge aux_clk) sync <= {sync[1:0], pending};
  always @(posedge aux_clk or negedge rst_n)
    if (!rst_n) events <= 4'd0;
    else if (sync[1] && !sync[2]) events <= events + 4'd1;
endmodule
