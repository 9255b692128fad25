// Median of a 3 x 3 window over three rows that arrive together, one column per cycle.
// Columns are sorted once and kept; the median of nine is the median of (the largest minimum, the middle of the
// medians, the smallest maximum).
module median3x3 #(parameter P = 8) (
    input                clk,
    input                rst_n,
    input                col_valid,
    input                line_start,
    input      [P-1:0]   top,
    input      [P-1:0]   mid,
    input      [P-1:0]   bot,
    output reg           out_valid,
    output reg [P-1:0]   median
);
    function [P-1:0] lesser;
        input [P-1:0] u, v;
        lesser = (u < v) ? u : v;
    endfunction

    function [P-1:0] greater;
        input [P-1:0] u, v;
        greater = (u < v) ? v : u;
    endfunction

    function [P-1:0] middle;
        input [P-1:0] u, v, w;
        middle = greater(lesser(u, v), lesser(greater(u, v), w));
    endfunction

    // the three most recent columns, sorted
    reg [P-1:0] lo0, me0, hi0;
    reg [P-1:0] lo1, me1, hi1;
    reg [P-1:0] lo2, me2, hi2;
    reg [2:0]   filled;

    wire [P-1:0] low  = lesser(lesser(top, mid), bot);
    wire [P-1:0] high = greater(greater(top, mid), bot);

    always @(posedge clk or negedge rst_n)
        if (!rst_n) begin
            {lo0, me0, hi0, lo1, me1, hi1, lo2, me2, hi2} <= {(9*P){1'b0}};
            filled <= 3'b000;
        end else if (col_valid) begin
            lo0 <= low;  me0 <= middle(top, mid, bot);  hi0 <= high;
            lo1 <= lo0;  me1 <= me0;                    hi1 <= hi0;
            lo2 <= lo1;  me2 <= me1;                    hi2 <= hi1;
            filled <= line_start ? 3'b001 : {filled[1:0], 1'b1};
        end

    always @(posedge clk or negedge rst_n)
        if (!rst_n) begin
            out_valid <= 1'b0;
            median    <= {P{1'b0}};
        end else begin
            out_valid <= &filled & col_valid;
            median    <= middle(greater(greater(lo0, lo1), lo2), middle(me0, me1, me2), lesser(lesser(hi0, hi1), hi2));
        end
endmodule
