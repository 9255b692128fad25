// Histogram of the top four bits of 8-bit samples over a window, with the index of the fullest slot and a
// cumulative read-out.
module histogram16 #(parameter COUNT_W = 10) (
    input                     clk,
    input                     rst_n,
    input                     clear,
    input                     sample_valid,
    input      [7:0]          sample,
    input      [COUNT_W-1:0]  window,          // samples in a window
    output reg                window_done,
    input      [3:0]          read_bin,
    input                     read_cumulative,
    output reg [COUNT_W+3:0]  read_count,
    output reg [3:0]          peak_bin,
    output reg [COUNT_W-1:0]  peak_count
);
    reg [COUNT_W-1:0] counts [0:15];
    reg [COUNT_W-1:0] seen;
    wire [3:0] slot = sample[7:4];
    wire [COUNT_W-1:0] bumped = counts[slot] + 1'b1;
    wire saturated = &counts[slot];

    integer i;
    always @(posedge clk or negedge rst_n)
        if (!rst_n) begin
            for (i = 0; i < 16; i = i + 1) counts[i] <= 0;
            seen        <= 0;
            window_done <= 1'b0;
            peak_bin    <= 4'd0;
            peak_count  <= 0;
        end else if (clear) begin
            for (i = 0; i < 16; i = i + 1) counts[i] <= 0;
            seen        <= 0;
            window_done <= 1'b0;
            peak_bin    <= 4'd0;
            peak_count  <= 0;
        end else if (sample_valid && !window_done) begin
            if (!saturated) counts[slot] <= bumped;
            if (!saturated && bumped > peak_count) begin
                peak_count <= bumped;
                peak_bin   <= slot;
            end
            seen        <= seen + 1'b1;
            window_done <= seen + 1'b1 == window;
        end

    // all bins up to and including the one that is read
    reg [COUNT_W+3:0] running;
    integer k;
    always @* begin
        running = 0;
        for (k = 0; k < 16; k = k + 1)
            if (k <= read_bin) running = running + counts[k];
    end

    always @(posedge clk)
        read_count <= read_cumulative ? running : {4'd0, counts[read_bin]};
endmodule
