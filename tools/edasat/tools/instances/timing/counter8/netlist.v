// counter8, mapped from rtl.v onto edasat45 by `python -m edasat.tools.timing_examples`.

module counter8(clk, rst_n, enable, down, load, start, count, zero, last);
  input clk;
  wire clk;
  input rst_n;
  wire rst_n;
  input enable;
  wire enable;
  input down;
  wire down;
  input load;
  wire load;
  input [7:0] start;
  wire [7:0] start;
  output [7:0] count;
  wire [7:0] count;
  output zero;
  wire zero;
  output last;
  wire last;
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
  wire _058_;
  wire _059_;
  wire _060_;
  wire _061_;
  wire _062_;
  wire _063_;
  wire _064_;
  wire _065_;
  wire _066_;
  wire _067_;
  wire _068_;
  wire _069_;
  INV_X1 _070_ (
    .A(load),
    .ZN(_009_)
  );
  NAND2_X1 _071_ (
    .A1(_009_),
    .A2(enable),
    .ZN(_010_)
  );
  AND2_X1 _072_ (
    .A1(load),
    .A2(start[3]),
    .Z(_019_)
  );
  AOI21_X1 _073_ (
    .A1(count[3]),
    .A2(_018_),
    .B(_019_),
    .ZN(_020_)
  );
  OAI21_X1 _074_ (
    .A1(_010_),
    .A2(_017_),
    .B(_020_),
    .ZN(_007_)
  );
  INV_X1 _075_ (
    .A(count[2]),
    .ZN(_021_)
  );
  NOR3_X1 _076_ (
    .A1(_021_),
    .A2(_012_),
    .A3(_013_),
    .ZN(_022_)
  );
  AOI21_X1 _077_ (
    .A1(count[3]),
    .A2(_022_),
    .B(down),
    .ZN(_023_)
  );
  NOR3_X1 _078_ (
    .A1(count[3]),
    .A2(count[2]),
    .A3(_014_),
    .ZN(_024_)
  );
  NOR2_X1 _079_ (
    .A1(_023_),
    .A2(_024_),
    .ZN(_025_)
  );
  XNOR2_X1 _080_ (
    .A(count[4]),
    .B(down),
    .ZN(_026_)
  );
  XOR2_X1 _081_ (
    .A(_025_),
    .B(_026_),
    .Z(_027_)
  );
  INV_X1 _082_ (
    .A(down),
    .ZN(_011_)
  );
  AND2_X1 _083_ (
    .A1(load),
    .A2(start[4]),
    .Z(_028_)
  );
  AOI21_X1 _084_ (
    .A1(count[4]),
    .A2(_018_),
    .B(_028_),
    .ZN(_029_)
  );
  OAI21_X1 _085_ (
    .A1(_010_),
    .A2(_027_),
    .B(_029_),
    .ZN(_006_)
  );
  NAND2_X1 _086_ (
    .A1(count[5]),
    .A2(down),
    .ZN(_030_)
  );
  AND2_X1 _087_ (
    .A1(count[4]),
    .A2(down),
    .Z(_031_)
  );
  NOR3_X1 _088_ (
    .A1(_023_),
    .A2(_024_),
    .A3(_026_),
    .ZN(_032_)
  );
  OR2_X1 _089_ (
    .A1(count[5]),
    .A2(down),
    .Z(_033_)
  );
  OAI21_X1 _090_ (
    .A1(_031_),
    .A2(_032_),
    .B(_033_),
    .ZN(_034_)
  );
  NAND2_X1 _091_ (
    .A1(_030_),
    .A2(_034_),
    .ZN(_035_)
  );
  OR2_X1 _092_ (
    .A1(count[6]),
    .A2(_011_),
    .Z(_036_)
  );
  NOR2_X1 _093_ (
    .A1(count[0]),
    .A2(count[1]),
    .ZN(_012_)
  );
  NAND2_X1 _094_ (
    .A1(count[6]),
    .A2(_011_),
    .ZN(_037_)
  );
  OR2_X1 _095_ (
    .A1(_034_),
    .A2(_037_),
    .Z(_038_)
  );
  OAI21_X1 _096_ (
    .A1(_035_),
    .A2(_036_),
    .B(_038_),
    .ZN(_039_)
  );
  XNOR2_X1 _097_ (
    .A(count[7]),
    .B(_039_),
    .ZN(_040_)
  );
  AND2_X1 _098_ (
    .A1(load),
    .A2(start[7]),
    .Z(_041_)
  );
  AOI21_X1 _099_ (
    .A1(count[7]),
    .A2(_018_),
    .B(_041_),
    .ZN(_042_)
  );
  OAI21_X1 _100_ (
    .A1(_010_),
    .A2(_040_),
    .B(_042_),
    .ZN(_005_)
  );
  OR2_X1 _101_ (
    .A1(count[0]),
    .A2(count[1]),
    .Z(_043_)
  );
  AOI21_X1 _102_ (
    .A1(down),
    .A2(_043_),
    .B(_013_),
    .ZN(_044_)
  );
  XNOR2_X1 _103_ (
    .A(count[2]),
    .B(_044_),
    .ZN(_045_)
  );
  AOI21_X1 _104_ (
    .A1(count[0]),
    .A2(count[1]),
    .B(down),
    .ZN(_013_)
  );
  AND2_X1 _105_ (
    .A1(load),
    .A2(start[2]),
    .Z(_046_)
  );
  AOI21_X1 _106_ (
    .A1(count[2]),
    .A2(_018_),
    .B(_046_),
    .ZN(_047_)
  );
  OAI21_X1 _107_ (
    .A1(_010_),
    .A2(_045_),
    .B(_047_),
    .ZN(_004_)
  );
  NAND2_X1 _108_ (
    .A1(_036_),
    .A2(_037_),
    .ZN(_048_)
  );
  XNOR2_X1 _109_ (
    .A(_035_),
    .B(_048_),
    .ZN(_049_)
  );
  AND2_X1 _110_ (
    .A1(start[6]),
    .A2(load),
    .Z(_050_)
  );
  AOI21_X1 _111_ (
    .A1(count[6]),
    .A2(_018_),
    .B(_050_),
    .ZN(_051_)
  );
  OAI21_X1 _112_ (
    .A1(_010_),
    .A2(_049_),
    .B(_051_),
    .ZN(_003_)
  );
  AND2_X1 _113_ (
    .A1(count[0]),
    .A2(count[1]),
    .Z(_052_)
  );
  NOR2_X1 _114_ (
    .A1(_012_),
    .A2(_052_),
    .ZN(_053_)
  );
  NOR2_X1 _115_ (
    .A1(_012_),
    .A2(_013_),
    .ZN(_014_)
  );
  XNOR2_X1 _116_ (
    .A(down),
    .B(_053_),
    .ZN(_054_)
  );
  AND2_X1 _117_ (
    .A1(load),
    .A2(start[1]),
    .Z(_055_)
  );
  AOI21_X1 _118_ (
    .A1(count[1]),
    .A2(_018_),
    .B(_055_),
    .ZN(_056_)
  );
  OAI21_X1 _119_ (
    .A1(_010_),
    .A2(_054_),
    .B(_056_),
    .ZN(_002_)
  );
  NOR2_X1 _120_ (
    .A1(_031_),
    .A2(_032_),
    .ZN(_057_)
  );
  AND2_X1 _121_ (
    .A1(_030_),
    .A2(_033_),
    .Z(_058_)
  );
  XOR2_X1 _122_ (
    .A(_057_),
    .B(_058_),
    .Z(_059_)
  );
  AND2_X1 _123_ (
    .A1(load),
    .A2(start[5]),
    .Z(_060_)
  );
  AOI21_X1 _124_ (
    .A1(count[5]),
    .A2(_018_),
    .B(_060_),
    .ZN(_061_)
  );
  OAI21_X1 _125_ (
    .A1(_010_),
    .A2(_059_),
    .B(_061_),
    .ZN(_001_)
  );
  MUX2_X1 _126_ (
    .A(down),
    .B(_014_),
    .S(count[2]),
    .Z(_015_)
  );
  NAND2_X1 _127_ (
    .A1(count[2]),
    .A2(count[6]),
    .ZN(_062_)
  );
  NAND2_X1 _128_ (
    .A1(count[7]),
    .A2(count[5]),
    .ZN(_063_)
  );
  NAND3_X1 _129_ (
    .A1(count[3]),
    .A2(count[4]),
    .A3(_052_),
    .ZN(_064_)
  );
  NOR3_X1 _130_ (
    .A1(_062_),
    .A2(_063_),
    .A3(_064_),
    .ZN(last)
  );
  NOR2_X1 _131_ (
    .A1(count[3]),
    .A2(count[2]),
    .ZN(_065_)
  );
  NOR2_X1 _132_ (
    .A1(count[7]),
    .A2(count[6]),
    .ZN(_066_)
  );
  NOR3_X1 _133_ (
    .A1(count[4]),
    .A2(count[5]),
    .A3(_043_),
    .ZN(_067_)
  );
  NAND3_X1 _134_ (
    .A1(_065_),
    .A2(_066_),
    .A3(_067_),
    .ZN(_068_)
  );
  INV_X1 _135_ (
    .A(_068_),
    .ZN(zero)
  );
  AND2_X1 _136_ (
    .A1(load),
    .A2(start[0]),
    .Z(_069_)
  );
  OAI21_X1 _137_ (
    .A1(_011_),
    .A2(_012_),
    .B(_015_),
    .ZN(_016_)
  );
  AOI21_X1 _138_ (
    .A1(count[0]),
    .A2(_018_),
    .B(_069_),
    .ZN(_008_)
  );
  OAI21_X1 _139_ (
    .A1(count[0]),
    .A2(_010_),
    .B(_008_),
    .ZN(_000_)
  );
  XOR2_X1 _140_ (
    .A(count[3]),
    .B(_016_),
    .Z(_017_)
  );
  NOR2_X1 _141_ (
    .A1(load),
    .A2(enable),
    .ZN(_018_)
  );
  DFFR_X1 \count[0]_reg  (
    .CK(clk),
    .D(_000_),
    .Q(count[0]),
    .RN(rst_n)
  );
  DFFR_X1 \count[1]_reg  (
    .CK(clk),
    .D(_002_),
    .Q(count[1]),
    .RN(rst_n)
  );
  DFFR_X1 \count[2]_reg  (
    .CK(clk),
    .D(_004_),
    .Q(count[2]),
    .RN(rst_n)
  );
  DFFR_X1 \count[3]_reg  (
    .CK(clk),
    .D(_007_),
    .Q(count[3]),
    .RN(rst_n)
  );
  DFFR_X1 \count[4]_reg  (
    .CK(clk),
    .D(_006_),
    .Q(count[4]),
    .RN(rst_n)
  );
  DFFR_X1 \count[5]_reg  (
    .CK(clk),
    .D(_001_),
    .Q(count[5]),
    .RN(rst_n)
  );
  DFFR_X1 \count[6]_reg  (
    .CK(clk),
    .D(_003_),
    .Q(count[6]),
    .RN(rst_n)
  );
  DFFR_X1 \count[7]_reg  (
    .CK(clk),
    .D(_005_),
    .Q(count[7]),
    .RN(rst_n)
  );
endmodule
