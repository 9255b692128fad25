// PRESENT block cipher with an 80-bit key (ISO/IEC 29192-2), encryption, one round per cycle.

module present_sbox (input [3:0] x, output reg [3:0] y);
    always @*
        case (x)
            4'h0: y = 4'hC;  4'h1: y = 4'h5;  4'h2: y = 4'h6;  4'h3: y = 4'hB;
            4'h4: y = 4'h9;  4'h5: y = 4'h0;  4'h6: y = 4'hA;  4'h7: y = 4'hD;
            4'h8: y = 4'h3;  4'h9: y = 4'hE;  4'hA: y = 4'hF;  4'hB: y = 4'h8;
            4'hC: y = 4'h4;  4'hD: y = 4'h7;  4'hE: y = 4'h1;  4'hF: y = 4'h2;
        endcase
endmodule

module present80 (
    input         clk,
    input         rst_n,
    input         load,
    input  [63:0] plaintext,
    input  [79:0] key,
    output [63:0] ciphertext,
    output reg    done
);
    reg [63:0] state;
    reg [79:0] k;
    reg [4:0]  round;

    wire [63:0] mixed = state ^ k[79:16];
    wire [63:0] substituted, permuted;

    genvar i;
    generate
        for (i = 0; i < 16; i = i + 1) begin : sboxes
            present_sbox u (.x(mixed[4*i +: 4]), .y(substituted[4*i +: 4]));
        end
        for (i = 0; i < 64; i = i + 1) begin : wires
            assign permuted[(i == 63) ? 63 : (16 * i) % 63] = substituted[i];
        end
    endgenerate

    // key schedule: rotate by 61, S-box on the top nibble, add the round number
    wire [79:0] rotated = {k[18:0], k[79:19]};
    wire [3:0]  top;
    present_sbox u_key (.x(rotated[79:76]), .y(top));
    wire [79:0] next_key = {top, rotated[75:20], rotated[19:15] ^ round, rotated[14:0]};

    assign ciphertext = mixed;             // the last round key is added on the way out

    always @(posedge clk or negedge rst_n)
        if (!rst_n) begin
            state <= 64'd0;
            k     <= 80'd0;
            round <= 5'd0;
            done  <= 1'b0;
        end else if (load) begin
            state <= plaintext;
            k     <= key;
            round <= 5'd1;
            done  <= 1'b0;
        end else if (round != 5'd0) begin
            state <= permuted;
            k     <= next_key;
            round <= round + 5'd1;         // wraps to 0 after round 31
            done  <= round == 5'd31;
        end
endmodule
