// 16-bit RISC, two pipeline stages (fetch | decode, execute, write back), eight registers, r0 reads as zero.
//
//   15..12  11..9  8..6  5..3  2..0
//   opcode   rd     rs    rt   funct      register form
//   opcode   rd     rs    imm6            immediate form
//   opcode   imm12                        jump form
// Instruction memory and data memory answer in the same cycle.

module risc16_regfile (
    input         clk,
    input         we,
    input  [2:0]  wa,
    input  [15:0] wd,
    input  [2:0]  ra, rb,
    output [15:0] qa, qb
);
    reg [15:0] r [1:7];
    always @(posedge clk)
        if (we && wa != 3'd0) r[wa] <= wd;
    assign qa = (ra == 3'd0) ? 16'h0000 : r[ra];
    assign qb = (rb == 3'd0) ? 16'h0000 : r[rb];
endmodule

module risc16_alu (
    input      [2:0]  funct,
    input      [15:0] a, b,
    output reg [15:0] y
);
    always @*
        case (funct)
            3'd0: y = a + b;
            3'd1: y = a - b;
            3'd2: y = a & b;
            3'd3: y = a | b;
            3'd4: y = a ^ b;
            3'd5: y = a << b[3:0];
            3'd6: y = a >> b[3:0];
            3'd7: y = {15'd0, $signed(a) < $signed(b)};
        endcase
endmodule

module risc16 (
    input         clk,
    input         rst,
    output [15:0] imem_addr,
    input  [15:0] imem_data,
    output [15:0] dmem_addr,
    output [15:0] dmem_wdata,
    output        dmem_we,
    input  [15:0] dmem_rdata,
    output        halt
);
    localparam ALU = 4'd0, ADDI = 4'd1, ANDI = 4'd2, ORI = 4'd3, SLTI = 4'd4, LUI = 4'd5,
               LW = 4'd6, SW = 4'd7, BEQ = 4'd8, BNE = 4'd9, BLT = 4'd10, JAL = 4'd11, JALR = 4'd12, HALT = 4'd15;

    reg [15:0] pc, ir, ir_pc;
    reg        ir_valid, stopped;

    wire [3:0]  opcode = ir[15:12];
    wire [2:0]  rd     = ir[11:9];
    wire [2:0]  rs     = ir[8:6];
    wire [2:0]  rt     = ir[5:3];
    wire [15:0] imm6  = {{10{ir[5]}}, ir[5:0]};
    wire [15:0] imm12 = {{4{ir[11]}}, ir[11:0]};

    wire reads_rd = opcode == SW || opcode == BEQ || opcode == BNE || opcode == BLT;
    wire [15:0] va, vb;
    wire [15:0] next_seq = ir_pc + 16'd1;

    // ---- execute
    reg [2:0] funct;
    always @*
        case (opcode)
            ALU:     funct = ir[2:0];
            ANDI:    funct = 3'd2;
            ORI:     funct = 3'd3;
            SLTI:    funct = 3'd7;
            default: funct = 3'd0;
        endcase

    wire [15:0] alu_b = (opcode == ALU) ? vb : imm6;
    wire [15:0] alu_y;
    risc16_alu u_alu (.funct(funct), .a(va), .b(alu_b), .y(alu_y));

    wire equal = va == vb;
    wire less  = $signed(vb) < $signed(va);           // rd < rs
    wire taken = ir_valid & ((opcode == BEQ & equal) | (opcode == BNE & ~equal) | (opcode == BLT & less));
    wire jump  = ir_valid & (opcode == JAL | opcode == JALR);

    wire [15:0] target = (opcode == JALR) ? va : (opcode == JAL) ? next_seq + imm12 : next_seq + imm6;

    // ---- write back; JAL links into r7
    reg [15:0] wd;
    always @*
        case (opcode)
            LUI:       wd = {ir[5:0], 10'd0};
            LW:        wd = dmem_rdata;
            JAL, JALR: wd = next_seq;
            default:   wd = alu_y;
        endcase
    wire       writes = ir_valid & (opcode <= LW | opcode == JAL | opcode == JALR);
    wire [2:0] wa     = (opcode == JAL) ? 3'd7 : rd;

    risc16_regfile u_regs (
        .clk(clk), .we(writes), .wa(wa), .wd(wd),
        .ra(rs), .rb(reads_rd ? rd : rt), .qa(va), .qb(vb)
    );

    assign dmem_addr  = alu_y;
    assign dmem_wdata = vb;
    assign dmem_we    = ir_valid & opcode == SW;

    // ---- fetch; the instruction behind a taken branch is dropped
    assign imem_addr = (taken | jump) ? target : pc;
    assign halt      = stopped;

    always @(posedge clk)
        if (rst) begin
            pc       <= 16'd0;
            ir       <= 16'd0;
            ir_pc    <= 16'd0;
            ir_valid <= 1'b0;
            stopped  <= 1'b0;
        end else if (!stopped) begin
            if (ir_valid && opcode == HALT) begin
                stopped  <= 1'b1;
                ir_valid <= 1'b0;
            end else begin
                ir       <= imem_data;
                ir_pc    <= imem_addr;
                ir_valid <= 1'b1;
                pc       <= imem_addr + 16'd1;
            end
        end
endmodule
