// A small 8-bit accumulator processor with a von Neumann bus.
//
// Instructions are one or two bytes: opcode in the high nibble; the low nibble is a short operand,
// a condition, or selects immediate (0) or memory (1). Every access to the bus takes one cycle and waits for ready.
module acc_cpu8 (
    input            clk,
    input            rst_n,
    output reg [7:0] addr,
    output reg [7:0] wdata,
    output reg       we,
    output reg       re,
    input      [7:0] rdata,
    input            ready,
    input            irq,
    output reg       halted
);

    // opcodes
    localparam OP_NOP = 4'h0, OP_LDA = 4'h1, OP_STA = 4'h2, OP_ADD = 4'h3, OP_SUB = 4'h4, OP_AND = 4'h5,
               OP_ORA = 4'h6, OP_XOR = 4'h7, OP_SHF = 4'h8, OP_LDX = 4'h9, OP_INX = 4'hA, OP_BRA = 4'hB,
               OP_JSR = 4'hC, OP_RTS = 4'hD, OP_CMP = 4'hE, OP_HLT = 4'hF;

    localparam FETCH = 3'd0, DECODE = 3'd1, OPERAND = 3'd2, LOAD = 3'd3, EXECUTE = 3'd4, STORE = 3'd5, HALT = 3'd6;

    reg [2:0] state;
    reg [7:0] pc, acc, x, ir, operand, link;
    reg       c, z, n, ie;

    wire [3:0] opcode = ir[7:4];
    wire [3:0] mode   = ir[3:0];
    wire       two_bytes = opcode == OP_LDA || opcode == OP_STA || opcode == OP_ADD || opcode == OP_SUB ||
                           opcode == OP_AND || opcode == OP_ORA || opcode == OP_XOR || opcode == OP_LDX ||
                           opcode == OP_BRA || opcode == OP_JSR || opcode == OP_CMP;
    wire       reads_memory = mode[0] && opcode != OP_STA && opcode != OP_BRA && opcode != OP_JSR;
    wire [7:0] effective    = mode[1] ? operand + x : operand;

    reg taken;
    always @* begin
        case (mode[2:0])
            3'd0: taken = 1'b1;
            3'd1: taken = z;
            3'd2: taken = ~z;
            3'd3: taken = c;
            3'd4: taken = ~c;
            3'd5: taken = n;
            3'd6: taken = ~n;
            3'd7: taken = x != 8'd0;
        endcase
    end

    // arithmetic with carry out; a subtraction's carry means "no borrow"
    wire       minus = opcode == OP_SUB || opcode == OP_CMP;
    wire [8:0] sum   = {1'b0, acc} + {1'b0, operand ^ {8{minus}}} + minus;

    reg [8:0] alu;
    always @* begin
        alu = {c, acc};
        case (opcode)
            OP_LDA:                 alu = {c, operand};
            OP_ADD, OP_SUB, OP_CMP: alu = sum;
            OP_AND:                 alu = {c, acc & operand};
            OP_ORA:                 alu = {c, acc | operand};
            OP_XOR:                 alu = {c, acc ^ operand};
            OP_SHF: case (mode[1:0])
                2'd0: alu = {acc, 1'b0};
                2'd1: alu = {acc[0], 1'b0, acc[7:1]};
                2'd2: alu = {acc, c};
                2'd3: alu = {acc[0], c, acc[7:1]};
            endcase
            default: ;
        endcase
    end

    wire sets_acc   = opcode == OP_LDA || opcode == OP_ADD || opcode == OP_SUB || opcode == OP_AND ||
                      opcode == OP_ORA || opcode == OP_XOR || opcode == OP_SHF;
    wire sets_flags = sets_acc || opcode == OP_CMP;

    always @(posedge clk or negedge rst_n) begin
        if (!rst_n) begin
            state <= FETCH;
            pc <= 8'h00; acc <= 8'h00; x <= 8'h00; ir <= 8'h00; operand <= 8'h00; link <= 8'h00;
            {c, z, n, ie} <= 4'b0001;
            addr <= 8'h00; wdata <= 8'h00; we <= 1'b0; re <= 1'b0; halted <= 1'b0;
        end else begin
            case (state)
                FETCH: begin
                    we <= 1'b0;
                    re <= 1'b1;
                    if (irq && ie) begin
                        link <= pc;
                        ie   <= 1'b0;
                        pc   <= 8'hF0;
                        addr <= 8'hF0;
                    end else
                        addr <= pc;
                    state <= DECODE;
                end
                DECODE: if (ready) begin
                    ir <= rdata;
                    pc <= pc + 8'd1;
                    re <= 1'b0;
                    state <= OPERAND;
                end
                OPERAND: if (two_bytes && !re) begin
                    addr <= pc;
                    re   <= 1'b1;
                end else if (two_bytes) begin
                    if (ready) begin
                        operand <= rdata;
                        pc      <= pc + 8'd1;
                        re      <= 1'b0;
                        state   <= reads_memory ? LOAD : EXECUTE;
                    end
                end else
                    state <= EXECUTE;
                LOAD: if (!re) begin
                    addr <= effective;
                    re   <= 1'b1;
                end else if (ready) begin
                    operand <= rdata;
                    re      <= 1'b0;
                    state   <= EXECUTE;
                end
                EXECUTE: begin
                    state <= FETCH;
                    if (sets_acc) acc <= alu[7:0];
                    if (sets_flags) begin
                        c <= alu[8];
                        z <= alu[7:0] == 8'd0;
                        n <= alu[7];
                    end
                    case (opcode)
                        OP_LDX: x <= operand;
                        OP_INX: x <= x + {{4{mode[3]}}, mode};
                        OP_BRA: if (taken) pc <= operand;
                        OP_JSR: begin
                            link <= pc;
                            pc   <= operand;
                        end
                        OP_RTS: begin
                            pc <= link;
                            ie <= 1'b1;
                        end
                        OP_STA: begin
                            addr  <= effective;
                            wdata <= acc;
                            we    <= 1'b1;
                            state <= STORE;
                        end
                        OP_HLT: begin
                            halted <= 1'b1;
                            state  <= HALT;
                        end
                        default: ;
                    endcase
                end
                STORE: if (ready) begin
                    we    <= 1'b0;
                    state <= FETCH;
                end
                default: if (irq) begin
                    halted <= 1'b0;
                    state  <= FETCH;
                end
            endcase
        end
    end

endmodule
