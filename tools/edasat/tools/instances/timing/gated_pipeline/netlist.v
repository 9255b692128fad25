// gated_pipeline, mapped from rtl.v onto edasat45 by `python -m edasat.tools.timing_examples`.

module gated_pipeline(clk, rst_n, enable, a, b, y, odd);
  input clk;
  wire clk;
  input rst_n;
  wire rst_n;
  input enable;
  wire enable;
  input [7:0] a;
  wire [7:0] a;
  input [7:0] b;
  wire [7:0] b;
  output [8:0] y;
  wire [8:0] y;
  output odd;
  wire odd;
  wire _00_;
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
  wire _39_;
  wire _40_;
  wire [8:0] _41_;
  wire [8:0] _42_;
  wire [8:0] _43_;
  wire _44_;
  wire branch0;
  wire branch1;
  wire enabled;
  wire gated0;
  wire gated1;
  wire [7:0] ra;
  wire [7:0] rb;
  wire [1:0] release_n;
  wire reset_n;
  wire root;
  XNOR2_X1 _45_ (
    .A(y[0]),
    .B(y[1]),
    .ZN(_01_)
  );
  XNOR2_X1 _46_ (
    .A(y[5]),
    .B(y[7]),
    .ZN(_02_)
  );
  XOR2_X1 _47_ (
    .A(ra[7]),
    .B(rb[1]),
    .Z(_10_)
  );
  NOR2_X1 _48_ (
    .A1(ra[1]),
    .A2(_10_),
    .ZN(_11_)
  );
  NAND2_X1 _49_ (
    .A1(ra[1]),
    .A2(_10_),
    .ZN(_12_)
  );
  OAI21_X1 _50_ (
    .A1(_09_),
    .A2(_11_),
    .B(_12_),
    .ZN(_13_)
  );
  XOR2_X1 _51_ (
    .A(ra[7]),
    .B(rb[2]),
    .Z(_14_)
  );
  OR2_X1 _52_ (
    .A1(ra[2]),
    .A2(_14_),
    .Z(_15_)
  );
  AND2_X1 _53_ (
    .A1(ra[2]),
    .A2(_14_),
    .Z(_16_)
  );
  AOI21_X1 _54_ (
    .A1(_13_),
    .A2(_15_),
    .B(_16_),
    .ZN(_17_)
  );
  XOR2_X1 _55_ (
    .A(ra[7]),
    .B(rb[3]),
    .Z(_18_)
  );
  NOR2_X1 _56_ (
    .A1(ra[3]),
    .A2(_18_),
    .ZN(_19_)
  );
  XNOR2_X1 _57_ (
    .A(y[4]),
    .B(_02_),
    .ZN(_03_)
  );
  NAND2_X1 _58_ (
    .A1(ra[3]),
    .A2(_18_),
    .ZN(_20_)
  );
  OAI21_X1 _59_ (
    .A1(_17_),
    .A2(_19_),
    .B(_20_),
    .ZN(_21_)
  );
  XOR2_X1 _60_ (
    .A(ra[7]),
    .B(rb[4]),
    .Z(_22_)
  );
  OR2_X1 _61_ (
    .A1(ra[4]),
    .A2(_22_),
    .Z(_23_)
  );
  AND2_X1 _62_ (
    .A1(ra[4]),
    .A2(_22_),
    .Z(_24_)
  );
  AOI21_X1 _63_ (
    .A1(_21_),
    .A2(_23_),
    .B(_24_),
    .ZN(_25_)
  );
  XOR2_X1 _64_ (
    .A(ra[7]),
    .B(rb[5]),
    .Z(_26_)
  );
  NOR2_X1 _65_ (
    .A1(ra[5]),
    .A2(_26_),
    .ZN(_27_)
  );
  NAND2_X1 _66_ (
    .A1(ra[5]),
    .A2(_26_),
    .ZN(_28_)
  );
  OAI21_X1 _67_ (
    .A1(_25_),
    .A2(_27_),
    .B(_28_),
    .ZN(_29_)
  );
  XNOR2_X1 _68_ (
    .A(y[8]),
    .B(y[6]),
    .ZN(_04_)
  );
  XOR2_X1 _69_ (
    .A(ra[7]),
    .B(rb[6]),
    .Z(_30_)
  );
  OR2_X1 _70_ (
    .A1(ra[6]),
    .A2(_30_),
    .Z(_31_)
  );
  AND2_X1 _71_ (
    .A1(ra[6]),
    .A2(_30_),
    .Z(_32_)
  );
  AOI21_X1 _72_ (
    .A1(_29_),
    .A2(_31_),
    .B(_32_),
    .ZN(_33_)
  );
  NOR2_X1 _73_ (
    .A1(ra[7]),
    .A2(rb[7]),
    .ZN(_34_)
  );
  AOI21_X1 _74_ (
    .A1(rb[7]),
    .A2(_33_),
    .B(_34_),
    .ZN(_41_[7])
  );
  XOR2_X1 _75_ (
    .A(ra[0]),
    .B(_08_),
    .Z(_42_[0])
  );
  XNOR2_X1 _76_ (
    .A(rb[7]),
    .B(_33_),
    .ZN(_43_[7])
  );
  XNOR2_X1 _77_ (
    .A(ra[6]),
    .B(_30_),
    .ZN(_35_)
  );
  XNOR2_X1 _78_ (
    .A(_29_),
    .B(_35_),
    .ZN(_43_[6])
  );
  XNOR2_X1 _79_ (
    .A(y[2]),
    .B(y[3]),
    .ZN(_05_)
  );
  XOR2_X1 _80_ (
    .A(ra[5]),
    .B(_26_),
    .Z(_36_)
  );
  XNOR2_X1 _81_ (
    .A(_25_),
    .B(_36_),
    .ZN(_43_[5])
  );
  XNOR2_X1 _82_ (
    .A(ra[4]),
    .B(_22_),
    .ZN(_37_)
  );
  XNOR2_X1 _83_ (
    .A(_21_),
    .B(_37_),
    .ZN(_43_[4])
  );
  XOR2_X1 _84_ (
    .A(ra[3]),
    .B(_18_),
    .Z(_38_)
  );
  XNOR2_X1 _85_ (
    .A(_17_),
    .B(_38_),
    .ZN(_43_[3])
  );
  XNOR2_X1 _86_ (
    .A(ra[2]),
    .B(_14_),
    .ZN(_39_)
  );
  XNOR2_X1 _87_ (
    .A(_13_),
    .B(_39_),
    .ZN(_43_[2])
  );
  XOR2_X1 _88_ (
    .A(ra[1]),
    .B(_10_),
    .Z(_40_)
  );
  XNOR2_X1 _89_ (
    .A(_09_),
    .B(_40_),
    .ZN(_43_[1])
  );
  XNOR2_X1 _90_ (
    .A(_04_),
    .B(_05_),
    .ZN(_06_)
  );
  XNOR2_X1 _91_ (
    .A(_03_),
    .B(_06_),
    .ZN(_07_)
  );
  XNOR2_X1 _92_ (
    .A(_01_),
    .B(_07_),
    .ZN(_00_)
  );
  XOR2_X1 _93_ (
    .A(ra[7]),
    .B(rb[0]),
    .Z(_08_)
  );
  NAND2_X1 _94_ (
    .A1(ra[0]),
    .A2(_08_),
    .ZN(_09_)
  );
  TIE1_X1 _95_ (
    .Z(_44_)
  );
  CLKBUF_X4 clk_branch0 (
    .A(root),
    .Z(branch0)
  );
  CLKBUF_X4 clk_branch1 (
    .A(root),
    .Z(branch1)
  );
  CLKBUF_X4 clk_root (
    .A(clk),
    .Z(root)
  );
  DFFR_X1 enabled_reg (
    .CK(branch1),
    .D(enable),
    .Q(enabled),
    .RN(reset_n)
  );
  ICG_X2 gate0 (
    .CK(branch0),
    .E(enable),
    .GCK(gated0)
  );
  ICG_X2 gate1 (
    .CK(branch1),
    .E(enabled),
    .GCK(gated1)
  );
  DFFN_X1 odd_reg (
    .CK(branch1),
    .D(_00_),
    .Q(odd)
  );
  DFFR_X1 \ra[0]_reg  (
    .CK(gated0),
    .D(a[0]),
    .Q(ra[0]),
    .RN(reset_n)
  );
  DFFR_X1 \ra[1]_reg  (
    .CK(gated0),
    .D(a[1]),
    .Q(ra[1]),
    .RN(reset_n)
  );
  DFFR_X1 \ra[2]_reg  (
    .CK(gated0),
    .D(a[2]),
    .Q(ra[2]),
    .RN(reset_n)
  );
  DFFR_X1 \ra[3]_reg  (
    .CK(gated0),
    .D(a[3]),
    .Q(ra[3]),
    .RN(reset_n)
  );
  DFFR_X1 \ra[4]_reg  (
    .CK(gated0),
    .D(a[4]),
    .Q(ra[4]),
    .RN(reset_n)
  );
  DFFR_X1 \ra[5]_reg  (
    .CK(gated0),
    .D(a[5]),
    .Q(ra[5]),
    .RN(reset_n)
  );
  DFFR_X1 \ra[6]_reg  (
    .CK(gated0),
    .D(a[6]),
    .Q(ra[6]),
    .RN(reset_n)
  );
  DFFR_X1 \ra[7]_reg  (
    .CK(gated0),
    .D(a[7]),
    .Q(ra[7]),
    .RN(reset_n)
  );
  DFFS_X1 \rb[0]_reg  (
    .CK(gated0),
    .D(b[0]),
    .Q(rb[0]),
    .SN(reset_n)
  );
  DFFS_X1 \rb[1]_reg  (
    .CK(gated0),
    .D(b[1]),
    .Q(rb[1]),
    .SN(reset_n)
  );
  DFFS_X1 \rb[2]_reg  (
    .CK(gated0),
    .D(b[2]),
    .Q(rb[2]),
    .SN(reset_n)
  );
  DFFS_X1 \rb[3]_reg  (
    .CK(gated0),
    .D(b[3]),
    .Q(rb[3]),
    .SN(reset_n)
  );
  DFFS_X1 \rb[4]_reg  (
    .CK(gated0),
    .D(b[4]),
    .Q(rb[4]),
    .SN(reset_n)
  );
  DFFS_X1 \rb[5]_reg  (
    .CK(gated0),
    .D(b[5]),
    .Q(rb[5]),
    .SN(reset_n)
  );
  DFFS_X1 \rb[6]_reg  (
    .CK(gated0),
    .D(b[6]),
    .Q(rb[6]),
    .SN(reset_n)
  );
  DFFS_X1 \rb[7]_reg  (
    .CK(gated0),
    .D(b[7]),
    .Q(rb[7]),
    .SN(reset_n)
  );
  DFFR_X1 \release_n[0]_reg  (
    .CK(branch1),
    .D(_44_),
    .Q(release_n[0]),
    .RN(rst_n)
  );
  DFFR_X1 \release_n[1]_reg  (
    .CK(branch1),
    .D(release_n[0]),
    .Q(reset_n),
    .RN(rst_n)
  );
  DFFR_X1 \y[0]_reg  (
    .CK(gated1),
    .D(_42_[0]),
    .Q(y[0]),
    .RN(reset_n)
  );
  DFFR_X1 \y[1]_reg  (
    .CK(gated1),
    .D(_43_[1]),
    .Q(y[1]),
    .RN(reset_n)
  );
  DFFR_X1 \y[2]_reg  (
    .CK(gated1),
    .D(_43_[2]),
    .Q(y[2]),
    .RN(reset_n)
  );
  DFFR_X1 \y[3]_reg  (
    .CK(gated1),
    .D(_43_[3]),
    .Q(y[3]),
    .RN(reset_n)
  );
  DFFR_X1 \y[4]_reg  (
    .CK(gated1),
    .D(_43_[4]),
    .Q(y[4]),
    .RN(reset_n)
  );
  DFFR_X1 \y[5]_reg  (
    .CK(gated1),
    .D(_43_[5]),
    .Q(y[5]),
    .RN(reset_n)
  );
  DFFR_X1 \y[6]_reg  (
    .CK(gated1),
    .D(_43_[6]),
    .Q(y[6]),
    .RN(reset_n)
  );
  DFFR_X1 \y[7]_reg  (
    .CK(gated1),
    .D(_43_[7]),
    .Q(y[7]),
    .RN(reset_n)
  );
  DFFR_X1 \y[8]_reg  (
    .CK(gated1),
    .D(_41_[7]),
    .Q(y[8]),
    .RN(reset_n)
  );
  assign { _43_[8], _43_[0] } = { _41_[7], _42_[0] };
  assign _42_[7] = rb[7];
  assign release_n[1] = reset_n;
endmodule
