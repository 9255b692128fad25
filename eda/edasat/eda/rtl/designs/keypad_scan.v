// Scanner for a 4 x 4 keypad: walks the columns, debounces every key on its own, reports presses and releases
// with auto-repeat, and keeps the last four digits in a display register.
module keypad_scan #(
    parameter SCAN_BITS   = 6,      // a column is held for 2^SCAN_BITS cycles
    parameter STABLE      = 3,      // equal samples that make a change
    parameter REPEAT_BITS = 7       // scans of the matrix until a held key repeats
) (
    input             clk,
    input             rst,
    input      [3:0]  row_n,        // active low, with pull-ups
    output reg [3:0]  col_n,
    output reg        event_valid,
    output reg        event_press,
    output reg [3:0]  event_key,
    output     [15:0] pressed,
    output reg [15:0] digits
);
    reg [SCAN_BITS-1:0]   timer;
    reg [1:0]             column;
    reg [3:0]             rows_meta, rows;
    reg [REPEAT_BITS-1:0] held;

    wire sample = &timer;

    always @(posedge clk) begin
        rows_meta <= ~row_n;
        rows      <= rows_meta;
        if (rst) begin
            timer  <= 0;
            column <= 2'd0;
            col_n  <= 4'b1110;
        end else begin
            timer <= timer + 1'b1;
            if (sample) begin
                column <= column + 2'd1;
                col_n  <= {col_n[2:0], col_n[3]};
            end
        end
    end

    wire [15:0] changed;
    genvar k;
    generate
        for (k = 0; k < 16; k = k + 1) begin : key
            reg [1:0] count;
            reg       state;
            wire      mine = sample && column == k / 4;
            wire      now  = rows[k % 4];
            assign changed[k] = mine && now != state && count == STABLE - 1;
            assign pressed[k] = state;
            always @(posedge clk)
                if (rst) begin
                    count <= 2'd0;
                    state <= 1'b0;
                end else if (mine) begin
                    if (now == state)    count <= 2'd0;
                    else if (changed[k]) begin
                        state <= now;
                        count <= 2'd0;
                    end else             count <= count + 2'd1;
                end
        end
    endgenerate

    // at most one key of a column is reported per scan: the lowest
    reg [3:0] which;
    integer i;
    always @* begin
        which = 4'd0;
        for (i = 15; i >= 0; i = i - 1)
            if (changed[i]) which = i[3:0];
    end

    wire any_change = |changed;
    wire press      = |(changed & ~pressed);
    wire repeated   = &held && sample && column == 2'd3;

    always @(posedge clk)
        if (rst) begin
            event_valid <= 1'b0;
            event_press <= 1'b0;
            event_key   <= 4'd0;
            held        <= 0;
            digits      <= 16'd0;
        end else begin
            event_valid <= any_change | repeated;
            if (any_change) begin
                event_press <= press;
                event_key   <= which;
                held        <= 0;
            end else if (sample && column == 2'd3)
                held <= (|pressed) ? held + 1'b1 : {REPEAT_BITS{1'b0}};
            if (event_valid && event_press) digits <= {digits[11:0], event_key};
        end
endmodule
