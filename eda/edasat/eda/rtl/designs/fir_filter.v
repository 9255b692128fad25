// Symmetric FIR low-pass, eight taps, transposed form with loadable coefficients.
// y[n] = sum h[k] x[n-k], h[k] = h[7-k]; four multipliers serve eight taps. The result is rounded and saturated.
module fir_filter #(
    parameter DW = 8,              // data, signed
    parameter CW = 6               // coefficients, signed
) (
    input                       clk,
    input                       rst_n,
    input                       coef_we,
    input         [1:0]         coef_addr,
    input  signed [CW-1:0]      coef_data,
    input                       x_valid,
    input  signed [DW-1:0]      x,
    output reg                  y_valid,
    output reg signed [DW-1:0]  y
);
    localparam PW = DW + CW;       // product
    localparam AW = PW + 3;        // sum of eight products

    reg signed [CW-1:0] h0, h1, h2, h3;

    always @(posedge clk or negedge rst_n)
        if (!rst_n) begin
            h0 <= 0; h1 <= 0; h2 <= 0; h3 <= 0;
        end else if (coef_we)
            case (coef_addr)
                2'd0: h0 <= coef_data;
                2'd1: h1 <= coef_data;
                2'd2: h2 <= coef_data;
                2'd3: h3 <= coef_data;
            endcase

    wire signed [PW-1:0] p0 = x * h0;
    wire signed [PW-1:0] p1 = x * h1;
    wire signed [PW-1:0] p2 = x * h2;
    wire signed [PW-1:0] p3 = x * h3;

    reg signed [AW-1:0] z1, z2, z3, z4, z5, z6, z7;
    wire signed [AW-1:0] sum = z1 + p0;

    always @(posedge clk or negedge rst_n)
        if (!rst_n) begin
            z1 <= 0; z2 <= 0; z3 <= 0; z4 <= 0; z5 <= 0; z6 <= 0; z7 <= 0;
        end else if (x_valid) begin
            z7 <= p0;
            z6 <= z7 + p1;
            z5 <= z6 + p2;
            z4 <= z5 + p3;
            z3 <= z4 + p3;
            z2 <= z3 + p2;
            z1 <= z2 + p1;
        end

    // coefficients have CW-1 fraction bits
    wire signed [AW-1:0] rounded = (sum + (1 << (CW - 2))) >>> (CW - 1);
    wire too_high = rounded > ((1 << (DW - 1)) - 1);
    wire too_low  = rounded < -(1 << (DW - 1));

    always @(posedge clk or negedge rst_n)
        if (!rst_n) begin
            y       <= 0;
            y_valid <= 1'b0;
        end else begin
            y_valid <= x_valid;
            if (x_valid)
                y <= too_high ? {1'b0, {(DW-1){1'b1}}} : too_low ? {1'b1, {(DW-1){1'b0}}} : rounded[DW-1:0];
        end
endmodule
