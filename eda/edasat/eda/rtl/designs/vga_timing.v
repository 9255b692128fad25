/* Video timing generator with programmable porches, a test card and a 16 x 16 sprite overlay. */
module vga_timing (
    input             pixClk,
    input             resetN,
    input      [10:0] hVisible, hFront, hSync, hTotal,
    input      [9:0]  vVisible, vFront, vSync, vTotal,
    input      [1:0]  pattern,
    input      [10:0] spriteX,
    input      [9:0]  spriteY,
    input      [11:0] spriteColour,
    output reg        hSyncOut,
    output reg        vSyncOut,
    output reg        visible,
    output reg [3:0]  red, green, blue,
    output reg        frameStart
);

reg [10:0] hCount;
reg [9:0]  vCount;
reg [7:0]  frame;

wire lineEnd  = hCount == hTotal;
wire frameEnd = lineEnd && vCount == vTotal;

always @(posedge pixClk or negedge resetN)
    if (!resetN) begin
        hCount <= 11'd0;
        vCount <= 10'd0;
        frame  <= 8'd0;
    end else begin
        hCount <= lineEnd ? 11'd0 : hCount + 11'd1;
        if (lineEnd)  vCount <= frameEnd ? 10'd0 : vCount + 10'd1;
        if (frameEnd) frame  <= frame + 8'd1;
    end

wire in_frame = hCount < hVisible && vCount < vVisible;
wire [10:0] hStart = hVisible + hFront;
wire [9:0]  vStart = vVisible + vFront;

wire [10:0] dx = hCount - spriteX;
wire [9:0]  dy = vCount - spriteY;
wire        inSprite = dx[10:4] == 7'd0 && dy[9:4] == 6'd0;

// a diamond: |dx - 7.5| + |dy - 7.5| <= 8
wire [3:0] ax = dx[3] ? dx[3:0] - 4'd8 : 4'd7 - dx[3:0];
wire [3:0] ay = dy[3] ? dy[3:0] - 4'd8 : 4'd7 - dy[3:0];
wire       inDiamond = inSprite && ({1'b0, ax} + {1'b0, ay}) < 5'd8;

reg [11:0] card;
always @* begin
    case (pattern)
        2'd0: card = {{4{hCount[8]}}, {4{hCount[7]}}, {4{hCount[6]}}};              // colour bars
        2'd1: card = (hCount[5] ^ vCount[5]) ? 12'hfff : 12'h000;                   // chessboard
        2'd2: card = {hCount[7:4], vCount[7:4], frame[7:4]};                        // gradients
        2'd3: card = {3{hCount[7:4] ^ vCount[7:4]}} + {4'd0, frame[3:0], 4'd0};     // XOR texture
    endcase
end

always @(posedge pixClk or negedge resetN)
    if (!resetN) begin
        hSyncOut   <= 1'b1;
        vSyncOut   <= 1'b1;
        visible    <= 1'b0;
        frameStart <= 1'b0;
        {red, green, blue} <= 12'h000;
    end else begin
        hSyncOut   <= ~(hCount >= hStart && hCount < hStart + hSync);
        vSyncOut   <= ~(vCount >= vStart && vCount < vStart + vSync);
        visible    <= in_frame;
        frameStart <= frameEnd;
        {red, green, blue} <= !in_frame ? 12'h000 : inDiamond ? spriteColour : card;
    end

endmodule
