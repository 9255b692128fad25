// Universal asynchronous receiver and transmitter, 8 data bits, no parity, one stop bit.
// The receiver samples in the middle of a bit, counted from the falling edge of the start bit.
module uart #(
    parameter DIVISOR_BITS = 12          // width of the clock divisor
) (
    input  wire                    clk,
    input  wire                    rst_n,
    input  wire [DIVISOR_BITS-1:0] divisor,   // clock cycles per bit, minus one
    // transmitter
    input  wire [7:0]              tx_data,
    input  wire                    tx_valid,
    output wire                    tx_ready,
    output reg                     txd,
    // receiver
    input  wire                    rxd,
    output reg  [7:0]              rx_data,
    output reg                     rx_valid,
    output reg                     frame_error
);

    // ------------------------------------------------------------------ transmitter
    reg [DIVISOR_BITS-1:0] tx_count;
    reg [8:0]              tx_shift;
    reg [3:0]              tx_bits;      // bits still to send, stop bit included

    assign tx_ready = (tx_bits == 4'd0);

    always @(posedge clk or negedge rst_n) begin
        if (!rst_n) begin
            tx_count <= {DIVISOR_BITS{1'b0}};
            tx_shift <= 9'h1ff;
            tx_bits  <= 4'd0;
            txd      <= 1'b1;
        end else if (tx_ready) begin
            txd <= 1'b1;
            if (tx_valid) begin
                tx_shift <= {1'b1, tx_data};
                tx_bits  <= 4'd10;
                tx_count <= divisor;
                txd      <= 1'b0;
            end
        end else if (tx_count != 0) begin
            tx_count <= tx_count - 1'b1;
        end else begin
            tx_count <= divisor;
            tx_bits  <= tx_bits - 1'b1;
            txd      <= tx_shift[0];
            tx_shift <= {1'b1, tx_shift[8:1]};
        end
    end

    // ------------------------------------------------------------------ receiver
    localparam [1:0] RX_IDLE  = 2'd0,
                     RX_START = 2'd1,
                     RX_DATA  = 2'd2,
                     RX_STOP  = 2'd3;

    reg [2:0]              rx_sync;      // two stages against metastability, one for the filter
    reg [1:0]              rx_state;
    reg [DIVISOR_BITS-1:0] rx_count;
    reg [2:0]              rx_index;
    reg [7:0]              rx_shift;

    wire rx_bit = (rx_sync[2] & rx_sync[1]) | (rx_sync[1] & rx_sync[0]) | (rx_sync[2] & rx_sync[0]);

    always @(posedge clk or negedge rst_n) begin
        if (!rst_n)
            rx_sync <= 3'b111;
        else
            rx_sync <= {rx_sync[1:0], rxd};
    end

    always @(posedge clk or negedge rst_n) begin
        if (!rst_n) begin
            rx_state    <= RX_IDLE;
            rx_count    <= {DIVISOR_BITS{1'b0}};
            rx_index    <= 3'd0;
            rx_shift    <= 8'h00;
            rx_data     <= 8'h00;
            rx_valid    <= 1'b0;
            frame_error <= 1'b0;
        end else begin
            rx_valid    <= 1'b0;
            frame_error <= 1'b0;
            case (rx_state)
                RX_IDLE: if (!rx_bit) begin
                    rx_count <= {1'b0, divisor[DIVISOR_BITS-1:1]};   // half a bit
                    rx_state <= RX_START;
                end
                RX_START: if (rx_count != 0) begin
                    rx_count <= rx_count - 1'b1;
                end else begin
                    rx_count <= divisor;
                    rx_index <= 3'd0;
                    rx_state <= rx_bit ? RX_IDLE : RX_DATA;           // a glitch is no start bit
                end
                RX_DATA: if (rx_count != 0) begin
                    rx_count <= rx_count - 1'b1;
                end else begin
                    rx_count <= divisor;
                    rx_shift <= {rx_bit, rx_shift[7:1]};
                    rx_index <= rx_index + 1'b1;
                    if (rx_index == 3'd7)
                        rx_state <= RX_STOP;
                end
                default: if (rx_count != 0) begin
                    rx_count <= rx_count - 1'b1;
                end else begin
                    rx_data     <= rx_shift;
                    rx_valid    <= rx_bit;
                    frame_error <= ~rx_bit;
                    rx_state    <= RX_IDLE;
                end
            endcase
        end
    end

endmodule
