// Three 16-bit timers behind a small register port, with a shared prescaler, compare, capture and a watchdog.

module timer_unit (
    input             clk,
    input             resetn,
    input             tick,
    input             wr_ctrl,
    input             wr_load,
    input             wr_compare,
    input      [15:0] wr_data,
    input             capture_pin,
    output reg [15:0] value,
    output reg [15:0] captured,
    output reg [3:0]  ctrl,         // {capture enable, one shot, down, run}
    output reg        expired,
    output reg        matched
);
    reg [15:0] load, compare;
    reg [2:0]  pin;

    wire up_end   = ~ctrl[1] & (value == load);
    wire down_end = ctrl[1] & (value == 16'd0);
    wire edge_seen = pin[1] & ~pin[2];

    always @(posedge clk)
        if (!resetn) begin
            ctrl     <= 4'b0000;
            load     <= 16'hffff;
            compare  <= 16'h0000;
            value    <= 16'h0000;
            captured <= 16'h0000;
            pin      <= 3'b000;
            expired  <= 1'b0;
            matched  <= 1'b0;
        end else begin
            pin     <= {pin[1:0], capture_pin};
            expired <= 1'b0;
            matched <= 1'b0;
            if (wr_ctrl)    ctrl    <= wr_data[3:0];
            if (wr_compare) compare <= wr_data;
            if (wr_load) begin
                load  <= wr_data;
                value <= ctrl[1] ? wr_data : 16'h0000;
            end else if (ctrl[0] && tick) begin
                matched <= value == compare;
                if (up_end || down_end) begin
                    expired <= 1'b1;
                    value   <= ctrl[1] ? load : 16'h0000;
                    if (ctrl[2]) ctrl[0] <= 1'b0;
                end else
                    value <= ctrl[1] ? value - 16'd1 : value + 16'd1;
            end
            if (ctrl[3] && edge_seen) captured <= value;
        end
endmodule

module timer_bank (
    input             clk,
    input             resetn,
    input             wr,
    input      [4:0]  addr,         // {unit, register}; unit 3 holds prescaler, watchdog and flags
    input      [15:0] wdata,
    output reg [15:0] rdata,
    input      [2:0]  capture,
    output            irq,
    output reg        watchdog_reset
);
    reg [15:0] prescale, divider;
    reg [15:0] dog;
    reg        dog_on;
    reg [5:0]  flags, mask;

    wire tick = divider == 16'd0;

    wire [2:0]  expired, matched;
    wire [47:0] values, captures;
    wire [11:0] ctrls;

    genvar u;
    generate for (u = 0; u < 3; u = u + 1) begin : unit
        timer_unit t (
            .clk(clk), .resetn(resetn), .tick(tick),
            .wr_ctrl(wr & addr == {u[1:0], 3'd0}),
            .wr_load(wr & addr == {u[1:0], 3'd1}),
            .wr_compare(wr & addr == {u[1:0], 3'd2}),
            .wr_data(wdata), .capture_pin(capture[u]),
            .value(values[16*u +: 16]), .captured(captures[16*u +: 16]), .ctrl(ctrls[4*u +: 4]),
            .expired(expired[u]), .matched(matched[u])
        );
    end endgenerate

    assign irq = |(flags & mask);

    always @(posedge clk)
        if (!resetn) begin
            prescale <= 16'd0;
            divider  <= 16'd0;
            dog      <= 16'hffff;
            dog_on   <= 1'b0;
            flags    <= 6'd0;
            mask     <= 6'd0;
            watchdog_reset <= 1'b0;
        end else begin
            divider <= tick ? prescale : divider - 16'd1;
            flags   <= (flags | {matched, expired}) & ~((wr && addr == 5'b11_010) ? wdata[5:0] : 6'd0);
            if (wr && addr == 5'b11_000) prescale <= wdata;
            if (wr && addr == 5'b11_011) mask     <= wdata[5:0];
            if (wr && addr == 5'b11_001) begin
                dog    <= wdata;
                dog_on <= 1'b1;
            end else if (dog_on && tick && dog != 16'd0)
                dog <= dog - 16'd1;
            watchdog_reset <= dog_on & dog == 16'd0;
        end

    always @* begin
        rdata = 16'd0;
        case (addr)
            5'b00_000: rdata = {12'd0, ctrls[3:0]};
            5'b01_000: rdata = {12'd0, ctrls[7:4]};
            5'b10_000: rdata = {12'd0, ctrls[11:8]};
            5'b00_011: rdata = values[15:0];
            5'b01_011: rdata = values[31:16];
            5'b10_011: rdata = values[47:32];
            5'b00_100: rdata = captures[15:0];
            5'b01_100: rdata = captures[31:16];
            5'b10_100: rdata = captures[47:32];
            5'b11_000: rdata = prescale;
            5'b11_001: rdata = dog;
            5'b11_010: rdata = {10'd0, flags};
            5'b11_011: rdata = {10'd0, mask};
            default:   rdata = 16'd0;
        endcase
    end
endmodule
