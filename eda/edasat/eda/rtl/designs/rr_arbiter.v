// Round-robin arbiter with weights: a requester keeps the grant for up to its weight in beats.
// The search starts right after the last winner; two priority chains, masked and plain, avoid a rotation.

module rr_arbiter #(
    parameter N  = 8,
    parameter WW = 3                       // bits of a weight
) (
    input                 clk,
    input                 rst,
    input  [N-1:0]        req,
    input  [N*WW-1:0]     weight,          // beats minus one, requester 0 in the low bits
    input                 advance,         // the granted requester moves a beat
    output [N-1:0]        gnt,
    output                gnt_valid,
    output reg [$clog2(N)-1:0] gnt_index
);

    reg  [N-1:0]  last;                    // one-hot winner of the previous round
    reg  [N-1:0]  hold;                    // one-hot present winner
    reg  [WW-1:0] credit;

    // mask[i]: i stands after the last winner
    wire [N-1:0] mask;
    genvar g;
    generate
        assign mask[0] = 1'b0;
        for (g = 1; g < N; g = g + 1) begin : after
            assign mask[g] = mask[g-1] | last[g-1];
        end
    endgenerate

    wire [N-1:0] masked     = req & mask;
    wire [N-1:0] pick_high  = masked & (~masked + 1'b1);
    wire [N-1:0] pick_any   = req & (~req + 1'b1);
    wire [N-1:0] choice     = |masked ? pick_high : pick_any;
    wire         keep       = |(hold & req);

    assign gnt       = keep ? hold : choice;
    assign gnt_valid = |req;

    integer i;
    reg [WW-1:0] chosen_weight;
    always @* begin
        gnt_index     = 0;
        chosen_weight = 0;
        for (i = 0; i < N; i = i + 1)
            if (gnt[i]) begin
                gnt_index     = gnt_index | i;
                chosen_weight = chosen_weight | weight[i*WW +: WW];
            end
    end

    always @(posedge clk) begin
        if (rst) begin
            last   <= {1'b1, {(N-1){1'b0}}};
            hold   <= {N{1'b0}};
            credit <= {WW{1'b0}};
        end else if (advance && gnt_valid) begin
            if (!keep) begin
                last   <= choice;
                hold   <= (chosen_weight != 0) ? choice : {N{1'b0}};
                credit <= chosen_weight;
            end else begin
                credit <= credit - 1'b1;
                if (credit == 1)
                    hold <= {N{1'b0}};
            end
        end else if (!keep) begin
            hold <= {N{1'b0}};
        end
    end

endmodule
