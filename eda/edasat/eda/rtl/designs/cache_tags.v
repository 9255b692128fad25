// Tag array of a four-way cache with eight sets: parallel compare, valid and dirty bits, tree pseudo-LRU,
// refill and invalidation.
module cache_tags #(
  parameter TAG_W = 10,
  parameter SET_W = 3
) (
  input                  clk,
  input                  rst_n,
  input                  req_valid,
  input                  req_write,
  input  [TAG_W-1:0]     req_tag,
  input  [SET_W-1:0]     req_set,
  input                  refill_valid,      // the line of the last miss has arrived
  input                  inv_valid,
  input  [SET_W-1:0]     inv_set,
  output reg             resp_hit,
  output reg             resp_miss,
  output reg [1:0]       resp_way,
  output reg             evict_dirty,
  output reg [TAG_W-1:0] evict_tag
);
  localparam SETS = 1 << SET_W;

  reg [TAG_W-1:0] tag0 [0:SETS-1];
  reg [TAG_W-1:0] tag1 [0:SETS-1];
  reg [TAG_W-1:0] tag2 [0:SETS-1];
  reg [TAG_W-1:0] tag3 [0:SETS-1];
  reg [3:0]       valid [0:SETS-1];
  reg [3:0]       dirty [0:SETS-1];
  reg [2:0]       plru  [0:SETS-1];

  reg             miss_pending, miss_write;
  reg [TAG_W-1:0] miss_tag;
  reg [SET_W-1:0] miss_set;
  reg [1:0]       miss_way;

  wire [TAG_W-1:0] t0 = tag0[req_set];
  wire [TAG_W-1:0] t1 = tag1[req_set];
  wire [TAG_W-1:0] t2 = tag2[req_set];
  wire [TAG_W-1:0] t3 = tag3[req_set];
  wire [3:0] v = valid[req_set];
  wire [3:0] match = v & {t3 == req_tag, t2 == req_tag, t1 == req_tag, t0 == req_tag};
  wire       hit   = |match;
  wire [1:0] hit_way = {match[3] | match[2], match[3] | match[1]};

  // plru[0]: the left half is older; plru[1], plru[2]: the lower way of a half is older
  wire [2:0] p = plru[req_set];
  wire [1:0] old_way = p[0] ? {1'b0, ~p[1]} : {1'b1, ~p[2]};
  wire [1:0] free_way = !v[0] ? 2'd0 : !v[1] ? 2'd1 : !v[2] ? 2'd2 : 2'd3;
  wire [1:0] victim = (&v) ? old_way : free_way;

  function [2:0] touch;
    input [2:0] bits;
    input [1:0] way;
    begin
      touch = bits;
      touch[0] = way[1];
      if (way[1]) touch[2] = way[0];
      else        touch[1] = way[0];
    end
  endfunction

  reg [TAG_W-1:0] victim_tag;
  always @*
    case (victim)
      2'd0: victim_tag = t0;
      2'd1: victim_tag = t1;
      2'd2: victim_tag = t2;
      2'd3: victim_tag = t3;
    endcase

  integer s;
  always @(posedge clk or negedge rst_n)
    if (!rst_n) begin
      for (s = 0; s < SETS; s = s + 1) begin
        valid[s] <= 4'b0000;
        dirty[s] <= 4'b0000;
        plru[s]  <= 3'b000;
      end
      miss_pending <= 1'b0;
      miss_write   <= 1'b0;
      miss_tag     <= 0;
      miss_set     <= 0;
      miss_way     <= 2'd0;
      resp_hit     <= 1'b0;
      resp_miss    <= 1'b0;
      resp_way     <= 2'd0;
      evict_dirty  <= 1'b0;
      evict_tag    <= 0;
    end else begin
      resp_hit  <= 1'b0;
      resp_miss <= 1'b0;
      if (inv_valid) valid[inv_set] <= 4'b0000;
      else if (miss_pending) begin
        if (refill_valid) begin
          miss_pending              <= 1'b0;
          valid[miss_set][miss_way] <= 1'b1;
          dirty[miss_set][miss_way] <= miss_write;
          plru[miss_set]            <= touch(plru[miss_set], miss_way);
        end
      end else if (req_valid) begin
        resp_hit  <= hit;
        resp_miss <= ~hit;
        resp_way  <= hit ? hit_way : victim;
        if (hit) begin
          plru[req_set] <= touch(p, hit_way);
          if (req_write) dirty[req_set][hit_way] <= 1'b1;
        end else begin
          miss_pending <= 1'b1;
          miss_write   <= req_write;
          miss_tag     <= req_tag;
          miss_set     <= req_set;
          miss_way     <= victim;
          evict_dirty  <= v[victim] & dirty[req_set][victim];
          evict_tag    <= victim_tag;
        end
      end
    end

  wire refill = miss_pending & refill_valid & ~inv_valid;
  always @(posedge clk) begin
    if (refill && miss_way == 2'd0) tag0[miss_set] <= miss_tag;
    if (refill && miss_way == 2'd1) tag1[miss_set] <= miss_tag;
    if (refill && miss_way == 2'd2) tag2[miss_set] <= miss_tag;
    if (refill && miss_way == 2'd3) tag3[miss_set] <= miss_tag;
  end
endmodule
