// Pipelined 16 x 16 signed multiplier: radix-4 Booth recoding, carry-save tree, final adder. Three cycles.

module csa #(parameter W = 32) (
    input  [W-1:0] a, b, c,
    output [W-1:0] s, k
);
    wire [W-1:0] majority = (a & b) | (a & c) | (b & c);
    assign s = a ^ b ^ c;
    assign k = {majority[W-2:0], 1'b0};
endmodule

module booth_mul (
    input                    clk,
    input                    ce,
    input                    in_valid,
    input  signed     [15:0] multiplicand,
    input  signed     [15:0] multiplier,
    output reg               out_valid,
    output reg signed [31:0] product
);
    // Stage 1: eight partial products of 0, +-1, +-2 times the multiplicand
    wire [16:0] recoded = {multiplier, 1'b0};
    wire [255:0] partial;
    genvar i;
    generate
        for (i = 0; i < 8; i = i + 1) begin : booth
            wire [2:0]  digit = recoded[2*i +: 3];
            wire        one   = digit[1] ^ digit[0];
            wire        two   = (digit == 3'b011) | (digit == 3'b100);
            wire        neg   = digit[2];
            wire [16:0] magnitude = ({17{one}} & {multiplicand[15], multiplicand}) | ({17{two}} & {multiplicand, 1'b0});
            wire [31:0] extended  = {{15{magnitude[16]}}, magnitude};
            wire [31:0] negated   = (extended ^ {32{neg}}) + {31'd0, neg};
            assign partial[32*i +: 32] = negated << (2 * i);
        end
    endgenerate

    reg [255:0] pp;
    reg         v1, v2;
    always @(posedge clk) if (ce) begin
        pp <= partial;
        v1 <= in_valid;
    end

    // Stage 2: eight rows to two
    wire [31:0] s0, k0, s1, k1, s2, k2, s3, k3, s4, k4, s5, k5;
    csa l1a (.a(pp[31:0]),    .b(pp[63:32]),   .c(pp[95:64]),   .s(s0), .k(k0));
    csa l1b (.a(pp[127:96]),  .b(pp[159:128]), .c(pp[191:160]), .s(s1), .k(k1));
    csa l2a (.a(s0), .b(k0), .c(s1),                            .s(s2), .k(k2));
    csa l2b (.a(k1), .b(pp[223:192]), .c(pp[255:224]),          .s(s3), .k(k3));
    csa l3  (.a(s2), .b(k2), .c(s3),                            .s(s4), .k(k4));
    csa l4  (.a(s4), .b(k4), .c(k3),                            .s(s5), .k(k5));

    reg [31:0] sum, carry;
    always @(posedge clk) if (ce) begin
        sum   <= s5;
        carry <= k5;
        v2    <= v1;
    end

    // Stage 3
    always @(posedge clk) if (ce) begin
        product   <= sum + carry;
        out_valid <= v2;
    end
endmodule
