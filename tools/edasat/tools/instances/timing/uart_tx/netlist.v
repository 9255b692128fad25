// uart_tx, mapped from rtl.v onto edasat45 by `python -m edasat.tools.timing_examples`.

module uart_tx(clk, rst_n, send, data, line, busy);
  input clk;
  wire clk;
  input rst_n;
  wire rst_n;
  input send;
  wire send;
  input [7:0] data;
  wire [7:0] data;
  output line;
  wire line;
  output busy;
  wire busy;
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
  wire _051_;
  wire _052_;
  wire _053_;
  wire _054_;
  wire _055_;
  wire _056_;
  wire _057_;
  wire bits_0_;
  wire bits_1_;
  wire bits_2_;
  wire bits_3_;
  wire shift_0_;
  wire shift_1_;
  wire shift_2_;
  wire shift_3_;
  wire shift_4_;
  wire shift_5_;
  wire shift_6_;
  wire shift_7_;
  wire shift_8_;
  wire ticks_0_;
  wire ticks_1_;
  wire ticks_2_;
  wire ticks_3_;
  NOR2_X1 _058_ (
    .A1(bits_2_),
    .A2(bits_1_),
    .ZN(_019_)
  );
  NOR2_X1 _059_ (
    .A1(bits_0_),
    .A2(bits_3_),
    .ZN(_020_)
  );
  INV_X1 _060_ (
    .A(send),
    .ZN(_028_)
  );
  MUX2_X1 _061_ (
    .A(_028_),
    .B(_025_),
    .S(busy),
    .Z(_029_)
  );
  BUF_X1 _062_ (
    .A(_029_),
    .Z(_030_)
  );
  AOI21_X1 _063_ (
    .A1(shift_0_),
    .A2(busy),
    .B(_030_),
    .ZN(_031_)
  );
  NOR2_X1 _064_ (
    .A1(_027_),
    .A2(_031_),
    .ZN(_017_)
  );
  INV_X1 _065_ (
    .A(bits_2_),
    .ZN(_032_)
  );
  NOR3_X1 _066_ (
    .A1(bits_0_),
    .A2(bits_1_),
    .A3(_030_),
    .ZN(_033_)
  );
  NOR2_X1 _067_ (
    .A1(bits_0_),
    .A2(_029_),
    .ZN(_034_)
  );
  NAND3_X1 _068_ (
    .A1(bits_3_),
    .A2(_019_),
    .A3(_034_),
    .ZN(_035_)
  );
  OAI21_X1 _069_ (
    .A1(_032_),
    .A2(_033_),
    .B(_035_),
    .ZN(_016_)
  );
  AND2_X1 _070_ (
    .A1(_019_),
    .A2(_020_),
    .Z(_021_)
  );
  XNOR2_X1 _071_ (
    .A(bits_0_),
    .B(_030_),
    .ZN(_015_)
  );
  NAND2_X1 _072_ (
    .A1(_019_),
    .A2(_034_),
    .ZN(_036_)
  );
  XNOR2_X1 _073_ (
    .A(bits_3_),
    .B(_036_),
    .ZN(_014_)
  );
  NOR2_X1 _074_ (
    .A1(send),
    .A2(busy),
    .ZN(_037_)
  );
  AOI21_X1 _075_ (
    .A1(busy),
    .A2(_025_),
    .B(_037_),
    .ZN(_038_)
  );
  XOR2_X1 _076_ (
    .A(data[0]),
    .B(data[1]),
    .Z(_039_)
  );
  XNOR2_X1 _077_ (
    .A(data[2]),
    .B(data[3]),
    .ZN(_040_)
  );
  XNOR2_X1 _078_ (
    .A(_039_),
    .B(_040_),
    .ZN(_041_)
  );
  XOR2_X1 _079_ (
    .A(data[4]),
    .B(data[7]),
    .Z(_042_)
  );
  XNOR2_X1 _080_ (
    .A(data[5]),
    .B(data[6]),
    .ZN(_043_)
  );
  BUF_X1 _081_ (
    .A(_021_),
    .Z(_022_)
  );
  XNOR2_X1 _082_ (
    .A(_042_),
    .B(_043_),
    .ZN(_044_)
  );
  XNOR2_X1 _083_ (
    .A(_041_),
    .B(_044_),
    .ZN(_045_)
  );
  NAND3_X1 _084_ (
    .A1(send),
    .A2(_022_),
    .A3(_045_),
    .ZN(_046_)
  );
  OAI21_X1 _085_ (
    .A1(shift_8_),
    .A2(_038_),
    .B(_046_),
    .ZN(_047_)
  );
  INV_X1 _086_ (
    .A(_047_),
    .ZN(_013_)
  );
  MUX2_X1 _087_ (
    .A(shift_1_),
    .B(data[0]),
    .S(_022_),
    .Z(_048_)
  );
  MUX2_X1 _088_ (
    .A(_048_),
    .B(shift_0_),
    .S(_030_),
    .Z(_012_)
  );
  MUX2_X1 _089_ (
    .A(shift_2_),
    .B(data[1]),
    .S(_022_),
    .Z(_049_)
  );
  MUX2_X1 _090_ (
    .A(_049_),
    .B(shift_1_),
    .S(_030_),
    .Z(_011_)
  );
  MUX2_X1 _091_ (
    .A(data[2]),
    .B(shift_3_),
    .S(busy),
    .Z(_050_)
  );
  INV_X1 _092_ (
    .A(_022_),
    .ZN(busy)
  );
  MUX2_X1 _093_ (
    .A(_050_),
    .B(shift_2_),
    .S(_030_),
    .Z(_010_)
  );
  MUX2_X1 _094_ (
    .A(data[3]),
    .B(shift_4_),
    .S(busy),
    .Z(_051_)
  );
  MUX2_X1 _095_ (
    .A(_051_),
    .B(shift_3_),
    .S(_030_),
    .Z(_009_)
  );
  MUX2_X1 _096_ (
    .A(shift_5_),
    .B(data[4]),
    .S(_022_),
    .Z(_052_)
  );
  MUX2_X1 _097_ (
    .A(_052_),
    .B(shift_4_),
    .S(_030_),
    .Z(_008_)
  );
  MUX2_X1 _098_ (
    .A(data[5]),
    .B(shift_6_),
    .S(busy),
    .Z(_053_)
  );
  MUX2_X1 _099_ (
    .A(_053_),
    .B(shift_5_),
    .S(_030_),
    .Z(_007_)
  );
  MUX2_X1 _100_ (
    .A(data[6]),
    .B(shift_7_),
    .S(busy),
    .Z(_054_)
  );
  MUX2_X1 _101_ (
    .A(_054_),
    .B(shift_6_),
    .S(_030_),
    .Z(_006_)
  );
  MUX2_X1 _102_ (
    .A(shift_8_),
    .B(data[7]),
    .S(_022_),
    .Z(_055_)
  );
  INV_X1 _103_ (
    .A(ticks_3_),
    .ZN(_023_)
  );
  MUX2_X1 _104_ (
    .A(_055_),
    .B(shift_7_),
    .S(_029_),
    .Z(_005_)
  );
  AND2_X1 _105_ (
    .A1(ticks_1_),
    .A2(ticks_0_),
    .Z(_056_)
  );
  XNOR2_X1 _106_ (
    .A(ticks_2_),
    .B(_056_),
    .ZN(_057_)
  );
  NOR2_X1 _107_ (
    .A1(_022_),
    .A2(_057_),
    .ZN(_002_)
  );
  NOR2_X1 _108_ (
    .A1(ticks_1_),
    .A2(ticks_0_),
    .ZN(_018_)
  );
  NOR3_X1 _109_ (
    .A1(_022_),
    .A2(_056_),
    .A3(_018_),
    .ZN(_001_)
  );
  NOR2_X1 _110_ (
    .A1(ticks_0_),
    .A2(_022_),
    .ZN(_000_)
  );
  AOI21_X1 _111_ (
    .A1(_023_),
    .A2(_024_),
    .B(_026_),
    .ZN(_003_)
  );
  XOR2_X1 _112_ (
    .A(bits_1_),
    .B(_034_),
    .Z(_004_)
  );
  NAND3_X1 _113_ (
    .A1(ticks_2_),
    .A2(ticks_1_),
    .A3(ticks_0_),
    .ZN(_024_)
  );
  OR2_X1 _114_ (
    .A1(_023_),
    .A2(_024_),
    .Z(_025_)
  );
  NAND2_X1 _115_ (
    .A1(busy),
    .A2(_025_),
    .ZN(_026_)
  );
  NOR2_X1 _116_ (
    .A1(line),
    .A2(_026_),
    .ZN(_027_)
  );
  DFFR_X1 \bits[0]_reg  (
    .CK(clk),
    .D(_015_),
    .Q(bits_0_),
    .RN(rst_n)
  );
  DFFR_X1 \bits[1]_reg  (
    .CK(clk),
    .D(_004_),
    .Q(bits_1_),
    .RN(rst_n)
  );
  DFFR_X1 \bits[2]_reg  (
    .CK(clk),
    .D(_016_),
    .Q(bits_2_),
    .RN(rst_n)
  );
  DFFR_X1 \bits[3]_reg  (
    .CK(clk),
    .D(_014_),
    .Q(bits_3_),
    .RN(rst_n)
  );
  DFFS_X1 line_reg (
    .CK(clk),
    .D(_017_),
    .Q(line),
    .SN(rst_n)
  );
  DFFS_X1 \shift[0]_reg  (
    .CK(clk),
    .D(_012_),
    .Q(shift_0_),
    .SN(rst_n)
  );
  DFFS_X1 \shift[1]_reg  (
    .CK(clk),
    .D(_011_),
    .Q(shift_1_),
    .SN(rst_n)
  );
  DFFS_X1 \shift[2]_reg  (
    .CK(clk),
    .D(_010_),
    .Q(shift_2_),
    .SN(rst_n)
  );
  DFFS_X1 \shift[3]_reg  (
    .CK(clk),
    .D(_009_),
    .Q(shift_3_),
    .SN(rst_n)
  );
  DFFS_X1 \shift[4]_reg  (
    .CK(clk),
    .D(_008_),
    .Q(shift_4_),
    .SN(rst_n)
  );
  DFFS_X1 \shift[5]_reg  (
    .CK(clk),
    .D(_007_),
    .Q(shift_5_),
    .SN(rst_n)
  );
  DFFS_X1 \shift[6]_reg  (
    .CK(clk),
    .D(_006_),
    .Q(shift_6_),
    .SN(rst_n)
  );
  DFFS_X1 \shift[7]_reg  (
    .CK(clk),
    .D(_005_),
    .Q(shift_7_),
    .SN(rst_n)
  );
  DFFS_X1 \shift[8]_reg  (
    .CK(clk),
    .D(_013_),
    .Q(shift_8_),
    .SN(rst_n)
  );
  DFFR_X1 \ticks[0]_reg  (
    .CK(clk),
    .D(_000_),
    .Q(ticks_0_),
    .RN(rst_n)
  );
  DFFR_X1 \ticks[1]_reg  (
    .CK(clk),
    .D(_001_),
    .Q(ticks_1_),
    .RN(rst_n)
  );
  DFFR_X1 \ticks[2]_reg  (
    .CK(clk),
    .D(_002_),
    .Q(ticks_2_),
    .RN(rst_n)
  );
  DFFR_X1 \ticks[3]_reg  (
    .CK(clk),
    .D(_003_),
    .Q(ticks_3_),
    .RN(rst_n)
  );
endmodule
