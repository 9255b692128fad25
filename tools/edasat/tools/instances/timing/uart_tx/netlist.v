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
  wire [3:0] _000_;
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
  wire [3:0] bits;
  wire [9:0] shift;
  wire [3:0] ticks;
  NOR2_X1 _055_ (
    .A1(bits[2]),
    .A2(bits[1]),
    .ZN(_016_)
  );
  NOR2_X1 _056_ (
    .A1(bits[0]),
    .A2(bits[3]),
    .ZN(_017_)
  );
  INV_X1 _057_ (
    .A(send),
    .ZN(_025_)
  );
  MUX2_X1 _058_ (
    .A(_025_),
    .B(_022_),
    .S(busy),
    .Z(_026_)
  );
  BUF_X1 _059_ (
    .A(_026_),
    .Z(_027_)
  );
  AOI21_X1 _060_ (
    .A1(shift[0]),
    .A2(busy),
    .B(_027_),
    .ZN(_028_)
  );
  NOR2_X1 _061_ (
    .A1(_024_),
    .A2(_028_),
    .ZN(_014_)
  );
  INV_X1 _062_ (
    .A(bits[2]),
    .ZN(_029_)
  );
  NOR3_X1 _063_ (
    .A1(bits[0]),
    .A2(bits[1]),
    .A3(_027_),
    .ZN(_030_)
  );
  NOR2_X1 _064_ (
    .A1(bits[0]),
    .A2(_026_),
    .ZN(_031_)
  );
  NAND3_X1 _065_ (
    .A1(bits[3]),
    .A2(_016_),
    .A3(_031_),
    .ZN(_032_)
  );
  OAI21_X1 _066_ (
    .A1(_029_),
    .A2(_030_),
    .B(_032_),
    .ZN(_013_)
  );
  AND2_X1 _067_ (
    .A1(_016_),
    .A2(_017_),
    .Z(_018_)
  );
  XNOR2_X1 _068_ (
    .A(bits[0]),
    .B(_027_),
    .ZN(_012_)
  );
  NAND2_X1 _069_ (
    .A1(_016_),
    .A2(_031_),
    .ZN(_033_)
  );
  XNOR2_X1 _070_ (
    .A(bits[3]),
    .B(_033_),
    .ZN(_011_)
  );
  NOR2_X1 _071_ (
    .A1(send),
    .A2(busy),
    .ZN(_034_)
  );
  AOI21_X1 _072_ (
    .A1(busy),
    .A2(_022_),
    .B(_034_),
    .ZN(_035_)
  );
  XOR2_X1 _073_ (
    .A(data[0]),
    .B(data[1]),
    .Z(_036_)
  );
  XNOR2_X1 _074_ (
    .A(data[2]),
    .B(data[3]),
    .ZN(_037_)
  );
  XNOR2_X1 _075_ (
    .A(_036_),
    .B(_037_),
    .ZN(_038_)
  );
  XOR2_X1 _076_ (
    .A(data[4]),
    .B(data[7]),
    .Z(_039_)
  );
  XNOR2_X1 _077_ (
    .A(data[5]),
    .B(data[6]),
    .ZN(_040_)
  );
  BUF_X1 _078_ (
    .A(_018_),
    .Z(_019_)
  );
  XNOR2_X1 _079_ (
    .A(_039_),
    .B(_040_),
    .ZN(_041_)
  );
  XNOR2_X1 _080_ (
    .A(_038_),
    .B(_041_),
    .ZN(_042_)
  );
  NAND3_X1 _081_ (
    .A1(send),
    .A2(_019_),
    .A3(_042_),
    .ZN(_043_)
  );
  OAI21_X1 _082_ (
    .A1(shift[8]),
    .A2(_035_),
    .B(_043_),
    .ZN(_044_)
  );
  INV_X1 _083_ (
    .A(_044_),
    .ZN(_010_)
  );
  MUX2_X1 _084_ (
    .A(shift[1]),
    .B(data[0]),
    .S(_019_),
    .Z(_045_)
  );
  MUX2_X1 _085_ (
    .A(_045_),
    .B(shift[0]),
    .S(_027_),
    .Z(_009_)
  );
  MUX2_X1 _086_ (
    .A(shift[2]),
    .B(data[1]),
    .S(_019_),
    .Z(_046_)
  );
  MUX2_X1 _087_ (
    .A(_046_),
    .B(shift[1]),
    .S(_027_),
    .Z(_008_)
  );
  MUX2_X1 _088_ (
    .A(data[2]),
    .B(shift[3]),
    .S(busy),
    .Z(_047_)
  );
  INV_X1 _089_ (
    .A(_019_),
    .ZN(busy)
  );
  MUX2_X1 _090_ (
    .A(_047_),
    .B(shift[2]),
    .S(_027_),
    .Z(_007_)
  );
  MUX2_X1 _091_ (
    .A(data[3]),
    .B(shift[4]),
    .S(busy),
    .Z(_048_)
  );
  MUX2_X1 _092_ (
    .A(_048_),
    .B(shift[3]),
    .S(_027_),
    .Z(_006_)
  );
  MUX2_X1 _093_ (
    .A(shift[5]),
    .B(data[4]),
    .S(_019_),
    .Z(_049_)
  );
  MUX2_X1 _094_ (
    .A(_049_),
    .B(shift[4]),
    .S(_027_),
    .Z(_005_)
  );
  MUX2_X1 _095_ (
    .A(data[5]),
    .B(shift[6]),
    .S(busy),
    .Z(_050_)
  );
  MUX2_X1 _096_ (
    .A(_050_),
    .B(shift[5]),
    .S(_027_),
    .Z(_004_)
  );
  MUX2_X1 _097_ (
    .A(data[6]),
    .B(shift[7]),
    .S(busy),
    .Z(_051_)
  );
  MUX2_X1 _098_ (
    .A(_051_),
    .B(shift[6]),
    .S(_027_),
    .Z(_003_)
  );
  MUX2_X1 _099_ (
    .A(shift[8]),
    .B(data[7]),
    .S(_019_),
    .Z(_052_)
  );
  INV_X1 _100_ (
    .A(ticks[3]),
    .ZN(_020_)
  );
  MUX2_X1 _101_ (
    .A(_052_),
    .B(shift[7]),
    .S(_026_),
    .Z(_002_)
  );
  AND2_X1 _102_ (
    .A1(ticks[1]),
    .A2(ticks[0]),
    .Z(_053_)
  );
  XNOR2_X1 _103_ (
    .A(ticks[2]),
    .B(_053_),
    .ZN(_054_)
  );
  NOR2_X1 _104_ (
    .A1(_019_),
    .A2(_054_),
    .ZN(_000_[2])
  );
  NOR2_X1 _105_ (
    .A1(ticks[1]),
    .A2(ticks[0]),
    .ZN(_015_)
  );
  NOR3_X1 _106_ (
    .A1(_019_),
    .A2(_053_),
    .A3(_015_),
    .ZN(_000_[1])
  );
  NOR2_X1 _107_ (
    .A1(ticks[0]),
    .A2(_019_),
    .ZN(_000_[0])
  );
  AOI21_X1 _108_ (
    .A1(_020_),
    .A2(_021_),
    .B(_023_),
    .ZN(_000_[3])
  );
  XOR2_X1 _109_ (
    .A(bits[1]),
    .B(_031_),
    .Z(_001_)
  );
  NAND3_X1 _110_ (
    .A1(ticks[2]),
    .A2(ticks[1]),
    .A3(ticks[0]),
    .ZN(_021_)
  );
  OR2_X1 _111_ (
    .A1(_020_),
    .A2(_021_),
    .Z(_022_)
  );
  NAND2_X1 _112_ (
    .A1(busy),
    .A2(_022_),
    .ZN(_023_)
  );
  NOR2_X1 _113_ (
    .A1(line),
    .A2(_023_),
    .ZN(_024_)
  );
  DFFR_X1 \bits[0]_reg  (
    .CK(clk),
    .D(_012_),
    .Q(bits[0]),
    .RN(rst_n)
  );
  DFFR_X1 \bits[1]_reg  (
    .CK(clk),
    .D(_001_),
    .Q(bits[1]),
    .RN(rst_n)
  );
  DFFR_X1 \bits[2]_reg  (
    .CK(clk),
    .D(_013_),
    .Q(bits[2]),
    .RN(rst_n)
  );
  DFFR_X1 \bits[3]_reg  (
    .CK(clk),
    .D(_011_),
    .Q(bits[3]),
    .RN(rst_n)
  );
  DFFS_X1 line_reg (
    .CK(clk),
    .D(_014_),
    .Q(line),
    .SN(rst_n)
  );
  DFFS_X1 \shift[0]_reg  (
    .CK(clk),
    .D(_009_),
    .Q(shift[0]),
    .SN(rst_n)
  );
  DFFS_X1 \shift[1]_reg  (
    .CK(clk),
    .D(_008_),
    .Q(shift[1]),
    .SN(rst_n)
  );
  DFFS_X1 \shift[2]_reg  (
    .CK(clk),
    .D(_007_),
    .Q(shift[2]),
    .SN(rst_n)
  );
  DFFS_X1 \shift[3]_reg  (
    .CK(clk),
    .D(_006_),
    .Q(shift[3]),
    .SN(rst_n)
  );
  DFFS_X1 \shift[4]_reg  (
    .CK(clk),
    .D(_005_),
    .Q(shift[4]),
    .SN(rst_n)
  );
  DFFS_X1 \shift[5]_reg  (
    .CK(clk),
    .D(_004_),
    .Q(shift[5]),
    .SN(rst_n)
  );
  DFFS_X1 \shift[6]_reg  (
    .CK(clk),
    .D(_003_),
    .Q(shift[6]),
    .SN(rst_n)
  );
  DFFS_X1 \shift[7]_reg  (
    .CK(clk),
    .D(_002_),
    .Q(shift[7]),
    .SN(rst_n)
  );
  DFFS_X1 \shift[8]_reg  (
    .CK(clk),
    .D(_010_),
    .Q(shift[8]),
    .SN(rst_n)
  );
  DFFR_X1 \ticks[0]_reg  (
    .CK(clk),
    .D(_000_[0]),
    .Q(ticks[0]),
    .RN(rst_n)
  );
  DFFR_X1 \ticks[1]_reg  (
    .CK(clk),
    .D(_000_[1]),
    .Q(ticks[1]),
    .RN(rst_n)
  );
  DFFR_X1 \ticks[2]_reg  (
    .CK(clk),
    .D(_000_[2]),
    .Q(ticks[2]),
    .RN(rst_n)
  );
  DFFR_X1 \ticks[3]_reg  (
    .CK(clk),
    .D(_000_[3]),
    .Q(ticks[3]),
    .RN(rst_n)
  );
endmodule
