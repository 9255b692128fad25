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
  wire _000_;
  wire _001_;
  wire _002_;
  wire _003_;
  wire _004_;
  wire _005_;
  wire _006_;
  wire _007_;
  wire _008_;
  wire _009_;
  wire _010_;
  wire _011_;
  wire _012_;
  wire _013_;
  wire _014_;
  wire _015_;
  wire _016_;
  wire _017_;
  wire _018_;
  wire _019_;
  wire _020_;
  wire _021_;
  wire _022_;
  wire _023_;
  wire _024_;
  wire _025_;
  wire _026_;
  wire _027_;
  wire _028_;
  wire _029_;
  wire _030_;
  wire _031_;
  wire _032_;
  wire _033_;
  wire _034_;
  wire _035_;
  wire _036_;
  wire _037_;
  wire _038_;
  wire _039_;
  wire _040_;
  wire _041_;
  wire _042_;
  wire _043_;
  wire _044_;
  wire _045_;
  wire _046_;
  wire _047_;
  wire _048_;
  wire _049_;
  wire _050_;
  wire branch0;
  wire branch1;
  wire enabled;
  wire gated0;
  wire gated1;
  wire ra_0_;
  wire ra_1_;
  wire ra_2_;
  wire ra_3_;
  wire ra_4_;
  wire ra_5_;
  wire ra_6_;
  wire ra_7_;
  wire rb_0_;
  wire rb_1_;
  wire rb_2_;
  wire rb_3_;
  wire rb_4_;
  wire rb_5_;
  wire rb_6_;
  wire rb_7_;
  wire release_n_0_;
  wire release_n_1_;
  wire root;
  XNOR2_X1 _051_ (
    .A(y[0]),
    .B(y[1]),
    .ZN(_010_)
  );
  XNOR2_X1 _052_ (
    .A(y[5]),
    .B(y[7]),
    .ZN(_011_)
  );
  XOR2_X1 _053_ (
    .A(ra_7_),
    .B(rb_1_),
    .Z(_019_)
  );
  NOR2_X1 _054_ (
    .A1(ra_1_),
    .A2(_019_),
    .ZN(_020_)
  );
  NAND2_X1 _055_ (
    .A1(ra_1_),
    .A2(_019_),
    .ZN(_021_)
  );
  OAI21_X1 _056_ (
    .A1(_018_),
    .A2(_020_),
    .B(_021_),
    .ZN(_022_)
  );
  XOR2_X1 _057_ (
    .A(ra_7_),
    .B(rb_2_),
    .Z(_023_)
  );
  OR2_X1 _058_ (
    .A1(ra_2_),
    .A2(_023_),
    .Z(_024_)
  );
  AND2_X1 _059_ (
    .A1(ra_2_),
    .A2(_023_),
    .Z(_025_)
  );
  AOI21_X1 _060_ (
    .A1(_022_),
    .A2(_024_),
    .B(_025_),
    .ZN(_026_)
  );
  XOR2_X1 _061_ (
    .A(ra_7_),
    .B(rb_3_),
    .Z(_027_)
  );
  NOR2_X1 _062_ (
    .A1(ra_3_),
    .A2(_027_),
    .ZN(_028_)
  );
  XNOR2_X1 _063_ (
    .A(y[4]),
    .B(_011_),
    .ZN(_012_)
  );
  NAND2_X1 _064_ (
    .A1(ra_3_),
    .A2(_027_),
    .ZN(_029_)
  );
  OAI21_X1 _065_ (
    .A1(_026_),
    .A2(_028_),
    .B(_029_),
    .ZN(_030_)
  );
  XOR2_X1 _066_ (
    .A(ra_7_),
    .B(rb_4_),
    .Z(_031_)
  );
  OR2_X1 _067_ (
    .A1(ra_4_),
    .A2(_031_),
    .Z(_032_)
  );
  AND2_X1 _068_ (
    .A1(ra_4_),
    .A2(_031_),
    .Z(_033_)
  );
  AOI21_X1 _069_ (
    .A1(_030_),
    .A2(_032_),
    .B(_033_),
    .ZN(_034_)
  );
  XOR2_X1 _070_ (
    .A(ra_7_),
    .B(rb_5_),
    .Z(_035_)
  );
  NOR2_X1 _071_ (
    .A1(ra_5_),
    .A2(_035_),
    .ZN(_036_)
  );
  NAND2_X1 _072_ (
    .A1(ra_5_),
    .A2(_035_),
    .ZN(_037_)
  );
  OAI21_X1 _073_ (
    .A1(_034_),
    .A2(_036_),
    .B(_037_),
    .ZN(_038_)
  );
  XNOR2_X1 _074_ (
    .A(y[8]),
    .B(y[6]),
    .ZN(_013_)
  );
  XOR2_X1 _075_ (
    .A(ra_7_),
    .B(rb_6_),
    .Z(_039_)
  );
  OR2_X1 _076_ (
    .A1(ra_6_),
    .A2(_039_),
    .Z(_040_)
  );
  AND2_X1 _077_ (
    .A1(ra_6_),
    .A2(_039_),
    .Z(_041_)
  );
  AOI21_X1 _078_ (
    .A1(_038_),
    .A2(_040_),
    .B(_041_),
    .ZN(_042_)
  );
  NOR2_X1 _079_ (
    .A1(ra_7_),
    .A2(rb_7_),
    .ZN(_043_)
  );
  AOI21_X1 _080_ (
    .A1(rb_7_),
    .A2(_042_),
    .B(_043_),
    .ZN(_001_)
  );
  XOR2_X1 _081_ (
    .A(ra_0_),
    .B(_017_),
    .Z(_002_)
  );
  XNOR2_X1 _082_ (
    .A(rb_7_),
    .B(_042_),
    .ZN(_009_)
  );
  XNOR2_X1 _083_ (
    .A(ra_6_),
    .B(_039_),
    .ZN(_044_)
  );
  XNOR2_X1 _084_ (
    .A(_038_),
    .B(_044_),
    .ZN(_008_)
  );
  XNOR2_X1 _085_ (
    .A(y[2]),
    .B(y[3]),
    .ZN(_014_)
  );
  XOR2_X1 _086_ (
    .A(ra_5_),
    .B(_035_),
    .Z(_045_)
  );
  XNOR2_X1 _087_ (
    .A(_034_),
    .B(_045_),
    .ZN(_007_)
  );
  XNOR2_X1 _088_ (
    .A(ra_4_),
    .B(_031_),
    .ZN(_046_)
  );
  XNOR2_X1 _089_ (
    .A(_030_),
    .B(_046_),
    .ZN(_006_)
  );
  XOR2_X1 _090_ (
    .A(ra_3_),
    .B(_027_),
    .Z(_047_)
  );
  XNOR2_X1 _091_ (
    .A(_026_),
    .B(_047_),
    .ZN(_005_)
  );
  XNOR2_X1 _092_ (
    .A(ra_2_),
    .B(_023_),
    .ZN(_048_)
  );
  XNOR2_X1 _093_ (
    .A(_022_),
    .B(_048_),
    .ZN(_004_)
  );
  XOR2_X1 _094_ (
    .A(ra_1_),
    .B(_019_),
    .Z(_049_)
  );
  XNOR2_X1 _095_ (
    .A(_018_),
    .B(_049_),
    .ZN(_003_)
  );
  XNOR2_X1 _096_ (
    .A(_013_),
    .B(_014_),
    .ZN(_015_)
  );
  XNOR2_X1 _097_ (
    .A(_012_),
    .B(_015_),
    .ZN(_016_)
  );
  XNOR2_X1 _098_ (
    .A(_010_),
    .B(_016_),
    .ZN(_000_)
  );
  XOR2_X1 _099_ (
    .A(ra_7_),
    .B(rb_0_),
    .Z(_017_)
  );
  NAND2_X1 _100_ (
    .A1(ra_0_),
    .A2(_017_),
    .ZN(_018_)
  );
  TIE1_X1 _101_ (
    .Z(_050_)
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
    .RN(release_n_1_)
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
    .D(_000_),
    .Q(odd)
  );
  DFFR_X1 \ra[0]_reg  (
    .CK(gated0),
    .D(a[0]),
    .Q(ra_0_),
    .RN(release_n_1_)
  );
  DFFR_X1 \ra[1]_reg  (
    .CK(gated0),
    .D(a[1]),
    .Q(ra_1_),
    .RN(release_n_1_)
  );
  DFFR_X1 \ra[2]_reg  (
    .CK(gated0),
    .D(a[2]),
    .Q(ra_2_),
    .RN(release_n_1_)
  );
  DFFR_X1 \ra[3]_reg  (
    .CK(gated0),
    .D(a[3]),
    .Q(ra_3_),
    .RN(release_n_1_)
  );
  DFFR_X1 \ra[4]_reg  (
    .CK(gated0),
    .D(a[4]),
    .Q(ra_4_),
    .RN(release_n_1_)
  );
  DFFR_X1 \ra[5]_reg  (
    .CK(gated0),
    .D(a[5]),
    .Q(ra_5_),
    .RN(release_n_1_)
  );
  DFFR_X1 \ra[6]_reg  (
    .CK(gated0),
    .D(a[6]),
    .Q(ra_6_),
    .RN(release_n_1_)
  );
  DFFR_X1 \ra[7]_reg  (
    .CK(gated0),
    .D(a[7]),
    .Q(ra_7_),
    .RN(release_n_1_)
  );
  DFFS_X1 \rb[0]_reg  (
    .CK(gated0),
    .D(b[0]),
    .Q(rb_0_),
    .SN(release_n_1_)
  );
  DFFS_X1 \rb[1]_reg  (
    .CK(gated0),
    .D(b[1]),
    .Q(rb_1_),
    .SN(release_n_1_)
  );
  DFFS_X1 \rb[2]_reg  (
    .CK(gated0),
    .D(b[2]),
    .Q(rb_2_),
    .SN(release_n_1_)
  );
  DFFS_X1 \rb[3]_reg  (
    .CK(gated0),
    .D(b[3]),
    .Q(rb_3_),
    .SN(release_n_1_)
  );
  DFFS_X1 \rb[4]_reg  (
    .CK(gated0),
    .D(b[4]),
    .Q(rb_4_),
    .SN(release_n_1_)
  );
  DFFS_X1 \rb[5]_reg  (
    .CK(gated0),
    .D(b[5]),
    .Q(rb_5_),
    .SN(release_n_1_)
  );
  DFFS_X1 \rb[6]_reg  (
    .CK(gated0),
    .D(b[6]),
    .Q(rb_6_),
    .SN(release_n_1_)
  );
  DFFS_X1 \rb[7]_reg  (
    .CK(gated0),
    .D(b[7]),
    .Q(rb_7_),
    .SN(release_n_1_)
  );
  DFFR_X1 \release_n[0]_reg  (
    .CK(branch1),
    .D(_050_),
    .Q(release_n_0_),
    .RN(rst_n)
  );
  DFFR_X1 \release_n[1]_reg  (
    .CK(branch1),
    .D(release_n_0_),
    .Q(release_n_1_),
    .RN(rst_n)
  );
  DFFR_X1 \y[0]_reg  (
    .CK(gated1),
    .D(_002_),
    .Q(y[0]),
    .RN(release_n_1_)
  );
  DFFR_X1 \y[1]_reg  (
    .CK(gated1),
    .D(_003_),
    .Q(y[1]),
    .RN(release_n_1_)
  );
  DFFR_X1 \y[2]_reg  (
    .CK(gated1),
    .D(_004_),
    .Q(y[2]),
    .RN(release_n_1_)
  );
  DFFR_X1 \y[3]_reg  (
    .CK(gated1),
    .D(_005_),
    .Q(y[3]),
    .RN(release_n_1_)
  );
  DFFR_X1 \y[4]_reg  (
    .CK(gated1),
    .D(_006_),
    .Q(y[4]),
    .RN(release_n_1_)
  );
  DFFR_X1 \y[5]_reg  (
    .CK(gated1),
    .D(_007_),
    .Q(y[5]),
    .RN(release_n_1_)
  );
  DFFR_X1 \y[6]_reg  (
    .CK(gated1),
    .D(_008_),
    .Q(y[6]),
    .RN(release_n_1_)
  );
  DFFR_X1 \y[7]_reg  (
    .CK(gated1),
    .D(_009_),
    .Q(y[7]),
    .RN(release_n_1_)
  );
  DFFR_X1 \y[8]_reg  (
    .CK(gated1),
    .D(_001_),
    .Q(y[8]),
    .RN(release_n_1_)
  );
endmodule
