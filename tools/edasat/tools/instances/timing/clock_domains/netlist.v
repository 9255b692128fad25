// clock_domains, mapped from rtl.v onto edasat45 by `python -m edasat.tools.timing_examples`.

module clock_domains(clk, aux_clk, rst_n, data, request, slow_sum, events, tick);
  input clk;
  wire clk;
  input aux_clk;
  wire aux_clk;
  input rst_n;
  wire rst_n;
  input [7:0] data;
  wire [7:0] data;
  input request;
  wire request;
  output [7:0] slow_sum;
  wire [7:0] slow_sum;
  output [3:0] events;
  wire [3:0] events;
  output tick;
  wire tick;
  wire [7:0] _00_;
  wire _01_;
  wire _02_;
  wire _03_;
  wire _04_;
  wire _05_;
  wire _06_;
  wire _07_;
  wire _08_;
  wire _09_;
  wire _10_;
  wire _11_;
  wire _12_;
  wire _13_;
  wire _14_;
  wire _15_;
  wire _16_;
  wire _17_;
  wire _18_;
  wire _19_;
  wire _20_;
  wire _21_;
  wire _22_;
  wire _23_;
  wire _24_;
  wire _25_;
  wire _26_;
  wire _27_;
  wire _28_;
  wire _29_;
  wire _30_;
  wire _31_;
  wire _32_;
  wire _33_;
  wire _34_;
  wire _35_;
  wire _36_;
  wire _37_;
  wire _38_;
  wire [7:0] _39_;
  wire [7:0] _40_;
  wire [7:0] captured;
  wire half;
  wire pending;
  wire [2:0] sync;
  XOR2_X1 _41_ (
    .A(data[7]),
    .B(captured[6]),
    .Z(_00_[7])
  );
  INV_X1 _42_ (
    .A(half),
    .ZN(_01_)
  );
  XOR2_X1 _43_ (
    .A(events[1]),
    .B(_10_),
    .Z(_03_)
  );
  NAND2_X1 _44_ (
    .A1(events[1]),
    .A2(_10_),
    .ZN(_13_)
  );
  XNOR2_X1 _45_ (
    .A(events[2]),
    .B(_13_),
    .ZN(_02_)
  );
  NAND2_X1 _46_ (
    .A1(slow_sum[0]),
    .A2(captured[0]),
    .ZN(_14_)
  );
  NOR2_X1 _47_ (
    .A1(slow_sum[1]),
    .A2(captured[1]),
    .ZN(_15_)
  );
  NAND2_X1 _48_ (
    .A1(slow_sum[1]),
    .A2(captured[1]),
    .ZN(_16_)
  );
  OAI21_X1 _49_ (
    .A1(_14_),
    .A2(_15_),
    .B(_16_),
    .ZN(_17_)
  );
  OR2_X1 _50_ (
    .A1(slow_sum[2]),
    .A2(captured[2]),
    .Z(_18_)
  );
  AND2_X1 _51_ (
    .A1(slow_sum[2]),
    .A2(captured[2]),
    .Z(_19_)
  );
  AOI21_X1 _52_ (
    .A1(_17_),
    .A2(_18_),
    .B(_19_),
    .ZN(_20_)
  );
  INV_X1 _53_ (
    .A(events[0]),
    .ZN(_08_)
  );
  NOR2_X1 _54_ (
    .A1(slow_sum[3]),
    .A2(captured[3]),
    .ZN(_21_)
  );
  NAND2_X1 _55_ (
    .A1(slow_sum[3]),
    .A2(captured[3]),
    .ZN(_22_)
  );
  OAI21_X1 _56_ (
    .A1(_20_),
    .A2(_21_),
    .B(_22_),
    .ZN(_23_)
  );
  OR2_X1 _57_ (
    .A1(slow_sum[4]),
    .A2(captured[4]),
    .Z(_24_)
  );
  AND2_X1 _58_ (
    .A1(slow_sum[4]),
    .A2(captured[4]),
    .Z(_25_)
  );
  AOI21_X1 _59_ (
    .A1(_23_),
    .A2(_24_),
    .B(_25_),
    .ZN(_26_)
  );
  NOR2_X1 _60_ (
    .A1(slow_sum[5]),
    .A2(captured[5]),
    .ZN(_27_)
  );
  NAND2_X1 _61_ (
    .A1(slow_sum[5]),
    .A2(captured[5]),
    .ZN(_28_)
  );
  OAI21_X1 _62_ (
    .A1(_26_),
    .A2(_27_),
    .B(_28_),
    .ZN(_29_)
  );
  XNOR2_X1 _63_ (
    .A(captured[6]),
    .B(slow_sum[6]),
    .ZN(_30_)
  );
  INV_X1 _64_ (
    .A(sync[1]),
    .ZN(_09_)
  );
  XNOR2_X1 _65_ (
    .A(_29_),
    .B(_30_),
    .ZN(_40_[6])
  );
  XOR2_X1 _66_ (
    .A(slow_sum[5]),
    .B(captured[5]),
    .Z(_31_)
  );
  XNOR2_X1 _67_ (
    .A(_26_),
    .B(_31_),
    .ZN(_40_[5])
  );
  XNOR2_X1 _68_ (
    .A(slow_sum[4]),
    .B(captured[4]),
    .ZN(_32_)
  );
  XNOR2_X1 _69_ (
    .A(_23_),
    .B(_32_),
    .ZN(_40_[4])
  );
  XOR2_X1 _70_ (
    .A(slow_sum[3]),
    .B(captured[3]),
    .Z(_33_)
  );
  XNOR2_X1 _71_ (
    .A(_20_),
    .B(_33_),
    .ZN(_40_[3])
  );
  XNOR2_X1 _72_ (
    .A(slow_sum[2]),
    .B(captured[2]),
    .ZN(_34_)
  );
  XNOR2_X1 _73_ (
    .A(_17_),
    .B(_34_),
    .ZN(_40_[2])
  );
  XOR2_X1 _74_ (
    .A(slow_sum[1]),
    .B(captured[1]),
    .Z(_35_)
  );
  NOR3_X1 _75_ (
    .A1(_08_),
    .A2(sync[2]),
    .A3(_09_),
    .ZN(_10_)
  );
  XNOR2_X1 _76_ (
    .A(_14_),
    .B(_35_),
    .ZN(_40_[1])
  );
  XOR2_X1 _77_ (
    .A(slow_sum[0]),
    .B(captured[0]),
    .Z(_39_[0])
  );
  OR2_X1 _78_ (
    .A1(captured[6]),
    .A2(slow_sum[6]),
    .Z(_36_)
  );
  AND2_X1 _79_ (
    .A1(captured[6]),
    .A2(slow_sum[6]),
    .Z(_37_)
  );
  AOI21_X1 _80_ (
    .A1(_29_),
    .A2(_36_),
    .B(_37_),
    .ZN(_38_)
  );
  XOR2_X1 _81_ (
    .A(captured[7]),
    .B(slow_sum[7]),
    .Z(_07_)
  );
  XNOR2_X1 _82_ (
    .A(_38_),
    .B(_07_),
    .ZN(_40_[7])
  );
  XOR2_X1 _83_ (
    .A(captured[5]),
    .B(data[6]),
    .Z(_00_[6])
  );
  XOR2_X1 _84_ (
    .A(captured[4]),
    .B(data[5]),
    .Z(_00_[5])
  );
  XOR2_X1 _85_ (
    .A(captured[3]),
    .B(data[4]),
    .Z(_00_[4])
  );
  NAND3_X1 _86_ (
    .A1(events[1]),
    .A2(events[2]),
    .A3(_10_),
    .ZN(_11_)
  );
  XOR2_X1 _87_ (
    .A(captured[2]),
    .B(data[3]),
    .Z(_00_[3])
  );
  XOR2_X1 _88_ (
    .A(captured[1]),
    .B(data[2]),
    .Z(_00_[2])
  );
  XOR2_X1 _89_ (
    .A(captured[0]),
    .B(data[1]),
    .Z(_00_[1])
  );
  XOR2_X1 _90_ (
    .A(captured[7]),
    .B(data[0]),
    .Z(_00_[0])
  );
  XNOR2_X1 _91_ (
    .A(events[3]),
    .B(_11_),
    .ZN(_06_)
  );
  XOR2_X1 _92_ (
    .A(half),
    .B(tick),
    .Z(_05_)
  );
  NOR2_X1 _93_ (
    .A1(sync[2]),
    .A2(_09_),
    .ZN(_12_)
  );
  XNOR2_X1 _94_ (
    .A(_08_),
    .B(_12_),
    .ZN(_04_)
  );
  DFF_X1 \captured[0]_reg  (
    .CK(clk),
    .D(_00_[0]),
    .Q(captured[0])
  );
  DFF_X1 \captured[1]_reg  (
    .CK(clk),
    .D(_00_[1]),
    .Q(captured[1])
  );
  DFF_X1 \captured[2]_reg  (
    .CK(clk),
    .D(_00_[2]),
    .Q(captured[2])
  );
  DFF_X1 \captured[3]_reg  (
    .CK(clk),
    .D(_00_[3]),
    .Q(captured[3])
  );
  DFF_X1 \captured[4]_reg  (
    .CK(clk),
    .D(_00_[4]),
    .Q(captured[4])
  );
  DFF_X1 \captured[5]_reg  (
    .CK(clk),
    .D(_00_[5]),
    .Q(captured[5])
  );
  DFF_X1 \captured[6]_reg  (
    .CK(clk),
    .D(_00_[6]),
    .Q(captured[6])
  );
  DFF_X1 \captured[7]_reg  (
    .CK(clk),
    .D(_00_[7]),
    .Q(captured[7])
  );
  DFFR_X1 \events[0]_reg  (
    .CK(aux_clk),
    .D(_04_),
    .Q(events[0]),
    .RN(rst_n)
  );
  DFFR_X1 \events[1]_reg  (
    .CK(aux_clk),
    .D(_03_),
    .Q(events[1]),
    .RN(rst_n)
  );
  DFFR_X1 \events[2]_reg  (
    .CK(aux_clk),
    .D(_02_),
    .Q(events[2]),
    .RN(rst_n)
  );
  DFFR_X1 \events[3]_reg  (
    .CK(aux_clk),
    .D(_06_),
    .Q(events[3]),
    .RN(rst_n)
  );
  DFFR_X1 half_reg (
    .CK(clk),
    .D(_01_),
    .Q(half),
    .RN(rst_n)
  );
  DFF_X1 pending_reg (
    .CK(clk),
    .D(request),
    .Q(pending)
  );
  DFFR_X1 quarter_reg (
    .CK(clk),
    .D(_05_),
    .Q(tick),
    .RN(rst_n)
  );
  DFFR_X1 \slow_sum[0]_reg  (
    .CK(tick),
    .D(_39_[0]),
    .Q(slow_sum[0]),
    .RN(rst_n)
  );
  DFFR_X1 \slow_sum[1]_reg  (
    .CK(tick),
    .D(_40_[1]),
    .Q(slow_sum[1]),
    .RN(rst_n)
  );
  DFFR_X1 \slow_sum[2]_reg  (
    .CK(tick),
    .D(_40_[2]),
    .Q(slow_sum[2]),
    .RN(rst_n)
  );
  DFFR_X1 \slow_sum[3]_reg  (
    .CK(tick),
    .D(_40_[3]),
    .Q(slow_sum[3]),
    .RN(rst_n)
  );
  DFFR_X1 \slow_sum[4]_reg  (
    .CK(tick),
    .D(_40_[4]),
    .Q(slow_sum[4]),
    .RN(rst_n)
  );
  DFFR_X1 \slow_sum[5]_reg  (
    .CK(tick),
    .D(_40_[5]),
    .Q(slow_sum[5]),
    .RN(rst_n)
  );
  DFFR_X1 \slow_sum[6]_reg  (
    .CK(tick),
    .D(_40_[6]),
    .Q(slow_sum[6]),
    .RN(rst_n)
  );
  DFFR_X1 \slow_sum[7]_reg  (
    .CK(tick),
    .D(_40_[7]),
    .Q(slow_sum[7]),
    .RN(rst_n)
  );
  DFF_X1 \sync[0]_reg  (
    .CK(aux_clk),
    .D(pending),
    .Q(sync[0])
  );
  DFF_X1 \sync[1]_reg  (
    .CK(aux_clk),
    .D(sync[0]),
    .Q(sync[1])
  );
  DFF_X1 \sync[2]_reg  (
    .CK(aux_clk),
    .D(sync[1]),
    .Q(sync[2])
  );
  assign _40_[0] = _39_[0];
endmodule
