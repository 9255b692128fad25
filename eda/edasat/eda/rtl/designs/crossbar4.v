// 4 x 4 crossbar switch with a registered output stage and rotating priority at each output.
// Flits carry their destination in the two top bits; valid/ready handshakes on both sides.

module xbar_output #(parameter W = 16) (
    input              clk,
    input              rst_n,
    input  [3:0]       want,          // inputs that have a flit for this output
    input  [4*W-1:0]   flits,
    output [3:0]       take,          // one-hot
    output reg         valid,
    output reg [W-1:0] flit,
    input              ready
);
    reg [1:0] turn;                   // input with the highest priority

    wire [7:0] doubled = {want, want} >> turn;
    wire [3:0] rotated = doubled[3:0];
    wire [1:0] offset  = rotated[0] ? 2'd0 : rotated[1] ? 2'd1 : rotated[2] ? 2'd2 : 2'd3;
    wire [1:0] winner  = turn + offset;
    wire       free    = ~valid | ready;
    wire       any     = |want;

    assign take = (free && any) ? (4'b0001 << winner) : 4'b0000;

    always @(posedge clk or negedge rst_n)
        if (!rst_n) begin
            valid <= 1'b0;
            turn  <= 2'd0;
            flit  <= {W{1'b0}};
        end else if (free) begin
            valid <= any;
            if (any) begin
                flit <= flits[winner*W +: W];
                turn <= winner + 2'd1;
            end
        end
endmodule

module crossbar4 #(
    parameter W = 16
) (
    input            clk,
    input            rst_n,
    input  [3:0]     in_valid,
    input  [4*W-1:0] in_flit,
    output [3:0]     in_ready,
    output [3:0]     out_valid,
    output [4*W-1:0] out_flit,
    input  [3:0]     out_ready
);
    wire [15:0] want, take;           // [output*4 + input]

    genvar o, i;
    generate
        for (o = 0; o < 4; o = o + 1) begin : outputs
            for (i = 0; i < 4; i = i + 1) begin : wants
                assign want[o*4 + i] = in_valid[i] & (in_flit[i*W + W - 1 -: 2] == o);
            end
            xbar_output #(.W(W)) u_out (
                .clk   (clk),
                .rst_n (rst_n),
                .want  (want[o*4 +: 4]),
                .flits (in_flit),
                .take  (take[o*4 +: 4]),
                .valid (out_valid[o]),
                .flit  (out_flit[o*W +: W]),
                .ready (out_ready[o])
            );
        end
        for (i = 0; i < 4; i = i + 1) begin : readies
            assign in_ready[i] = take[i] | take[4 + i] | take[8 + i] | take[12 + i];
        end
    endgenerate
endmodule
