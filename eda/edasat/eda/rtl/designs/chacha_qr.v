// ChaCha quarter round (RFC 8439, section 2.1), one of its four lines per cycle on registered words,
// with a round counter so that the same words can be run through it several times.
module chacha_qr (
    input             clk,
    input             rst,
    input             load,
    input      [4:0]  rounds,           // quarter rounds to run, at least one
    input      [31:0] a_in, b_in, c_in, d_in,
    output     [31:0] a_out, b_out, c_out, d_out,
    output            busy
);
    reg [31:0] a, b, c, d;
    reg [1:0]  line;
    reg [4:0]  left;

    assign busy = left != 5'd0;
    assign {a_out, b_out, c_out, d_out} = {a, b, c, d};

    // one adder and one XOR serve all four lines
    wire [31:0] augend = line[0] ? c : a;
    wire [31:0] addend = line[0] ? d : b;
    wire [31:0] sum    = augend + addend;
    wire [31:0] mixed  = (line[0] ? b : d) ^ sum;

    reg [31:0] rotated;
    always @*
        case (line)
            2'd0: rotated = {mixed[15:0], mixed[31:16]};
            2'd1: rotated = {mixed[19:0], mixed[31:20]};
            2'd2: rotated = {mixed[23:0], mixed[31:24]};
            2'd3: rotated = {mixed[24:0], mixed[31:25]};
        endcase

    always @(posedge clk)
        if (rst) begin
            {a, b, c, d} <= 128'd0;
            line <= 2'd0;
            left <= 5'd0;
        end else if (load) begin
            {a, b, c, d} <= {a_in, b_in, c_in, d_in};
            line <= 2'd0;
            left <= rounds;
        end else if (busy) begin
            line <= line + 2'd1;
            if (line[0]) begin
                c <= sum;
                b <= rotated;
            end else begin
                a <= sum;
                d <= rotated;
            end
            if (line == 2'd3) left <= left - 5'd1;
        end
endmodule
