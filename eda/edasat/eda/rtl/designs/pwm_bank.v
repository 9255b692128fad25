// Bank of PWM channels on one counter: edge or centre aligned, shadowed duty registers, dead time between the
// two outputs of a channel.
module pwm_bank #(
    parameter CHANNELS = 4,
    parameter BITS     = 10,
    parameter DEAD     = 4              // bits of the dead-time counter
) (
    input                     clk,
    input                     rst,
    input                     run,
    input                     centre,   // 1: the counter goes up and down
    input      [BITS-1:0]     period,
    input      [DEAD-1:0]     dead_time,
    input                     duty_we,
    input      [1:0]          duty_sel,
    input      [BITS-1:0]     duty,
    input      [CHANNELS-1:0] polarity,
    input                     trip,     // emergency stop: all outputs off until the next reset
    output reg [CHANNELS-1:0] out_high,
    output reg [CHANNELS-1:0] out_low,
    output                    tick
);
    reg [BITS-1:0] counter;
    reg            down;
    reg            tripped;

    wire at_top  = counter >= period;
    wire at_zero = counter == 0;
    assign tick  = centre ? (down & at_zero) : at_top;

    always @(posedge clk)
        if (rst) begin
            counter <= 0;
            down    <= 1'b0;
            tripped <= 1'b0;
        end else begin
            if (trip) tripped <= 1'b1;
            if (!run) begin
                counter <= 0;
                down    <= 1'b0;
            end else if (!centre) begin
                counter <= at_top ? {BITS{1'b0}} : counter + 1'b1;
                down    <= 1'b0;
            end else if (!down) begin
                counter <= at_top ? counter - 1'b1 : counter + 1'b1;
                down    <= at_top;
            end else begin
                counter <= at_zero ? counter + 1'b1 : counter - 1'b1;
                down    <= ~at_zero;
            end
        end

    genvar c;
    generate
        for (c = 0; c < CHANNELS; c = c + 1) begin : channel
            reg [BITS-1:0] shadow, active;
            reg [DEAD-1:0] wait_count;
            reg            level;

            wire wanted = (counter < active) ^ polarity[c];

            always @(posedge clk)
                if (rst) begin
                    shadow      <= 0;
                    active      <= 0;
                    wait_count  <= 0;
                    level       <= 1'b0;
                    out_high[c] <= 1'b0;
                    out_low[c]  <= 1'b0;
                end else begin
                    if (duty_we && duty_sel == c) shadow <= duty;
                    if (tick || !run)             active <= shadow;
                    level <= wanted;
                    // after every change both outputs stay off for the dead time
                    if (wanted != level)      wait_count <= dead_time;
                    else if (wait_count != 0) wait_count <= wait_count - 1'b1;
                    out_high[c] <= level & (wait_count == 0) & run & ~tripped;
                    out_low[c]  <= ~level & (wait_count == 0) & run & ~tripped;
                end
        end
    endgenerate
endmodule
