// Interrupt controller core: a tree of two-way comparisons finds the pending request with the highest level;
// ties go to the lower number. Levels are programmable; a threshold masks low ones.

module winner #(parameter LEVEL = 3, parameter INDEX = 4) (
    input              a_valid,
    input  [LEVEL-1:0] a_level,
    input  [INDEX-1:0] a_index,
    input              b_valid,
    input  [LEVEL-1:0] b_level,
    input  [INDEX-1:0] b_index,
    output             valid,
    output [LEVEL-1:0] level,
    output [INDEX-1:0] index
);
    wire b_wins = b_valid & (~a_valid | (b_level > a_level));
    assign valid = a_valid | b_valid;
    assign level = b_wins ? b_level : a_level;
    assign index = b_wins ? b_index : a_index;
endmodule

module priority_tree #(
    parameter SOURCES_LOG2 = 4,
    parameter LEVEL        = 3
) (
    input                             clk,
    input                             rst_n,
    input  [(1<<SOURCES_LOG2)-1:0]    irq_lines,
    input  [(1<<SOURCES_LOG2)-1:0]    edge_mode,
    input                             level_we,
    input  [SOURCES_LOG2-1:0]         level_sel,
    input  [LEVEL-1:0]                level_data,
    input  [LEVEL-1:0]                threshold,
    input                             claim,
    output reg                        irq,
    output reg [SOURCES_LOG2-1:0]     irq_index,
    output reg [LEVEL-1:0]            irq_level
);
    localparam N = 1 << SOURCES_LOG2;

    reg [N-1:0]     sampled, previous, pending;
    reg [LEVEL-1:0] levels [0:N-1];

    wire [N-1:0] rising  = sampled & ~previous;
    wire [N-1:0] claimed = (claim && irq) ? ({{(N-1){1'b0}}, 1'b1} << irq_index) : {N{1'b0}};

    integer i;
    always @(posedge clk or negedge rst_n)
        if (!rst_n) begin
            sampled  <= 0;
            previous <= 0;
            pending  <= 0;
            for (i = 0; i < N; i = i + 1)
                levels[i] <= 1;
        end else begin
            sampled  <= irq_lines;
            previous <= sampled;
            pending  <= (edge_mode & (pending | rising) | ~edge_mode & sampled) & ~claimed;
            if (level_we) levels[level_sel] <= level_data;
        end

    // nodes 1..N-1 form the tree, node 1 is its root, leaves are N..2N-1
    wire                    node_valid [1:2*N-1];
    wire [LEVEL-1:0]        node_level [1:2*N-1];
    wire [SOURCES_LOG2-1:0] node_index [1:2*N-1];

    genvar g;
    generate
        for (g = 0; g < N; g = g + 1) begin : leaves
            assign node_valid[N + g] = pending[g] & (levels[g] > threshold);
            assign node_level[N + g] = levels[g];
            assign node_index[N + g] = g;
        end
        for (g = 1; g < N; g = g + 1) begin : tree
            winner #(.LEVEL(LEVEL), .INDEX(SOURCES_LOG2)) u_node (
                .a_valid (node_valid[2*g]),
                .a_level (node_level[2*g]),
                .a_index (node_index[2*g]),
                .b_valid (node_valid[2*g + 1]),
                .b_level (node_level[2*g + 1]),
                .b_index (node_index[2*g + 1]),
                .valid   (node_valid[g]),
                .level   (node_level[g]),
                .index   (node_index[g])
            );
        end
    endgenerate

    always @(posedge clk or negedge rst_n)
        if (!rst_n) begin
            irq       <= 1'b0;
            irq_index <= 0;
            irq_level <= 0;
        end else begin
            irq       <= node_valid[1] & ~claim;
            irq_index <= node_index[1];
            irq_level <= node_level[1];
        end
endmodule
