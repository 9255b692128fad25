/*
 * Two-wire bus master, byte level.
 *
 * A command is any combination of START, WRITE, READ and STOP; each bit takes four quarter
 * periods. Both lines are open drain: the module only says when it pulls them low.
 */
module i2c_master (
    input            clk,
    input            reset,
    input      [9:0] quarter,       // clock cycles of a quarter bit, minus one
    input            cmd_start,
    input            cmd_write,
    input            cmd_read,
    input            cmd_stop,
    input            ack_out,       // level sent after a byte that was read
    input      [7:0] din,
    input            go,
    output reg [7:0] dout,
    output reg       ack_in,        // level seen after a byte that was written
    output reg       done,
    output           busy,
    output reg       arb_lost,
    input            scl_in,
    input            sda_in,
    output reg       scl_low,
    output reg       sda_low
);

localparam IDLE = 3'd0, START = 3'd1, WRITE = 3'd2, READ = 3'd3, ACKW = 3'd4, ACKR = 3'd5, STOP = 3'd6;

reg [2:0] state;
reg [1:0] step;
reg [2:0] bitno;
reg [9:0] timer;
reg [7:0] shreg;
reg       do_write, do_read, do_stop;
reg [1:0] scl_s, sda_s;

assign busy = state != IDLE;

// A slave stretches the clock by holding it low after we let it go.
wire stretched = ~scl_low & ~scl_s[1] & (step == 2'd1 | step == 2'd2);
wire tick      = (timer == 10'd0) & ~stretched;

always @(posedge clk) begin
    scl_s <= {scl_s[0], scl_in};
    sda_s <= {sda_s[0], sda_in};
end

// what follows once the present part of the command is finished
reg [2:0] next_part;
always @* begin
    next_part = IDLE;
    case (state)
        START:      if (do_write) next_part = WRITE;
                    else if (do_read) next_part = READ;
                    else if (do_stop) next_part = STOP;
        ACKW, ACKR: if (do_stop) next_part = STOP;
        default:    next_part = IDLE;
    endcase
end

always @(posedge clk)
    if (reset) begin
        state <= IDLE;  step <= 2'd0;  bitno <= 3'd0;  timer <= 10'd0;
        scl_low <= 1'b0;  sda_low <= 1'b0;
        done <= 1'b0;  arb_lost <= 1'b0;  ack_in <= 1'b1;
        shreg <= 8'd0;  dout <= 8'd0;
        do_write <= 1'b0;  do_read <= 1'b0;  do_stop <= 1'b0;
    end else begin
        done <= 1'b0;
        if (state == IDLE) begin
            timer <= quarter;
            step  <= 2'd0;
            bitno <= 3'd7;
            if (go) begin
                shreg    <= din;
                do_write <= cmd_write;
                do_read  <= cmd_read;
                do_stop  <= cmd_stop;
                arb_lost <= 1'b0;
                if (cmd_start)      state <= START;
                else if (cmd_write) state <= WRITE;
                else if (cmd_read)  state <= READ;
                else if (cmd_stop)  state <= STOP;
            end
        end else if (!tick) begin
            if (!stretched) timer <= timer - 10'd1;
        end else begin
            timer <= quarter;
            step  <= step + 2'd1;
            case (state)
                START: case (step)
                    2'd0: sda_low <= 1'b0;
                    2'd1: scl_low <= 1'b0;
                    2'd2: sda_low <= 1'b1;
                    2'd3: scl_low <= 1'b1;
                endcase
                WRITE: case (step)
                    2'd0: sda_low <= ~shreg[7];
                    2'd1: scl_low <= 1'b0;
                    2'd2: if (!sda_low && !sda_s[1]) arb_lost <= 1'b1;
                    2'd3: begin
                        scl_low <= 1'b1;
                        shreg   <= {shreg[6:0], 1'b0};
                    end
                endcase
                READ: case (step)
                    2'd0: sda_low <= 1'b0;
                    2'd1: scl_low <= 1'b0;
                    2'd2: dout    <= {dout[6:0], sda_s[1]};
                    2'd3: scl_low <= 1'b1;
                endcase
                ACKW: case (step)
                    2'd0: sda_low <= 1'b0;
                    2'd1: scl_low <= 1'b0;
                    2'd2: ack_in  <= sda_s[1];
                    2'd3: scl_low <= 1'b1;
                endcase
                ACKR: case (step)
                    2'd0: sda_low <= ~ack_out;
                    2'd1: scl_low <= 1'b0;
                    2'd3: scl_low <= 1'b1;
                    default: ;
                endcase
                STOP: case (step)
                    2'd0: sda_low <= 1'b1;
                    2'd1: scl_low <= 1'b0;
                    2'd2: sda_low <= 1'b0;
                    default: ;
                endcase
                default: state <= IDLE;
            endcase

            if (step == 2'd3) begin
                bitno <= bitno - 3'd1;
                if (arb_lost) begin
                    state   <= IDLE;
                    done    <= 1'b1;
                    scl_low <= 1'b0;
                    sda_low <= 1'b0;
                end else if ((state == WRITE || state == READ) && bitno != 3'd0)
                    state <= state;
                else if (state == WRITE)
                    state <= ACKW;
                else if (state == READ)
                    state <= ACKR;
                else begin
                    state <= next_part;
                    bitno <= 3'd7;
                    done  <= next_part == IDLE;
                end
            end
        end
    end

endmodule
