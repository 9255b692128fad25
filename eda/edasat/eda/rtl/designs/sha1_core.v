// SHA-1 compression (FIPS 180-4, section 6.1.2), one of the 80 steps per cycle.
// The message schedule lives in a window of sixteen words, which never stops shifting: the words of a block
// come in consecutive cycles.
module sha1_core (
    input             clk,
    input             rst_n,
    input             word_valid,        // sixteen words make a block, the most significant first
    input      [31:0] word,
    input             first,             // with the first word: start from the initial hash value
    output            ready,
    output reg        done,
    output     [159:0] digest
);
    reg [31:0] h0, h1, h2, h3, h4;
    reg [31:0] a, b, c, d, e;
    reg [31:0] w [0:15];
    reg [6:0]  t;                        // 0..79
    reg [4:0]  loaded;

    wire running = loaded == 5'd16;
    assign ready  = ~running;
    assign digest = {h0, h1, h2, h3, h4};

    reg [31:0] f, k;
    always @* begin
        if (t < 7'd20) begin
            f = (b & c) | (~b & d);
            k = 32'h5a827999;
        end else if (t < 7'd40) begin
            f = b ^ c ^ d;
            k = 32'h6ed9eba1;
        end else if (t < 7'd60) begin
            f = (b & c) | (b & d) | (c & d);
            k = 32'h8f1bbcdc;
        end else begin
            f = b ^ c ^ d;
            k = 32'hca62c1d6;
        end
    end

    wire [31:0] temp     = {a[26:0], a[31:27]} + f + e + k + w[0];
    wire [31:0] expanded = w[13] ^ w[8] ^ w[2] ^ w[0];

    integer i;
    always @(posedge clk) begin
        for (i = 0; i < 15; i = i + 1) w[i] <= w[i+1];
        w[15] <= running ? {expanded[30:0], expanded[31]} : word;
    end

    always @(posedge clk or negedge rst_n) begin
        if (!rst_n) begin
            {h0, h1, h2, h3, h4} <= 160'd0;
            {a, b, c, d, e}      <= 160'd0;
            t      <= 7'd0;
            loaded <= 5'd0;
            done   <= 1'b0;
        end else begin
            done <= 1'b0;
            if (word_valid && ready) begin
                loaded <= loaded + 5'd1;
                t      <= 7'd0;
                if (loaded == 5'd0 && first)
                    {h0, h1, h2, h3, h4} <= {32'h67452301, 32'hefcdab89, 32'h98badcfe, 32'h10325476, 32'hc3d2e1f0};
                if (loaded == 5'd15)
                    {a, b, c, d, e} <= {h0, h1, h2, h3, h4};
            end else if (running) begin
                {a, b, c, d, e} <= {temp, a, {b[1:0], b[31:2]}, c, d};
                t <= t + 7'd1;
                if (t == 7'd79) begin
                    h0 <= h0 + temp;
                    h1 <= h1 + a;
                    h2 <= h2 + {b[1:0], b[31:2]};
                    h3 <= h3 + c;
                    h4 <= h4 + d;
                    loaded <= 5'd0;
                    done   <= 1'b1;
                end
            end
        end
    end
endmodule
