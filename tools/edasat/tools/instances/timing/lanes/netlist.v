// lanes, mapped from rtl.v onto edasat45 by `python -m edasat.tools.timing_examples`.

module lane(clk, rst_n, mode, in, carry_in, out, carry_out);
  input clk;
  wire clk;
  input rst_n;
  wire rst_n;
  input [1:0] mode;
  wire [1:0] mode;
  input [7:0] in;
  wire [7:0] in;
  input carry_in;
  wire carry_in;
  output [7:0] out;
  wire [7:0] out;
  output carry_out;
  wire carry_out;
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
  wire _070_;
  wire _071_;
  wire _072_;
  wire _073_;
  wire _074_;
  wire _075_;
  wire _076_;
  wire _077_;
  wire _078_;
  wire _079_;
  wire _080_;
  wire _081_;
  wire _082_;
  wire _083_;
  wire _084_;
  wire _085_;
  wire _086_;
  wire _087_;
  wire _088_;
  wire _089_;
  wire _090_;
  wire _091_;
  wire _092_;
  wire _093_;
  wire _094_;
  wire _095_;
  wire _096_;
  wire _097_;
  INV_X1 _098_ (
    .A(out[1]),
    .ZN(_032_)
  );
  BUF_X1 _099_ (
    .A(mode[1]),
    .Z(_033_)
  );
  XOR2_X1 _100_ (
    .A(_040_),
    .B(_041_),
    .Z(_042_)
  );
  NAND2_X1 _101_ (
    .A1(_035_),
    .A2(mode[1]),
    .ZN(_043_)
  );
  NOR2_X1 _102_ (
    .A1(out[2]),
    .A2(_043_),
    .ZN(_044_)
  );
  AOI21_X1 _103_ (
    .A1(_033_),
    .A2(in[1]),
    .B(_035_),
    .ZN(_045_)
  );
  NOR2_X1 _104_ (
    .A1(_044_),
    .A2(_045_),
    .ZN(_046_)
  );
  AOI21_X1 _105_ (
    .A1(_036_),
    .A2(_042_),
    .B(_046_),
    .ZN(_047_)
  );
  AOI21_X1 _106_ (
    .A1(_032_),
    .A2(_034_),
    .B(_047_),
    .ZN(_007_)
  );
  INV_X1 _107_ (
    .A(out[2]),
    .ZN(_048_)
  );
  NAND2_X1 _108_ (
    .A1(out[1]),
    .A2(in[1]),
    .ZN(_049_)
  );
  INV_X1 _109_ (
    .A(_049_),
    .ZN(_050_)
  );
  NOR2_X1 _110_ (
    .A1(mode[0]),
    .A2(_033_),
    .ZN(_034_)
  );
  AOI21_X1 _111_ (
    .A1(_040_),
    .A2(_041_),
    .B(_050_),
    .ZN(_051_)
  );
  XNOR2_X1 _112_ (
    .A(out[2]),
    .B(in[2]),
    .ZN(_052_)
  );
  XOR2_X1 _113_ (
    .A(_051_),
    .B(_052_),
    .Z(_053_)
  );
  NOR2_X1 _114_ (
    .A1(out[3]),
    .A2(_043_),
    .ZN(_054_)
  );
  AOI21_X1 _115_ (
    .A1(_033_),
    .A2(in[2]),
    .B(_035_),
    .ZN(_055_)
  );
  NOR2_X1 _116_ (
    .A1(_054_),
    .A2(_055_),
    .ZN(_056_)
  );
  AOI21_X1 _117_ (
    .A1(_036_),
    .A2(_053_),
    .B(_056_),
    .ZN(_057_)
  );
  AOI21_X1 _118_ (
    .A1(_048_),
    .A2(_034_),
    .B(_057_),
    .ZN(_006_)
  );
  INV_X1 _119_ (
    .A(out[7]),
    .ZN(_058_)
  );
  XNOR2_X1 _120_ (
    .A(out[6]),
    .B(in[6]),
    .ZN(_059_)
  );
  INV_X1 _121_ (
    .A(mode[0]),
    .ZN(_035_)
  );
  INV_X1 _122_ (
    .A(out[5]),
    .ZN(_060_)
  );
  INV_X1 _123_ (
    .A(in[5]),
    .ZN(_061_)
  );
  NOR2_X1 _124_ (
    .A1(_060_),
    .A2(_061_),
    .ZN(_062_)
  );
  XNOR2_X1 _125_ (
    .A(out[4]),
    .B(in[4]),
    .ZN(_063_)
  );
  AND2_X1 _126_ (
    .A1(out[3]),
    .A2(in[3]),
    .Z(_064_)
  );
  NAND2_X1 _127_ (
    .A1(out[2]),
    .A2(in[2]),
    .ZN(_065_)
  );
  OAI21_X1 _128_ (
    .A1(_051_),
    .A2(_052_),
    .B(_065_),
    .ZN(_066_)
  );
  OR2_X1 _129_ (
    .A1(out[3]),
    .A2(in[3]),
    .Z(_067_)
  );
  OAI21_X1 _130_ (
    .A1(_064_),
    .A2(_066_),
    .B(_067_),
    .ZN(_068_)
  );
  NAND2_X1 _131_ (
    .A1(out[4]),
    .A2(in[4]),
    .ZN(_069_)
  );
  NOR2_X1 _132_ (
    .A1(_035_),
    .A2(_033_),
    .ZN(_036_)
  );
  OAI21_X1 _133_ (
    .A1(_063_),
    .A2(_068_),
    .B(_069_),
    .ZN(_070_)
  );
  NAND2_X1 _134_ (
    .A1(_060_),
    .A2(_061_),
    .ZN(_071_)
  );
  OAI21_X1 _135_ (
    .A1(_062_),
    .A2(_070_),
    .B(_071_),
    .ZN(_072_)
  );
  NAND2_X1 _136_ (
    .A1(out[6]),
    .A2(in[6]),
    .ZN(_073_)
  );
  OAI21_X1 _137_ (
    .A1(_059_),
    .A2(_072_),
    .B(_073_),
    .ZN(_074_)
  );
  XNOR2_X1 _138_ (
    .A(out[7]),
    .B(in[7]),
    .ZN(_075_)
  );
  XNOR2_X1 _139_ (
    .A(_074_),
    .B(_075_),
    .ZN(_076_)
  );
  NOR2_X1 _140_ (
    .A1(in[0]),
    .A2(_043_),
    .ZN(_077_)
  );
  AOI21_X1 _141_ (
    .A1(_033_),
    .A2(in[7]),
    .B(_035_),
    .ZN(_078_)
  );
  NOR2_X1 _142_ (
    .A1(_077_),
    .A2(_078_),
    .ZN(_079_)
  );
  INV_X1 _143_ (
    .A(carry_in),
    .ZN(_037_)
  );
  AOI21_X1 _144_ (
    .A1(_036_),
    .A2(_076_),
    .B(_079_),
    .ZN(_080_)
  );
  AOI21_X1 _145_ (
    .A1(_058_),
    .A2(_034_),
    .B(_080_),
    .ZN(_005_)
  );
  NAND2_X1 _146_ (
    .A1(_060_),
    .A2(_034_),
    .ZN(_081_)
  );
  INV_X1 _147_ (
    .A(_033_),
    .ZN(_082_)
  );
  NAND2_X1 _148_ (
    .A1(mode[0]),
    .A2(_082_),
    .ZN(_083_)
  );
  XOR2_X1 _149_ (
    .A(out[5]),
    .B(in[5]),
    .Z(_084_)
  );
  XNOR2_X1 _150_ (
    .A(_070_),
    .B(_084_),
    .ZN(_085_)
  );
  OAI21_X1 _151_ (
    .A1(_082_),
    .A2(_061_),
    .B(mode[0]),
    .ZN(_086_)
  );
  OAI21_X1 _152_ (
    .A1(out[6]),
    .A2(_043_),
    .B(_086_),
    .ZN(_087_)
  );
  OAI21_X1 _153_ (
    .A1(_083_),
    .A2(_085_),
    .B(_087_),
    .ZN(_088_)
  );
  NOR2_X1 _154_ (
    .A1(in[0]),
    .A2(out[0]),
    .ZN(_038_)
  );
  AND2_X1 _155_ (
    .A1(_081_),
    .A2(_088_),
    .Z(_004_)
  );
  INV_X1 _156_ (
    .A(out[3]),
    .ZN(_089_)
  );
  XNOR2_X1 _157_ (
    .A(out[3]),
    .B(in[3]),
    .ZN(_090_)
  );
  XNOR2_X1 _158_ (
    .A(_066_),
    .B(_090_),
    .ZN(_091_)
  );
  NOR2_X1 _159_ (
    .A1(out[4]),
    .A2(_043_),
    .ZN(_092_)
  );
  AOI21_X1 _160_ (
    .A1(_033_),
    .A2(in[3]),
    .B(_035_),
    .ZN(_093_)
  );
  NOR2_X1 _161_ (
    .A1(_092_),
    .A2(_093_),
    .ZN(_094_)
  );
  AOI21_X1 _162_ (
    .A1(_036_),
    .A2(_091_),
    .B(_094_),
    .ZN(_095_)
  );
  AOI21_X1 _163_ (
    .A1(_089_),
    .A2(_034_),
    .B(_095_),
    .ZN(_003_)
  );
  INV_X1 _164_ (
    .A(out[4]),
    .ZN(_096_)
  );
  NAND2_X1 _165_ (
    .A1(in[0]),
    .A2(out[0]),
    .ZN(_039_)
  );
  NAND2_X1 _166_ (
    .A1(_063_),
    .A2(_068_),
    .ZN(_097_)
  );
  NOR2_X1 _167_ (
    .A1(_063_),
    .A2(_068_),
    .ZN(_008_)
  );
  NOR2_X1 _168_ (
    .A1(_083_),
    .A2(_008_),
    .ZN(_009_)
  );
  NOR2_X1 _169_ (
    .A1(out[5]),
    .A2(_043_),
    .ZN(_010_)
  );
  AOI21_X1 _170_ (
    .A1(_033_),
    .A2(in[4]),
    .B(_035_),
    .ZN(_011_)
  );
  NOR2_X1 _171_ (
    .A1(_010_),
    .A2(_011_),
    .ZN(_012_)
  );
  AOI21_X1 _172_ (
    .A1(_097_),
    .A2(_009_),
    .B(_012_),
    .ZN(_013_)
  );
  AOI21_X1 _173_ (
    .A1(_096_),
    .A2(_034_),
    .B(_013_),
    .ZN(_002_)
  );
  INV_X1 _174_ (
    .A(in[6]),
    .ZN(_014_)
  );
  OAI21_X1 _175_ (
    .A1(_082_),
    .A2(_014_),
    .B(mode[0]),
    .ZN(_015_)
  );
  OAI21_X1 _176_ (
    .A1(_037_),
    .A2(_038_),
    .B(_039_),
    .ZN(_040_)
  );
  OAI21_X1 _177_ (
    .A1(out[7]),
    .A2(_043_),
    .B(_015_),
    .ZN(_016_)
  );
  OR2_X1 _178_ (
    .A1(_059_),
    .A2(_072_),
    .Z(_017_)
  );
  NAND2_X1 _179_ (
    .A1(_059_),
    .A2(_072_),
    .ZN(_018_)
  );
  NAND3_X1 _180_ (
    .A1(_036_),
    .A2(_017_),
    .A3(_018_),
    .ZN(_019_)
  );
  NOR3_X1 _181_ (
    .A1(mode[0]),
    .A2(_033_),
    .A3(out[6]),
    .ZN(_020_)
  );
  AOI21_X1 _182_ (
    .A1(_016_),
    .A2(_019_),
    .B(_020_),
    .ZN(_001_)
  );
  INV_X1 _183_ (
    .A(in[7]),
    .ZN(_021_)
  );
  AOI21_X1 _184_ (
    .A1(out[7]),
    .A2(in[7]),
    .B(_074_),
    .ZN(_022_)
  );
  AOI21_X1 _185_ (
    .A1(_058_),
    .A2(_021_),
    .B(_022_),
    .ZN(carry_out)
  );
  INV_X1 _186_ (
    .A(_039_),
    .ZN(_023_)
  );
  XOR2_X1 _187_ (
    .A(out[1]),
    .B(in[1]),
    .Z(_041_)
  );
  NOR2_X1 _188_ (
    .A1(_023_),
    .A2(_038_),
    .ZN(_024_)
  );
  NAND2_X1 _189_ (
    .A1(carry_in),
    .A2(_024_),
    .ZN(_025_)
  );
  OAI21_X1 _190_ (
    .A1(_023_),
    .A2(_038_),
    .B(_037_),
    .ZN(_026_)
  );
  NAND3_X1 _191_ (
    .A1(_036_),
    .A2(_025_),
    .A3(_026_),
    .ZN(_027_)
  );
  INV_X1 _192_ (
    .A(in[0]),
    .ZN(_028_)
  );
  OAI21_X1 _193_ (
    .A1(_082_),
    .A2(_028_),
    .B(mode[0]),
    .ZN(_029_)
  );
  OAI21_X1 _194_ (
    .A1(out[1]),
    .A2(_043_),
    .B(_029_),
    .ZN(_030_)
  );
  NOR3_X1 _195_ (
    .A1(mode[0]),
    .A2(_033_),
    .A3(out[0]),
    .ZN(_031_)
  );
  AOI21_X1 _196_ (
    .A1(_027_),
    .A2(_030_),
    .B(_031_),
    .ZN(_000_)
  );
  DFFR_X1 \state[0]_reg  (
    .CK(clk),
    .D(_000_),
    .Q(out[0]),
    .RN(rst_n)
  );
  DFFR_X1 \state[1]_reg  (
    .CK(clk),
    .D(_007_),
    .Q(out[1]),
    .RN(rst_n)
  );
  DFFR_X1 \state[2]_reg  (
    .CK(clk),
    .D(_006_),
    .Q(out[2]),
    .RN(rst_n)
  );
  DFFR_X1 \state[3]_reg  (
    .CK(clk),
    .D(_003_),
    .Q(out[3]),
    .RN(rst_n)
  );
  DFFR_X1 \state[4]_reg  (
    .CK(clk),
    .D(_002_),
    .Q(out[4]),
    .RN(rst_n)
  );
  DFFR_X1 \state[5]_reg  (
    .CK(clk),
    .D(_004_),
    .Q(out[5]),
    .RN(rst_n)
  );
  DFFR_X1 \state[6]_reg  (
    .CK(clk),
    .D(_001_),
    .Q(out[6]),
    .RN(rst_n)
  );
  DFFR_X1 \state[7]_reg  (
    .CK(clk),
    .D(_005_),
    .Q(out[7]),
    .RN(rst_n)
  );
