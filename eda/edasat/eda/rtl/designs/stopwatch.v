// Stopwatch in BCD with lap memory and a multiplexed seven-segment display.

module bcd_digit #(parameter [3:0] TOP = 4'd9) (
    input            clk,
    input            rst,
    input            carry_in,
    output reg [3:0] digit,
    output           carry_out
);
    assign carry_out = carry_in & (digit == TOP);
    always @(posedge clk)
        if (rst)            digit <= 4'd0;
        else if (carry_out) digit <= 4'd0;
        else if (carry_in)  digit <= digit + 4'd1;
endmodule

module stopwatch #(
    parameter CYCLES_PER_TICK = 50000,
    parameter DIGITS          = 6
) (
    input                   clk,
    input                   rst,
    input                   btn_start,      // start and stop
    input                   btn_lap,        // lap while running, clear while stopped
    output reg [6:0]        segments,       // gfedcba, active high
    output reg [DIGITS-1:0] digit_on,
    output                  running
);
    localparam TW = $clog2(CYCLES_PER_TICK);

    reg [TW-1:0]       prescaler;
    reg [2:0]          start_sync, lap_sync;
    reg                run, frozen;
    reg [4*DIGITS-1:0] lap;
    reg [2:0]          shown;
    reg [9:0]          refresh;

    wire start_edge = start_sync[1] & ~start_sync[2];
    wire lap_edge   = lap_sync[1] & ~lap_sync[2];
    wire tick       = run & (prescaler == CYCLES_PER_TICK - 1);
    wire clear      = rst | (lap_edge & ~run);
    assign running  = run;

    wire [4*DIGITS-1:0] now;
    wire [DIGITS:0]     carry;
    assign carry[0] = tick;

    genvar d;
    generate
        for (d = 0; d < DIGITS; d = d + 1) begin : bcd
            // hundredths and seconds count to 99, then 59; minutes to 59
            bcd_digit #(.TOP((d == 3 || d == 5) ? 4'd5 : 4'd9)) u (
                .clk(clk), .rst(clear), .carry_in(carry[d]), .digit(now[4*d +: 4]), .carry_out(carry[d+1]));
        end
    endgenerate

    always @(posedge clk)
        if (rst) begin
            start_sync <= 3'd0;
            lap_sync   <= 3'd0;
            run        <= 1'b0;
            frozen     <= 1'b0;
            lap        <= 0;
            prescaler  <= 0;
        end else begin
            start_sync <= {start_sync[1:0], btn_start};
            lap_sync   <= {lap_sync[1:0], btn_lap};
            if (start_edge) run <= ~run;
            if (run) prescaler <= tick ? {TW{1'b0}} : prescaler + 1'b1;
            if (lap_edge) begin
                frozen <= run & ~frozen;
                lap    <= now;
            end
        end

    wire [4*DIGITS-1:0] picture = frozen ? lap : now;
    wire [3:0]          value   = picture[4*shown +: 4];

    always @(posedge clk)
        if (rst) begin
            shown    <= 3'd0;
            refresh  <= 10'd0;
            digit_on <= 0;
            segments <= 7'd0;
        end else begin
            refresh  <= refresh + 10'd1;
            if (&refresh) shown <= (shown == DIGITS - 1) ? 3'd0 : shown + 3'd1;
            digit_on <= 1 << shown;
            case (value)
                4'd0: segments <= 7'b0111111;
                4'd1: segments <= 7'b0000110;
                4'd2: segments <= 7'b1011011;
                4'd3: segments <= 7'b1001111;
                4'd4: segments <= 7'b1100110;
                4'd5: segments <= 7'b1101101;
                4'd6: segments <= 7'b1111101;
                4'd7: segments <= 7'b0000111;
                4'd8: segments <= 7'b1111111;
                4'd9: segments <= 7'b1101111;
                default: segments <= 7'b1000000;
            endcase
        end
endmodule
