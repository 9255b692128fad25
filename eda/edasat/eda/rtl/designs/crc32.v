// CRC-32 of IEEE 802.3, one byte per cycle: reflected polynomial 32'hEDB88320, initial value and final XOR all ones.
module crc32 (
    input             clk,
    input             rst,
    input             init,        // starts a new frame; a byte given with it is its first
    input             valid,
    input      [7:0]  data,
    output     [31:0] crc,         // of the bytes so far
    output reg        match        // the frame so far ends in its own check sequence
);

    reg [31:0] state;

    // eight steps of the serial register, unrolled
    function [31:0] step8;
        input [31:0] c;
        input [7:0]  d;
        integer      k;
        reg   [31:0] r;
        begin
            r = c ^ {24'd0, d};
            for (k = 0; k < 8; k = k + 1)
                r = r[0] ? ((r >> 1) ^ 32'hEDB88320) : (r >> 1);
            step8 = r;
        end
    endfunction

    wire [31:0] seed = init ? 32'hFFFFFFFF : state;
    wire [31:0] next = valid ? step8(seed, data) : seed;

    always @(posedge clk)
        if (rst) begin
            state <= 32'hFFFFFFFF;
            match <= 1'b0;
        end else begin
            state <= next;
            match <= next == 32'hDEBB20E3;     // the residue of a frame with its check sequence
        end

    assign crc = ~state;

endmodule
