// Adder and subtractor for half-precision floating point (IEEE 754 binary16), round to nearest even.
// Subnormal inputs count as zero and subnormal results become zero; NaN is 16'h7e00. Three stages.
module fp16_adder (
    input             clk,
    input             in_valid,
    input             subtract,
    input      [15:0] a,
    input      [15:0] b,
    output reg        out_valid,
    output reg [15:0] y
);
    // ---- stage 1: order by magnitude, align
    wire        sb    = b[15] ^ subtract;
    wire        swap  = b[14:0] > a[14:0];
    wire        s_big = swap ? sb : a[15];
    wire        s_sml = swap ? a[15] : sb;
    wire [4:0]  e_big = swap ? b[14:10] : a[14:10];
    wire [4:0]  e_sml = swap ? a[14:10] : b[14:10];
    wire [9:0]  f_big = swap ? b[9:0] : a[9:0];
    wire [9:0]  f_sml = swap ? a[9:0] : b[9:0];
    wire [10:0] m_big = (e_big == 5'd0) ? 11'd0 : {1'b1, f_big};
    wire [10:0] m_sml = (e_sml == 5'd0) ? 11'd0 : {1'b1, f_sml};
    wire [4:0]  gap   = e_big - e_sml;

    // guard, round and sticky bits below
    wire [26:0] wide    = {m_sml, 16'd0} >> gap;
    wire [13:0] aligned = (gap > 5'd26) ? {13'd0, |m_sml} : {wide[26:14], |wide[13:0]};

    wire nan_in  = (&a[14:10] & |a[9:0]) | (&b[14:10] & |b[9:0]) | (&a[14:10] & &b[14:10] & (a[15] ^ sb));
    wire inf_in  = &a[14:10] | &b[14:10];

    reg        v1, sign1, minus1, nan1, inf1, both_neg1;
    reg [4:0]  exp1;
    reg [13:0] big1, sml1;
    always @(posedge clk) begin
        v1        <= in_valid;
        sign1     <= s_big;
        minus1    <= s_big ^ s_sml;
        both_neg1 <= a[15] & sb;
        nan1      <= nan_in;
        inf1      <= inf_in;
        exp1      <= e_big;
        big1      <= {m_big, 3'b000};
        sml1      <= aligned;
    end

    // ---- stage 2: add, count leading zeros
    wire [14:0] total = minus1 ? {1'b0, big1} - {1'b0, sml1} : {1'b0, big1} + {1'b0, sml1};

    function [3:0] zeros;
        input [14:0] m;
        integer i;
        begin
            zeros = 4'd15;
            for (i = 0; i < 15; i = i + 1)
                if (m[i]) zeros = 14 - i;
        end
    endfunction

    reg        v2, sign2, nan2, inf2;
    reg [4:0]  exp2;
    reg [14:0] sum2;
    reg [3:0]  zeros2;
    always @(posedge clk) begin
        v2     <= v1;
        sign2  <= (total == 15'd0 && !inf1) ? both_neg1 : sign1;
        nan2   <= nan1;
        inf2   <= inf1;
        exp2   <= exp1;
        sum2   <= total;
        zeros2 <= zeros(total);
    end

    // ---- stage 3: normalise, round, pack
    wire [14:0] normal  = sum2 << zeros2;                        // leading one at bit 14
    wire signed [6:0] exponent = $signed({2'b00, exp2}) + 7'sd1 - $signed({3'b000, zeros2});
    wire        round_up = normal[3] & (normal[4] | (|normal[2:0]));
    wire [11:0] rounded = {1'b0, normal[14:4]} + {11'd0, round_up};
    wire signed [6:0] final_exponent = exponent + (rounded[11] ? 7'sd1 : 7'sd0);
    wire [9:0]  fraction = rounded[11] ? rounded[10:1] : rounded[9:0];

    always @(posedge clk) begin
        out_valid <= v2;
        if (nan2)
            y <= 16'h7e00;
        else if (inf2 || final_exponent >= 7'sd31)
            y <= {sign2, 5'h1f, 10'd0};
        else if (sum2 == 15'd0 || final_exponent <= 7'sd0)
            y <= {sign2, 15'd0};
        else
            y <= {sign2, final_exponent[4:0], fraction};
    end
endmodule
