// Parser of Ethernet frames, one byte per cycle: addresses, optional VLAN tag, EtherType, IPv4 header with
// checksum, protocol and ports. Fields are valid once "header_done" rises.
module packet_parser (
    input              clk,
    input              rst_n,
    input              rx_valid,
    input              rx_sof,
    input              rx_eof,
    input      [7:0]   rx_byte,
    input      [47:0]  my_mac,
    output reg [47:0]  dst_mac,
    output reg [47:0]  src_mac,
    output reg [15:0]  ethertype,
    output reg         has_vlan,
    output reg [11:0]  vlan_id,
    output reg [31:0]  src_ip,
    output reg [31:0]  dst_ip,
    output reg [7:0]   protocol,
    output reg [15:0]  src_port,
    output reg [15:0]  dst_port,
    output             for_me,
    output reg         is_ipv4,
    output reg         checksum_ok,
    output reg         header_done,
    output reg         malformed,
    output reg [10:0]  length
);
    localparam [3:0]
        ST_IDLE  = 4'd0,
        ST_DST   = 4'd1,
        ST_SRC   = 4'd2,
        ST_TYPE  = 4'd3,
        ST_VLAN  = 4'd4,
        ST_IP    = 4'd5,
        ST_PORTS = 4'd6,
        ST_BODY  = 4'd7,
        ST_DROP  = 4'd8;

    reg [3:0]  state;
    reg [5:0]  index;                 // byte within the present part
    reg [5:0]  ip_bytes;              // header length in bytes
    reg [7:0]  previous;
    reg [16:0] checksum;              // ones' complement, one pending carry

    assign for_me = dst_mac == my_mac || dst_mac == 48'hffff_ffff_ffff || dst_mac[40];

    wire [15:0] half_word  = {previous, rx_byte};
    wire [16:0] folded     = {1'b0, checksum[15:0]} + {16'd0, checksum[16]};
    wire [16:0] next_check = folded + {1'b0, half_word};
    wire        last_ip    = index == ip_bytes - 6'd1;

    always @(posedge clk or negedge rst_n)
        if (!rst_n) begin
            state       <= ST_IDLE;
            index       <= 6'd0;
            ip_bytes    <= 6'd20;
            previous    <= 8'd0;
            checksum    <= 17'd0;
            dst_mac     <= 48'd0;
            src_mac     <= 48'd0;
            ethertype   <= 16'd0;
            has_vlan    <= 1'b0;
            vlan_id     <= 12'd0;
            src_ip      <= 32'd0;
            dst_ip      <= 32'd0;
            protocol    <= 8'd0;
            src_port    <= 16'd0;
            dst_port    <= 16'd0;
            is_ipv4     <= 1'b0;
            checksum_ok <= 1'b0;
            header_done <= 1'b0;
            malformed   <= 1'b0;
            length      <= 11'd0;
        end else if (rx_valid) begin
            previous <= rx_byte;
            index    <= index + 6'd1;
            length   <= rx_sof ? 11'd1 : length + 11'd1;

            if (rx_sof) begin
                state       <= ST_DST;
                index       <= 6'd1;
                dst_mac     <= {40'd0, rx_byte};
                has_vlan    <= 1'b0;
                is_ipv4     <= 1'b0;
                checksum_ok <= 1'b0;
                header_done <= 1'b0;
                malformed   <= 1'b0;
            end else case (state)
                ST_DST: begin
                    dst_mac <= {dst_mac[39:0], rx_byte};
                    if (index == 6'd5) begin
                        state <= ST_SRC;
                        index <= 6'd0;
                    end
                end
                ST_SRC: begin
                    src_mac <= {src_mac[39:0], rx_byte};
                    if (index == 6'd5) begin
                        state <= ST_TYPE;
                        index <= 6'd0;
                    end
                end
                ST_TYPE: if (index[0]) begin
                    ethertype <= half_word;
                    index     <= 6'd0;
                    checksum  <= 17'd0;
                    if (half_word == 16'h8100 && !has_vlan)
                        state <= ST_VLAN;
                    else if (half_word == 16'h0800)
                        state <= ST_IP;
                    else begin
                        state       <= ST_BODY;
                        header_done <= 1'b1;
                    end
                end
                ST_VLAN: if (index[0]) begin
                    has_vlan <= 1'b1;
                    vlan_id  <= half_word[11:0];
                    state    <= ST_TYPE;
                    index    <= 6'd0;
                end
                ST_IP: begin
                    if (index[0]) checksum <= next_check;
                    case (index)
                        6'd0: begin
                            ip_bytes <= {rx_byte[3:0], 2'b00};
                            is_ipv4  <= rx_byte[7:4] == 4'd4;
                            if (rx_byte[7:4] != 4'd4 || rx_byte[3:0] < 4'd5) begin
                                malformed <= 1'b1;
                                state     <= ST_DROP;
                            end
                        end
                        6'd9:                       protocol <= rx_byte;
                        6'd12, 6'd13, 6'd14, 6'd15: src_ip   <= {src_ip[23:0], rx_byte};
                        6'd16, 6'd17, 6'd18, 6'd19: dst_ip   <= {dst_ip[23:0], rx_byte};
                        default: ;
                    endcase
                    if (last_ip && index != 6'd0) begin
                        // a carry that is still pending completes 16'hffff to itself or spoils it
                        checksum_ok <= next_check[15:0] + {15'd0, next_check[16]} == 16'hffff;
                        index       <= 6'd0;
                        if (protocol == 8'd6 || protocol == 8'd17)
                            state <= ST_PORTS;
                        else begin
                            state       <= ST_BODY;
                            header_done <= 1'b1;
                        end
                    end
                end
                ST_PORTS: begin
                    if (index[1:0] == 2'd1) src_port <= half_word;
                    if (index[1:0] == 2'd3) begin
                        dst_port    <= half_word;
                        header_done <= 1'b1;
                        state       <= ST_BODY;
                    end
                end
                default: ;
            endcase

            if (rx_eof) begin
                state <= ST_IDLE;
                if (state != ST_BODY && state != ST_DROP) malformed <= 1'b1;
            end
        end
endmodule
