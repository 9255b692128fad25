// Self-synchronising scrambler and descrambler of 64b/66b coding, x^58 + x^39 + 1, 32 bits per cycle,
// with a pseudo-random test pattern generator and an error counter.
module scrambler64 #(parameter W = 32) (
    input              clk,
    input              rst,
    input              bypass,
    input              test_mode,
    input  [W-1:0]     tx_in,
    output reg [W-1:0] tx_out,
    input  [W-1:0]     rx_in,
    output reg [W-1:0] rx_out,
    output reg [15:0]  errors
);
    reg [57:0] tx_state, rx_state;
    reg [30:0] prbs_tx, prbs_rx;

    reg [57:0] ts, rs;
    reg [30:0] pt, pr;
    reg [W-1:0] scrambled, descrambled, pattern, expected;
    integer n;

    always @* begin : scramble
        ts = tx_state;
        pt = prbs_tx;
        for (n = 0; n < W; n = n + 1) begin
            pattern[n]   = pt[30] ^ pt[27];
            pt           = {pt[29:0], pattern[n]};
            scrambled[n] = (test_mode ? pattern[n] : tx_in[n]) ^ ts[57] ^ ts[38];
            ts           = {ts[56:0], scrambled[n]};
        end
    end

    always @* begin : descramble
        rs = rx_state;
        pr = prbs_rx;
        for (n = 0; n < W; n = n + 1) begin
            descrambled[n] = rx_in[n] ^ rs[57] ^ rs[38];
            rs             = {rs[56:0], rx_in[n]};
            expected[n]    = pr[30] ^ pr[27];
            pr             = {pr[29:0], descrambled[n]};      // the checker locks to the data itself
        end
    end

    always @(posedge clk)
        if (rst) begin
            tx_state <= {58{1'b1}};
            rx_state <= 58'd0;
            prbs_tx  <= {31{1'b1}};
            prbs_rx  <= 31'd0;
            tx_out   <= {W{1'b0}};
            rx_out   <= {W{1'b0}};
            errors   <= 16'd0;
        end else begin
            tx_state <= ts;
            rx_state <= rs;
            prbs_tx  <= pt;
            prbs_rx  <= pr;
            tx_out   <= bypass ? tx_in : scrambled;
            rx_out   <= bypass ? rx_in : descrambled;
            if (!test_mode)
                errors <= 16'd0;
            else if (descrambled != expected && errors != 16'hffff)
                errors <= errors + 16'd1;
        end
endmodule
