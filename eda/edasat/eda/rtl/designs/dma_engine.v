// Two-channel DMA engine: strided source and destination, 8/16/32-bit beats, one shared read-write bus.
module dma_engine (
    input             clk,
    input             rst_n,
    // register port
    input             cfg_we,
    input      [3:0]  cfg_addr,          // {channel, register}
    input      [31:0] cfg_wdata,
    output reg [31:0] cfg_rdata,
    output     [1:0]  irq,
    // bus
    output reg        bus_req,
    output reg        bus_write,
    output reg [23:0] bus_addr,
    output reg [31:0] bus_wdata,
    output reg [3:0]  bus_be,
    input             bus_ack,
    input             bus_err,
    input      [31:0] bus_rdata
);
    localparam REG_SRC = 3'd0, REG_DST = 3'd1, REG_COUNT = 3'd2, REG_STRIDE = 3'd3, REG_CTRL = 3'd4;

    reg [23:0] src    [0:1];
    reg [23:0] dst    [0:1];
    reg [11:0] count  [0:1];
    reg [7:0]  stride [0:1];             // {source, destination}, in beats
    reg [1:0]  size   [0:1];             // log2 of the bytes in a beat
    reg [1:0]  enable, done, fault, irq_enable;

    localparam IDLE = 2'd0, READ = 2'd1, WRITE = 2'd2, NEXT = 2'd3;
    reg [1:0]  state;
    reg        channel, last_channel;
    reg [31:0] buffer;

    assign irq = (done | fault) & irq_enable;

    // the channel that did not run last goes first
    wire pick = enable[~last_channel] ? ~last_channel : last_channel;

    function [3:0] byte_enables;
        input [1:0] log_bytes;
        input [1:0] offset;
        case (log_bytes)
            2'd0:    byte_enables = 4'b0001 << offset;
            2'd1:    byte_enables = offset[1] ? 4'b1100 : 4'b0011;
            default: byte_enables = 4'b1111;
        endcase
    endfunction

    wire [1:0]  src_offset = src[channel][1:0];
    wire [1:0]  dst_offset = dst[channel][1:0];
    wire [31:0] down       = bus_rdata >> {src_offset, 3'b000};   // to lane 0
    wire [31:0] up         = buffer << {dst_offset, 3'b000};      // to the lane written
    wire [23:0] src_step   = {20'd0, stride[channel][7:4]} << size[channel];
    wire [23:0] dst_step   = {20'd0, stride[channel][3:0]} << size[channel];

    always @(posedge clk or negedge rst_n)
        if (!rst_n) begin
            state <= IDLE;
            channel <= 1'b0;
            last_channel <= 1'b1;
            buffer <= 32'd0;
            enable <= 2'b00; done <= 2'b00; fault <= 2'b00; irq_enable <= 2'b00;
            src[0] <= 0; src[1] <= 0; dst[0] <= 0; dst[1] <= 0;
            count[0] <= 0; count[1] <= 0; stride[0] <= 8'h11; stride[1] <= 8'h11; size[0] <= 2; size[1] <= 2;
            bus_req <= 1'b0; bus_write <= 1'b0; bus_addr <= 24'd0; bus_wdata <= 32'd0; bus_be <= 4'd0;
        end else begin
            if (cfg_we)
                case (cfg_addr[2:0])
                    REG_SRC:    src[cfg_addr[3]]    <= cfg_wdata[23:0];
                    REG_DST:    dst[cfg_addr[3]]    <= cfg_wdata[23:0];
                    REG_COUNT:  count[cfg_addr[3]]  <= cfg_wdata[11:0];
                    REG_STRIDE: stride[cfg_addr[3]] <= cfg_wdata[7:0];
                    REG_CTRL: begin
                        enable[cfg_addr[3]]     <= cfg_wdata[0];
                        irq_enable[cfg_addr[3]] <= cfg_wdata[1];
                        size[cfg_addr[3]]       <= cfg_wdata[3:2];
                        if (cfg_wdata[4]) done[cfg_addr[3]]  <= 1'b0;
                        if (cfg_wdata[5]) fault[cfg_addr[3]] <= 1'b0;
                    end
                    default: ;
                endcase

            case (state)
                IDLE: if (|enable) begin
                    channel      <= pick;
                    last_channel <= pick;
                    bus_req      <= 1'b1;
                    bus_write    <= 1'b0;
                    bus_addr     <= src[pick];
                    bus_be       <= byte_enables(size[pick], src[pick][1:0]);
                    state        <= READ;
                end
                READ: if (bus_err) begin
                    bus_req         <= 1'b0;
                    enable[channel] <= 1'b0;
                    fault[channel]  <= 1'b1;
                    state           <= IDLE;
                end else if (bus_ack) begin
                    buffer  <= down;
                    bus_req <= 1'b0;
                    state   <= WRITE;
                end
                WRITE: if (!bus_req) begin
                    bus_req   <= 1'b1;
                    bus_write <= 1'b1;
                    bus_addr  <= dst[channel];
                    bus_wdata <= up;
                    bus_be    <= byte_enables(size[channel], dst_offset);
                end else if (bus_ack | bus_err) begin
                    bus_req   <= 1'b0;
                    bus_write <= 1'b0;
                    if (bus_err) begin
                        enable[channel] <= 1'b0;
                        fault[channel]  <= 1'b1;
                        state           <= IDLE;
                    end else
                        state <= NEXT;
                end
                NEXT: begin
                    src[channel]   <= src[channel] + src_step;
                    dst[channel]   <= dst[channel] + dst_step;
                    count[channel] <= count[channel] - 12'd1;
                    if (count[channel] <= 12'd1) begin
                        enable[channel] <= 1'b0;
                        done[channel]   <= 1'b1;
                    end
                    state <= IDLE;
                end
            endcase
        end

    always @*
        case (cfg_addr[2:0])
            REG_SRC:    cfg_rdata = {8'd0, src[cfg_addr[3]]};
            REG_DST:    cfg_rdata = {8'd0, dst[cfg_addr[3]]};
            REG_COUNT:  cfg_rdata = {20'd0, count[cfg_addr[3]]};
            REG_STRIDE: cfg_rdata = {24'd0, stride[cfg_addr[3]]};
            REG_CTRL:   cfg_rdata = {26'd0, fault[cfg_addr[3]], done[cfg_addr[3]], size[cfg_addr[3]],
                                     irq_enable[cfg_addr[3]], enable[cfg_addr[3]]};
            default:    cfg_rdata = 32'd0;
        endcase
endmodule
