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
  wire captured_0_;
  wire captured_1_;
  wire captured_2_;
  wire captured_3_;
  wire captured_4_;
  wire captured_5_;
  wire captured_6_;
  wire captured_7_;
  wire half;
  wire pending;
  wire sync_0_;
  wire sync_1_;
  wire sync_2_;
  XOR2_X1 _054_ (
    .A(data[7]),
    .B(captured_6_),
    .Z(_007_)
  );
  INV_X1 _055_ (
    .A(half),
    .ZN(_008_)
  );
  XOR2_X1 _056_ (
    .A(events[1]),
    .B(_025_),
    .Z(_018_)
  );
  NAND2_X1 _057_ (
    .A1(events[1]),
    .A2(_025_),
    .ZN(_028_)
  );
  XNOR2_X1 _058_ (
    .A(events[2]),
    .B(_028_),
    .ZN(_017_)
  );
  NAND2_X1 _059_ (
    .A1(slow_sum[0]),
    .A2(captured_0_),
    .ZN(_029_)
  );
  NOR2_X1 _060_ (
    .A1(slow_sum[1]),
    .A2(captured_1_),
    .ZN(_030_)
  );
  NAND2_X1 _061_ (
    .A1(slow_sum[1]),
    .A2(captured_1_),
    .ZN(_031_)
  );
  OAI21_X1 _062_ (
    .A1(_029_),
    .A2(_030_),
    .B(_031_),
    .ZN(_032_)
  );
  OR2_X1 _063_ (
    .A1(slow_sum[2]),
    .A2(captured_2_),
    .Z(_033_)
  );
  AND2_X1 _064_ (
    .A1(slow_sum[2]),
    .A2(captured_2_),
    .Z(_034_)
  );
  AOI21_X1 _065_ (
    .A1(_032_),
    .A2(_033_),
    .B(_034_),
    .ZN(_035_)
  );
  INV_X1 _066_ (
    .A(events[0]),
    .ZN(_023_)
  );
  NOR2_X1 _067_ (
    .A1(slow_sum[3]),
    .A2(captured_3_),
    .ZN(_036_)
  );
  NAND2_X1 _068_ (
    .A1(slow_sum[3]),
    .A2(captured_3_),
    .ZN(_037_)
  );
  OAI21_X1 _069_ (
    .A1(_035_),
    .A2(_036_),
    .B(_037_),
    .ZN(_038_)
  );
  OR2_X1 _070_ (
    .A1(slow_sum[4]),
    .A2(captured_4_),
    .Z(_039_)
  );
  AND2_X1 _071_ (
    .A1(slow_sum[4]),
    .A2(captured_4_),
    .Z(_040_)
  );
  AOI21_X1 _072_ (
    .A1(_038_),
    .A2(_039_),
    .B(_040_),
    .ZN(_041_)
  );
  NOR2_X1 _073_ (
    .A1(slow_sum[5]),
    .A2(captured_5_),
    .ZN(_042_)
  );
  NAND2_X1 _074_ (
    .A1(slow_sum[5]),
    .A2(captured_5_),
    .ZN(_043_)
  );
  OAI21_X1 _075_ (
    .A1(_041_),
    .A2(_042_),
    .B(_043_),
    .ZN(_044_)
  );
  XNOR2_X1 _076_ (
    .A(captured_6_),
    .B(slow_sum[6]),
    .ZN(_045_)
  );
  INV_X1 _077_ (
    .A(sync_1_),
    .ZN(_024_)
  );
  XNOR2_X1 _078_ (
    .A(_044_),
    .B(_045_),
    .ZN(_015_)
  );
  XOR2_X1 _079_ (
    .A(slow_sum[5]),
    .B(captured_5_),
    .Z(_046_)
  );
  XNOR2_X1 _080_ (
    .A(_041_),
    .B(_046_),
    .ZN(_014_)
  );
  XNOR2_X1 _081_ (
    .A(slow_sum[4]),
    .B(captured_4_),
    .ZN(_047_)
  );
  XNOR2_X1 _082_ (
    .A(_038_),
    .B(_047_),
    .ZN(_013_)
  );
  XOR2_X1 _083_ (
    .A(slow_sum[3]),
    .B(captured_3_),
    .Z(_048_)
  );
  XNOR2_X1 _084_ (
    .A(_035_),
    .B(_048_),
    .ZN(_012_)
  );
  XNOR2_X1 _085_ (
    .A(slow_sum[2]),
    .B(captured_2_),
    .ZN(_049_)
  );
  XNOR2_X1 _086_ (
    .A(_032_),
    .B(_049_),
    .ZN(_011_)
  );
  XOR2_X1 _087_ (
    .A(slow_sum[1]),
    .B(captured_1_),
    .Z(_050_)
  );
  NOR3_X1 _088_ (
    .A1(_023_),
    .A2(sync_2_),
    .A3(_024_),
    .ZN(_025_)
  );
  XNOR2_X1 _089_ (
    .A(_029_),
    .B(_050_),
    .ZN(_010_)
  );
  XOR2_X1 _090_ (
    .A(slow_sum[0]),
    .B(captured_0_),
    .Z(_009_)
  );
  OR2_X1 _091_ (
    .A1(captured_6_),
    .A2(slow_sum[6]),
    .Z(_051_)
  );
  AND2_X1 _092_ (
    .A1(captured_6_),
    .A2(slow_sum[6]),
    .Z(_052_)
  );
  AOI21_X1 _093_ (
    .A1(_044_),
    .A2(_051_),
    .B(_052_),
    .ZN(_053_)
  );
  XOR2_X1 _094_ (
    .A(captured_7_),
    .B(slow_sum[7]),
    .Z(_022_)
  );
  XNOR2_X1 _095_ (
    .A(_053_),
    .B(_022_),
    .ZN(_016_)
  );
  XOR2_X1 _096_ (
    .A(captured_5_),
    .B(data[6]),
    .Z(_006_)
  );
  XOR2_X1 _097_ (
    .A(captured_4_),
    .B(data[5]),
    .Z(_005_)
  );
  XOR2_X1 _098_ (
    .A(captured_3_),
    .B(data[4]),
    .Z(_004_)
  );
  NAND3_X1 _099_ (
    .A1(events[1]),
    .A2(events[2]),
    .A3(_025_),
    .ZN(_026_)
  );
  XOR2_X1 _100_ (
    .A(captured_2_),
    .B(data[3]),
    .Z(_003_)
  );
  XOR2_X1 _101_ (
    .A(captured_1_),
    .B(data[2]),
    .Z(_002_)
  );
  XOR2_X1 _102_ (
    .A(captured_0_),
    .B(data[1]),
    .Z(_001_)
  );
  XOR2_X1 _103_ (
    .A(captured_7_),
    .B(data[0]),
    .Z(_000_)
  );
  XNOR2_X1 _104_ (
    .A(events[3]),
    .B(_026_),
    .ZN(_021_)
  );
  XOR2_X1 _105_ (
    .A(half),
    .B(tick),
    .Z(_020_)
  );
  NOR2_X1 _106_ (
    .A1(sync_2_),
    .A2(_024_),
    .ZN(_027_)
  );
  XNOR2_X1 _107_ (
    .A(_023_),
    .B(_027_),
    .ZN(_019_)
  );
  DFF_X1 \captured[0]_reg  (
    .CK(clk),
    .D(_000_),
    .Q(captured_0_)
  );
  DFF_X1 \captured[1]_reg  (
    .CK(clk),
    .D(_001_),
    .Q(captured_1_)
  );
  DFF_X1 \captured[2]_reg  (
    .CK(clk),
    .D(_002_),
    .Q(captured_2_)
  );
  DFF_X1 \captured[3]_reg  (
    .CK(clk),
    .D(_003_),
    .Q(captured_3_)
  );
  DFF_X1 \captured[4]_reg  (
    .CK(clk),
    .D(_004_),
    .Q(captured_4_)
  );
  DFF_X1 \captured[5]_reg  (
    .CK(clk),
    .D(_005_),
    .Q(captured_5_)
  );
  DFF_X1 \captured[6]_reg  (
    .CK(clk),
    .D(_006_),
    .Q(captured_6_)
  );
  DFF_X1 \captured[7]_reg  (
    .CK(clk),
    .D(_007_),
    .Q(captured_7_)
  );
  DFFR_X1 \events[0]_reg  (
    .CK(aux_clk),
    .D(_019_),
    .Q(events[0]),
    .RN(rst_n)
  );
  DFFR_X1 \events[1]_reg  (
    .CK(aux_clk),
    .D(_018_),
    .Q(events[1]),
    .RN(rst_n)
  );
  DFFR_X1 \events[2]_reg  (
    .CK(aux_clk),
    .D(_017_),
    .Q(events[2]),
    .RN(rst_n)
  );
  DFFR_X1 \events[3]_reg  (
    .CK(aux_clk),
    .D(_021_),
    .Q(events[3]),
    .RN(rst_n)
  );
  DFFR_X1 half_reg (
    .CK(clk),
    .D(_008_),
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
    .D(_020_),
    .Q(tick),
    .RN(rst_n)
  );
  DFFR_X1 \slow_sum[0]_reg  (
    .CK(tick),
    .D(_009_),
    .Q(slow_sum[0]),
    .RN(rst_n)
  );
  DFFR_X1 \slow_sum[1]_reg  (
    .CK(tick),
    .D(_010_),
    .Q(slow_sum[1]),
    .RN(rst_n)
  );
  DFFR_X1 \slow_sum[2]_reg  (
    .CK(tick),
    .D(_011_),
    .Q(slow_sum[2]),
    .RN(rst_n)
  );
  DFFR_X1 \slow_sum[3]_reg  (
    .CK(tick),
    .D(_012_),
    .Q(slow_sum[3]),
    .RN(rst_n)
  );
  DFFR_X1 \slow_sum[4]_reg  (
    .CK(tick),
    .D(_013_),
    .Q(slow_sum[4]),
    .RN(rst_n)
  );
  DFFR_X1 \slow_sum[5]_reg  (
    .CK(tick),
    .D(_014_),
    .Q(slow_sum[5]),
    .RN(rst_n)
  );
  DFFR_X1 \slow_sum[6]_reg  (
    .CK(tick),
    .D(_015_),
    .Q(slow_sum[6]),
    .RN(rst_n)
  );
  DFFR_X1 \slow_sum[7]_reg  (
    .CK(tick),
    .D(_016_),
    .Q(slow_sum[7]),
    .RN(rst_n)
  );
  DFF_X1 \sync[0]_reg  (
    .CK(aux_clk),
    .D(pending),
    .Q(sync_0_)
  );
  DFF_X1 \sync[1]_reg  (
    .CK(aux_clk),
    .D(sync_0_),
    .Q(sync_1_)
  );
  DFF_X1 \sync[2]_reg  (
    .CK(aux_clk),
    .D(sync_1_),
    .Q(sync_2_)
  );
endmodule