endmodule

module lanes(clk, rst_n, mode, in, out, sign, overflow, fixed_high);
  input clk;
  wire clk;
  input rst_n;
  wire rst_n;
  input [1:0] mode;
  wire [1:0] mode;
  input [31:0] in;
  wire [31:0] in;
  output [31:0] out;
  wire [31:0] out;
  output [3:0] sign;
  wire [3:0] sign;
  output overflow;
  wire overflow;
  output fixed_high;
  wire fixed_high;
  wire _0_;
  wire [4:0] carry;
  TIE1_X1 _1_ (
    .Z(fixed_high)
  );
  TIE0_X1 _2_ (
    .Z(_0_)
  );
  lane \byte_lane[0].unit  (
    .carry_in(_0_),
    .carry_out(carry[1]),
    .clk(clk),
    .in(in[7:0]),
    .mode(mode),
    .out(out[7:0]),
    .rst_n(rst_n)
  );
  lane \byte_lane[1].unit  (
    .carry_in(carry[1]),
    .carry_out(carry[2]),
    .clk(clk),
    .in(in[15:8]),
    .mode(mode),
    .out(out[15:8]),
    .rst_n(rst_n)
  );
  lane \byte_lane[2].unit  (
    .carry_in(carry[2]),
    .carry_out(carry[3]),
    .clk(clk),
    .in(in[23:16]),
    .mode(mode),
    .out(out[23:16]),
    .rst_n(rst_n)
  );
  lane \byte_lane[3].unit  (
    .carry_in(carry[3]),
    .carry_out(overflow),
    .clk(clk),
    .in(in[31:24]),
    .mode(mode),
    .out(out[31:24]),
    .rst_n(rst_n)
  );
  assign carry[4] = overflow;
  assign sign = { out[31], out[23], out[15], out[7] };
endmodule
