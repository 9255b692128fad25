//-----------------------------------------------------------------------------
// Second-order IIR section, direct form I, one multiplier shared over five cycles.
//   y[n] = b0 x[n] + b1 x[n-1] + b2 x[n-2] - a1 y[n-1] - a2 y[n-2]
// Samples and coefficients are signed; coefficients have COEF_FRAC fraction bits.
//-----------------------------------------------------------------------------
module iir_biquad #(
    parameter SAMPLE_W  = 10,
    parameter COEF_W    = 10,
    parameter COEF_FRAC = 8
)(
    input  wire                       CLK,
    input  wire                       RESET,
    input  wire                       START,
    input  wire signed [SAMPLE_W-1:0] X_IN,
    input  wire signed [COEF_W-1:0]   B0, B1, B2, A1, A2,
    output reg  signed [SAMPLE_W-1:0] Y_OUT,
    output reg                        READY,
    output reg                        CLIPPED
);

localparam ACC_W = SAMPLE_W + COEF_W + 3;

reg signed [SAMPLE_W-1:0] X0, X1, X2, Y1, Y2;
reg signed [ACC_W-1:0]    ACC;
reg        [2:0]          PHASE;

reg signed [SAMPLE_W-1:0] MUL_A;
reg signed [COEF_W-1:0]   MUL_B;

always @(*) begin
    case (PHASE)
        3'd1:    begin MUL_A = X0; MUL_B = B0; end
        3'd2:    begin MUL_A = X1; MUL_B = B1; end
        3'd3:    begin MUL_A = X2; MUL_B = B2; end
        3'd4:    begin MUL_A = Y1; MUL_B = A1; end
        default: begin MUL_A = Y2; MUL_B = A2; end
    endcase
end

wire signed [SAMPLE_W+COEF_W-1:0] PRODUCT = MUL_A * MUL_B;
wire signed [ACC_W-1:0] SCALED = ACC >>> COEF_FRAC;

// All bits above the sample's sign bit must equal it, or the value does not fit.
wire FITS = (&SCALED[ACC_W-1:SAMPLE_W-1]) | ~(|SCALED[ACC_W-1:SAMPLE_W-1]);
wire signed [SAMPLE_W-1:0] LIMITED =
    FITS ? SCALED[SAMPLE_W-1:0] : {SCALED[ACC_W-1], {(SAMPLE_W-1){~SCALED[ACC_W-1]}}};

always @(posedge CLK) begin
    if (RESET) begin
        PHASE   <= 3'd0;
        ACC     <= 0;
        X0      <= 0;
        X1      <= 0;
        X2      <= 0;
        Y1      <= 0;
        Y2      <= 0;
        Y_OUT   <= 0;
        READY   <= 1'b0;
        CLIPPED <= 1'b0;
    end else begin
        READY <= 1'b0;
        case (PHASE)
            3'd0: if (START) begin
                X0    <= X_IN;
                X1    <= X0;
                X2    <= X1;
                ACC   <= 0;
                PHASE <= 3'd1;
            end
            3'd1, 3'd2, 3'd3: begin
                ACC   <= ACC + PRODUCT;
                PHASE <= PHASE + 3'd1;
            end
            3'd4, 3'd5: begin
                ACC   <= ACC - PRODUCT;
                PHASE <= PHASE + 3'd1;
            end
            default: begin
                Y_OUT   <= LIMITED;
                Y1      <= LIMITED;
                Y2      <= Y1;
                READY   <= 1'b1;
                CLIPPED <= ~FITS;
                PHASE   <= 3'd0;
            end
        endcase
    end
end

endmodule
