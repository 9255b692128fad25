// SECDED codec for 32 data bits: Hamming code with six check bits and an overall parity bit.
// One side encodes, the other corrects single and reports double errors; both are registered.
// Code word positions 1..38 hold check bits at the powers of two; position 0 is the overall parity.
module secded32 (
    input             clk,
    input             rst_n,
    input      [31:0] enc_data,
    output reg [38:0] enc_word,
    input             dec_valid,
    input      [38:0] dec_word,
    output reg [31:0] dec_data,
    output reg        dec_single,
    output reg        dec_double,
    output reg [7:0]  corrected      // counts corrected words, stops at 255
);
    function is_check;
        input [5:0] position;
        is_check = (position & (position - 6'd1)) == 6'd0;      // powers of two, and 0
    endfunction

    // data bits to their positions, check bits zero
    function [38:0] spread;
        input [31:0] d;
        integer p, k;
        begin
            spread = 39'd0;
            k = 0;
            for (p = 1; p < 39; p = p + 1)
                if (!is_check(p)) begin
                    spread[p] = d[k];
                    k = k + 1;
                end
        end
    endfunction

    function [31:0] gather;
        input [38:0] w;
        integer p, k;
        begin
            gather = 32'd0;
            k = 0;
            for (p = 1; p < 39; p = p + 1)
                if (!is_check(p)) begin
                    gather[k] = w[p];
                    k = k + 1;
                end
        end
    endfunction

    // XOR of the positions that hold a one
    function [5:0] syndrome;
        input [38:0] w;
        integer p;
        begin
            syndrome = 6'd0;
            for (p = 1; p < 39; p = p + 1)
                if (w[p]) syndrome = syndrome ^ p[5:0];
        end
    endfunction

    function [38:0] encode;
        input [31:0] d;
        reg   [38:0] w;
        reg   [5:0]  s;
        integer b;
        begin
            w = spread(d);
            s = syndrome(w);
            for (b = 0; b < 6; b = b + 1)
                w[1 << b] = s[b];
            w[0] = ^w[38:1];
            encode = w;
        end
    endfunction

    wire [5:0]  s      = syndrome(dec_word);
    wire        odd    = ^dec_word;
    wire        single = odd;
    wire        double = ~odd & (s != 6'd0);
    wire [38:0] fixed  = dec_word ^ (single ? (39'd1 << s) : 39'd0);

    always @(posedge clk or negedge rst_n)
        if (!rst_n) begin
            enc_word   <= 39'd0;
            dec_data   <= 32'd0;
            dec_single <= 1'b0;
            dec_double <= 1'b0;
            corrected  <= 8'd0;
        end else begin
            enc_word <= encode(enc_data);
            if (dec_valid) begin
                dec_data   <= gather(fixed);
                dec_single <= single;
                dec_double <= double;
                if (single && corrected != 8'hff) corrected <= corrected + 8'd1;
            end
        end
endmodule
