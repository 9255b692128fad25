// Sequential restoring divider, signed or unsigned, one quotient bit per cycle.
// Division by zero gives a quotient of all ones and the dividend as remainder.
module seq_divider #(
    parameter N = 24
) (
    input              clk,
    input              rst_n,
    input              start,
    input              is_signed,
    input      [N-1:0] dividend,
    input      [N-1:0] divisor,
    output             busy,
    output reg         done,
    output reg [N-1:0] quotient,
    output reg [N-1:0] remainder
);

    localparam CW = $clog2(N + 1);

    reg  [CW-1:0] steps;
    reg  [N-1:0]  rem_r, quo_r, div_r;
    reg           neg_quo, neg_rem, by_zero;

    wire a_neg = is_signed & dividend[N-1];
    wire b_neg = is_signed & divisor[N-1];

    // shift the next bit of the dividend in and try to subtract
    wire [N:0] shifted = {rem_r, quo_r[N-1]};
    wire [N:0] trial   = shifted - {1'b0, div_r};
    wire       fits    = ~trial[N];

    wire [N-1:0] quo_next = {quo_r[N-2:0], fits};
    wire [N-1:0] rem_next = fits ? trial[N-1:0] : shifted[N-1:0];

    assign busy = |steps;

    always @(posedge clk or negedge rst_n) begin
        if (!rst_n) begin
            steps     <= {CW{1'b0}};
            rem_r     <= {N{1'b0}};
            quo_r     <= {N{1'b0}};
            div_r     <= {N{1'b0}};
            neg_quo   <= 1'b0;
            neg_rem   <= 1'b0;
            by_zero   <= 1'b0;
            done      <= 1'b0;
            quotient  <= {N{1'b0}};
            remainder <= {N{1'b0}};
        end else begin
            done <= 1'b0;
            if (start && !busy) begin
                steps   <= N;
                rem_r   <= {N{1'b0}};
                quo_r   <= a_neg ? -dividend : dividend;
                div_r   <= b_neg ? -divisor : divisor;
                neg_quo <= a_neg ^ b_neg;
                neg_rem <= a_neg;
                by_zero <= divisor == {N{1'b0}};
            end else if (busy) begin
                steps <= steps - 1'b1;
                quo_r <= quo_next;
                rem_r <= rem_next;
                if (steps == 1) begin
                    done      <= 1'b1;
                    quotient  <= by_zero ? {N{1'b1}} : neg_quo ? -quo_next : quo_next;
                    remainder <= neg_rem ? -rem_next : rem_next;
                end
            end
        end
    end

endmodule
