// Convolutional code of rate 1/2, constraint length 3, generators 7 and 5 (octal): encoder and hard-decision
// Viterbi decoder with register exchange. A path through four states keeps its last DEPTH bits.
module viterbi_k3 #(
    parameter DEPTH  = 16,       // decision delay in bits
    parameter METRIC = 5         // bits of a path metric, compared modulo 2^METRIC
) (
    input            clk,
    input            rst,
    // encoder
    input            enc_valid,
    input            enc_bit,
    output reg       enc_ready,
    output reg [1:0] enc_code,
    // decoder
    input            dec_valid,
    input      [1:0] dec_code,
    output reg       dec_ready,
    output reg       dec_bit
);
    // ---------------------------------------------------------------- encoder
    reg [1:0] memory;            // {older, newer}

    always @(posedge clk)
        if (rst) begin
            memory    <= 2'b00;
            enc_ready <= 1'b0;
            enc_code  <= 2'b00;
        end else begin
            enc_ready <= enc_valid;
            if (enc_valid) begin
                enc_code <= {enc_bit ^ memory[0] ^ memory[1], enc_bit ^ memory[1]};
                memory   <= {memory[0], enc_bit};
            end
        end

    // ---------------------------------------------------------------- decoder
    // distance between two code symbols
    function [1:0] distance;
        input [1:0] a;
        input [1:0] b;
        distance = {1'b0, a[1] ^ b[1]} + {1'b0, a[0] ^ b[0]};
    endfunction

    // code symbol on the branch from state {older, newer} with this input bit
    function [1:0] branch;
        input [1:0] state;
        input       bit_in;
        branch = {bit_in ^ state[0] ^ state[1], bit_in ^ state[1]};
    endfunction

    wire [4*METRIC-1:0] metrics;
    wire [4*DEPTH-1:0]  paths;

    genvar s;
    generate
        for (s = 0; s < 4; s = s + 1) begin : acs
            // state s = {newer of the predecessor, input bit}: predecessors are {0, s[1]} and {1, s[1]}
            localparam [1:0] S  = s;
            localparam [1:0] P0 = {1'b0, S[1]};
            localparam [1:0] P1 = {1'b1, S[1]};
            reg [METRIC-1:0] metric;
            reg [DEPTH-1:0]  path;

            wire [METRIC-1:0] m0 = metrics[P0*METRIC +: METRIC] + distance(dec_code, branch(P0, S[0]));
            wire [METRIC-1:0] m1 = metrics[P1*METRIC +: METRIC] + distance(dec_code, branch(P1, S[0]));
            wire [METRIC-1:0] difference = m1 - m0;
            wire              take1 = difference[METRIC-1];     // modulo comparison

            always @(posedge clk)
                if (rst) begin
                    metric <= (S == 2'd0) ? 0 : 8;              // the encoder starts in state 0
                    path   <= 0;
                end else if (dec_valid) begin
                    metric <= take1 ? m1 : m0;
                    path   <= {take1 ? paths[P1*DEPTH +: DEPTH - 1] : paths[P0*DEPTH +: DEPTH - 1], S[0]};
                end

            assign metrics[s*METRIC +: METRIC] = metric;
            assign paths[s*DEPTH +: DEPTH]     = path;
        end
    endgenerate

    // the oldest bits of the four paths agree almost always; the majority decides
    wire [3:0] oldest = {paths[4*DEPTH-1], paths[3*DEPTH-1], paths[2*DEPTH-1], paths[DEPTH-1]};

    always @(posedge clk)
        if (rst) begin
            dec_ready <= 1'b0;
            dec_bit   <= 1'b0;
        end else begin
            dec_ready <= dec_valid;
            dec_bit   <= (oldest[0] & oldest[1]) | (oldest[2] & oldest[3]) | (oldest[0] & oldest[2]);
        end
endmodule
