// Batcher's odd-even merge sort of eight keys with tags, a register after each merge step.

module comparator #(parameter K = 6, parameter T = 3) (
    input  [K+T-1:0] lo_in,
    input  [K+T-1:0] hi_in,
    output [K+T-1:0] lo_out,
    output [K+T-1:0] hi_out
);
    wire swap = lo_in[K+T-1:T] > hi_in[K+T-1:T];
    assign lo_out = swap ? hi_in : lo_in;
    assign hi_out = swap ? lo_in : hi_in;
endmodule

module sorter8 #(
    parameter KEY_BITS = 6,
    parameter TAG_BITS = 3
) (
    input                               clk,
    input                               in_valid,
    input  [8*(KEY_BITS+TAG_BITS)-1:0]  in_items,     // {key, tag}, item 0 in the low bits
    output                              out_valid,
    output [8*(KEY_BITS+TAG_BITS)-1:0]  out_items     // keys ascend with the index
);
    localparam W = KEY_BITS + TAG_BITS;

    // 19 comparators as pairs (a, b) of lanes, in six layers; 6'o77 stands for an empty place
    localparam [6*4*6-1:0] NETWORK = {
        {6'o77, 6'o56, 6'o34, 6'o12},        // layer 5
        {6'o77, 6'o77, 6'o35, 6'o24},        // layer 4
        {6'o37, 6'o26, 6'o15, 6'o04},        // layer 3
        {6'o77, 6'o77, 6'o56, 6'o12},        // layer 2
        {6'o57, 6'o46, 6'o13, 6'o02},        // layer 1
        {6'o67, 6'o45, 6'o23, 6'o01}         // layer 0
    };

    wire [W-1:0] stage [0:7*8-1];            // stage[8*layer + lane]: input of a layer
    reg  [5:0]   valid;

    genvar layer, lane, c;
    generate
        for (lane = 0; lane < 8; lane = lane + 1) begin : ends
            assign stage[lane] = in_items[lane*W +: W];
            assign out_items[lane*W +: W] = stage[48 + lane];
        end

        for (layer = 0; layer < 6; layer = layer + 1) begin : layers
            wire [W-1:0] after [0:7];
            wire [7:0]   used;
            for (c = 0; c < 4; c = c + 1) begin : pairs
                localparam [5:0] PAIR = NETWORK[6*(4*layer + c) +: 6];
                if (PAIR != 6'o77) begin : place
                    comparator #(.K(KEY_BITS), .T(TAG_BITS)) u (
                        .lo_in  (stage[8*layer + PAIR[5:3]]),
                        .hi_in  (stage[8*layer + PAIR[2:0]]),
                        .lo_out (after[PAIR[5:3]]),
                        .hi_out (after[PAIR[2:0]])
                    );
                end
            end
            // lanes without a comparator in this layer pass
            if (layer == 2 || layer == 5) begin : pass_outer
                assign after[0] = stage[8*layer];
                assign after[7] = stage[8*layer + 7];
                if (layer == 2) begin : pass_inner
                    assign after[3] = stage[8*layer + 3];
                    assign after[4] = stage[8*layer + 4];
                end
            end
            if (layer == 4) begin : pass_merged
                assign after[0] = stage[8*layer];
                assign after[1] = stage[8*layer + 1];
                assign after[6] = stage[8*layer + 6];
                assign after[7] = stage[8*layer + 7];
            end
            // registers behind layers 0, 2 and 5 end the merges of 2, 4 and 8 keys
            for (lane = 0; lane < 8; lane = lane + 1) begin : regs
                if (layer == 0 || layer == 2 || layer == 5) begin : registered
                    reg [W-1:0] q;
                    always @(posedge clk) q <= after[lane];
                    assign stage[8*(layer + 1) + lane] = q;
                end else begin : direct
                    assign stage[8*(layer + 1) + lane] = after[lane];
                end
            end
        end
    endgenerate

    reg [2:0] valid_pipe;
    always @(posedge clk)
        valid_pipe <= {valid_pipe[1:0], in_valid};
    assign out_valid = valid_pipe[2];
endmodule
