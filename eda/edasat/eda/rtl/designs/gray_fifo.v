// FIFO with Gray-coded pointers and two-stage pointer synchronisers, as used between clock domains.
// Both sides are driven by one clock here, so that the block can be timed as a single-clock design.

module bin_to_gray #(parameter N = 4) (input [N-1:0] bin, output [N-1:0] gray);
    assign gray = bin ^ (bin >> 1);
endmodule

module pointer_sync #(parameter N = 4) (
    input              clk,
    input              rst_n,
    input      [N-1:0] d,
    output reg [N-1:0] q
);
    reg [N-1:0] meta;
    always @(posedge clk or negedge rst_n)
        if (!rst_n) {q, meta} <= {(2 * N){1'b0}};
        else        {q, meta} <= {meta, d};
endmodule

module gray_fifo #(
    parameter DATA_W = 8,
    parameter ADDR_W = 3
) (
    input               clk,
    input               rst_n,
    input               wr_en,
    input  [DATA_W-1:0] wr_data,
    output reg          wr_full,
    input               rd_en,
    output [DATA_W-1:0] rd_data,
    output reg          rd_empty
);
    reg [DATA_W-1:0] ram [0:(1 << ADDR_W) - 1];
    reg [ADDR_W:0]   wbin, rbin, wgray, rgray;

    wire [ADDR_W:0] wbin_next = wbin + (wr_en & ~wr_full);
    wire [ADDR_W:0] rbin_next = rbin + (rd_en & ~rd_empty);
    wire [ADDR_W:0] wgray_next, rgray_next;
    wire [ADDR_W:0] wgray_seen, rgray_seen;

    bin_to_gray #(.N(ADDR_W + 1)) u_wgray (.bin(wbin_next), .gray(wgray_next));
    bin_to_gray #(.N(ADDR_W + 1)) u_rgray (.bin(rbin_next), .gray(rgray_next));

    pointer_sync #(.N(ADDR_W + 1)) u_to_read  (.clk(clk), .rst_n(rst_n), .d(wgray), .q(wgray_seen));
    pointer_sync #(.N(ADDR_W + 1)) u_to_write (.clk(clk), .rst_n(rst_n), .d(rgray), .q(rgray_seen));

    always @(posedge clk)
        if (wr_en && !wr_full) ram[wbin[ADDR_W-1:0]] <= wr_data;

    assign rd_data = ram[rbin[ADDR_W-1:0]];

    always @(posedge clk or negedge rst_n)
        if (!rst_n) begin
            wbin    <= 0;
            wgray   <= 0;
            wr_full <= 1'b0;
        end else begin
            wbin    <= wbin_next;
            wgray   <= wgray_next;
            // full: the two top bits differ, the rest agree
            wr_full <= wgray_next == {~rgray_seen[ADDR_W:ADDR_W-1], rgray_seen[ADDR_W-2:0]};
        end

    always @(posedge clk or negedge rst_n)
        if (!rst_n) begin
            rbin     <= 0;
            rgray    <= 0;
            rd_empty <= 1'b1;
        end else begin
            rbin     <= rbin_next;
            rgray    <= rgray_next;
            rd_empty <= rgray_next == wgray_seen;
        end
endmodule
