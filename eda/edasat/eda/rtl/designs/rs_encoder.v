// Systematic Reed-Solomon encoder over GF(256), x^8+x^4+x^3+x^2+1, with eight check symbols.
// The generator polynomial has the roots alpha^0 .. alpha^7.
module rs_encoder (
    input            clk,
    input            rst,
    input            first,        // first data symbol of a block
    input            data_valid,
    input      [7:0] data,
    input            flush,        // shifts the check symbols out, the highest power first
    output reg       out_valid,
    output reg [7:0] out_symbol
);
    localparam N = 8;

    // g(x) = x^8 + 255 x^7 + 11 x^6 + 81 x^5 + 54 x^4 + 239 x^3 + 173 x^2 + 200 x + 24; the constant term stands low
    localparam [8*N-1:0] GENERATOR = {8'd255, 8'd11, 8'd81, 8'd54, 8'd239, 8'd173, 8'd200, 8'd24};

    function [7:0] gf_times;
        input [7:0] a, b;
        integer     i;
        reg   [7:0] p;
        begin
            p = 8'd0;
            for (i = 7; i >= 0; i = i - 1)
                p = {p[6:0], 1'b0} ^ (p[7] ? 8'h1d : 8'h00) ^ (b[i] ? a : 8'h00);
            gf_times = p;
        end
    endfunction

    reg  [8*N-1:0] checks;                     // power 0 in the low byte
    wire [8*N-1:0] base     = first ? {(8*N){1'b0}} : checks;
    wire [7:0]     feedback = data ^ base[8*N-1 -: 8];
    wire [8*N-1:0] next;

    genvar k;
    generate
        for (k = 0; k < N; k = k + 1) begin : tap
            wire [7:0] product = gf_times(feedback, GENERATOR[8*k +: 8]);
            if (k == 0) begin : lowest
                assign next[7:0] = product;
            end else begin : others
                assign next[8*k +: 8] = product ^ base[8*(k-1) +: 8];
            end
        end
    endgenerate

    always @(posedge clk)
        if (rst) begin
            checks     <= {(8*N){1'b0}};
            out_valid  <= 1'b0;
            out_symbol <= 8'd0;
        end else begin
            out_valid <= data_valid | flush;
            if (data_valid) begin
                checks     <= next;
                out_symbol <= data;
            end else if (flush) begin
                checks     <= {checks[8*N-9:0], 8'd0};
                out_symbol <= checks[8*N-1 -: 8];
            end
        end
endmodule
