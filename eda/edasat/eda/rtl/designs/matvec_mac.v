// Matrix-vector product on a row of multiply-accumulate cells: each cell keeps one row's sum.
// A column of weights and one element of the vector go in per cycle; ReLU and requantisation on the way out.

module mac_cell #(parameter A = 8, parameter B = 6, parameter S = 18) (
    input                    clk,
    input                    clear,
    input                    en,
    input  signed [A-1:0]    x,
    input  signed [B-1:0]    w,
    output reg signed [S-1:0] acc
);
    reg signed [A+B-1:0] product;
    reg                  en_q, clear_q;
    always @(posedge clk) begin
        product <= x * w;
        en_q    <= en;
        clear_q <= clear;
        if (en_q) acc <= clear_q ? product : acc + product;
    end
endmodule

module matvec_mac #(
    parameter ROWS = 4,
    parameter A    = 8,
    parameter B    = 6,
    parameter S    = 18
) (
    input                    clk,
    input                    rst,
    input                    in_valid,
    input                    in_first,      // first element of the vector
    input                    in_last,
    input  signed [A-1:0]    in_x,
    input  [ROWS*B-1:0]      in_w,
    input  [3:0]             shift,
    input                    relu,
    output reg               out_valid,
    output reg [ROWS*A-1:0]  out_y
);
    wire [ROWS*S-1:0] sums;
    wire [ROWS*A-1:0] limited;
    reg  [1:0]        last_pipe;

    genvar r;
    generate
        for (r = 0; r < ROWS; r = r + 1) begin : row
            mac_cell #(.A(A), .B(B), .S(S)) u_mac (
                .clk(clk), .clear(in_first), .en(in_valid),
                .x(in_x), .w(in_w[r*B +: B]), .acc(sums[r*S +: S])
            );
            wire signed [S-1:0] scaled = $signed(sums[r*S +: S]) >>> shift;
            wire                high   = ~scaled[S-1] & |scaled[S-2:A-1];
            wire                low    = scaled[S-1] & ~&scaled[S-2:A-1];
            wire [A-1:0] clipped = high ? {1'b0, {(A-1){1'b1}}} : low ? {1'b1, {(A-1){1'b0}}} : scaled[A-1:0];
            assign limited[r*A +: A] = (relu && scaled[S-1]) ? {A{1'b0}} : clipped;
        end
    endgenerate

    always @(posedge clk)
        if (rst) begin
            last_pipe <= 2'b00;
            out_valid <= 1'b0;
        end else begin
            last_pipe <= {last_pipe[0], in_valid & in_last};
            out_valid <= last_pipe[1];
        end

    always @(posedge clk)
        if (last_pipe[1]) out_y <= limited;
endmodule
