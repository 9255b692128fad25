// 32-bit ALU with registered operands and result, condition flags, count of leading zeros and population count.
module alu32 (
    input             clk,
    input             rst,
    input             en,
    input      [3:0]  op,
    input      [31:0] a,
    input      [31:0] b,
    output reg [31:0] result,
    output reg        zero, negative, carry, overflow
);
    localparam ADD = 4'h0, SUB = 4'h1, AND = 4'h2, OR  = 4'h3, XOR = 4'h4, NOR = 4'h5,
               SLL = 4'h6, SRL = 4'h7, SRA = 4'h8, SLT = 4'h9, SLTU = 4'hA, CLZ = 4'hB,
               POP = 4'hC, MAX = 4'hD, BSWAP = 4'hE, PASS = 4'hF;

    reg [3:0]  op_r;
    reg [31:0] a_r, b_r;
    reg        en_r;

    wire        subtract = op_r == SUB || op_r == SLT || op_r == SLTU || op_r == MAX;
    wire [32:0] sum      = {1'b0, a_r} + {1'b0, b_r ^ {32{subtract}}} + subtract;
    wire        ovf      = (a_r[31] ^ sum[31]) & (b_r[31] ^ sum[31] ^ subtract);
    wire        less     = sum[31] ^ ovf;       // signed a < b

    function [5:0] leading_zeros;
        input [31:0] v;
        reg   [31:0] t;
        begin
            leading_zeros = 6'd0;
            t = v;
            if (t == 32'd0)
                leading_zeros = 6'd32;
            else begin
                if (t[31:16] == 0) begin leading_zeros[4] = 1'b1; t = t << 16; end
                if (t[31:24] == 0) begin leading_zeros[3] = 1'b1; t = t << 8;  end
                if (t[31:28] == 0) begin leading_zeros[2] = 1'b1; t = t << 4;  end
                if (t[31:30] == 0) begin leading_zeros[1] = 1'b1; t = t << 2;  end
                if (t[31] == 0)    leading_zeros[0] = 1'b1;
            end
        end
    endfunction

    function [5:0] ones;
        input [31:0] v;
        integer i;
        begin
            ones = 6'd0;
            for (i = 0; i < 32; i = i + 1)
                ones = ones + v[i];
        end
    endfunction

    reg [31:0] y;
    always @* begin
        case (op_r)
            ADD, SUB: y = sum[31:0];
            AND:      y = a_r & b_r;
            OR:       y = a_r | b_r;
            XOR:      y = a_r ^ b_r;
            NOR:      y = ~(a_r | b_r);
            SLL:      y = a_r << b_r[4:0];
            SRL:      y = a_r >> b_r[4:0];
            SRA:      y = $signed(a_r) >>> b_r[4:0];
            SLT:      y = {31'd0, less};
            SLTU:     y = {31'd0, ~sum[32]};
            CLZ:      y = {26'd0, leading_zeros(a_r)};
            POP:      y = {26'd0, ones(a_r)};
            MAX:      y = less ? b_r : a_r;
            BSWAP:    y = {a_r[7:0], a_r[15:8], a_r[23:16], a_r[31:24]};
            default:  y = b_r;
        endcase
    end

    always @(posedge clk)
        if (rst) begin
            en_r   <= 1'b0;
            op_r   <= 4'h0;
            a_r    <= 32'd0;
            b_r    <= 32'd0;
            result <= 32'd0;
            {zero, negative, carry, overflow} <= 4'b0000;
        end else begin
            en_r <= en;
            if (en) begin
                op_r <= op;
                a_r  <= a;
                b_r  <= b;
            end
            if (en_r) begin
                result   <= y;
                zero     <= y == 32'd0;
                negative <= y[31];
                carry    <= sum[32];
                overflow <= (op_r == ADD || op_r == SUB) & ovf;
            end
        end
endmodule
