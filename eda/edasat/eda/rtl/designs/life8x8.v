// Conway's game of life on an 8 x 8 torus, one generation per cycle; rows are loaded and read one at a time.
module life8x8 (
    input            clk,
    input            rst,
    input            run,
    input            load,
    input      [2:0] row,
    input      [7:0] row_in,
    output     [7:0] row_out,
    output reg       still,          // the last generation changed nothing
    output     [6:0] population
);
    reg  [63:0] cells;
    wire [63:0] following;

    genvar r, c;
    generate
        for (r = 0; r < 8; r = r + 1) begin : rows
            for (c = 0; c < 8; c = c + 1) begin : cols
                localparam U = ((r + 7) % 8) * 8;
                localparam M = r * 8;
                localparam D = ((r + 1) % 8) * 8;
                localparam L = (c + 7) % 8;
                localparam R = (c + 1) % 8;
                wire [3:0] count = cells[U + L] + cells[U + c] + cells[U + R] + cells[M + L]
                                 + cells[M + R] + cells[D + L] + cells[D + c] + cells[D + R];
                assign following[M + c] = (count == 4'd3) | (cells[M + c] & (count == 4'd2));
            end
        end
    endgenerate

    always @(posedge clk)
        if (rst) begin
            cells <= 64'd0;
            still <= 1'b0;
        end else if (load) begin
            cells[{row, 3'b000} +: 8] <= row_in;
            still <= 1'b0;
        end else if (run) begin
            cells <= following;
            still <= cells == following;
        end

    assign row_out = cells[{row, 3'b000} +: 8];

    integer k;
    reg [6:0] total;
    always @* begin
        total = 7'd0;
        for (k = 0; k < 64; k = k + 1)
            total = total + {6'd0, cells[k]};
    end
    assign population = total;
endmodule
