package io.understudy.vmx.decode;

/** Opcode forms of the x87 floating-point unit; syntax in {@link OpcodeTable}. */
final class X87Rows {
    private X87Rows() {}

    static final String ROWS =
            """
            D8 /0           | FADD             | ST,Md
            D8 /0           | FADD             | ST,STi
            D8 /1           | FMUL             | ST,Md
            D8 /1           | FMUL             | ST,STi
            D8 /2           | FCOM             | ST,Md
            D8 /2           | FCOM             | ST,STi
            D8 /3           | FCOMP            | ST,Md
            D8 /3           | FCOMP            | ST,STi
            D8 /4           | FSUB             | ST,Md
            D8 /4           | FSUB             | ST,STi
            D8 /5           | FSUBR            | ST,Md
            D8 /5           | FSUBR            | ST,STi
            D8 /6           | FDIV             | ST,Md
            D8 /6           | FDIV             | ST,STi
            D8 /7           | FDIVR            | ST,Md
            D8 /7           | FDIVR            | ST,STi
            D9 /0           | FLD              | Md
            D9 /2           | FST              | Md
            D9 /3           | FSTP             | Md
            D9 /4 m         | FLDENV           | M
            D9 /5           | FLDCW            | Mw
            D9 /6 m         | FNSTENV          | M
            D9 /7           | FNSTCW           | Mw
            D9 /0           | FLD              | STi
            D9 /1           | FXCH             | STi
            D9 D0           | FNOP             |
            D9 /3           | FSTP         | STi
            D9 E0           | FCHS             |
            D9 E1           | FABS             |
            D9 E4           | FTST             |
            D9 E5           | FXAM             |
            D9 E8           | FLD1             |
            D9 E9           | FLDL2T           |
            D9 EA           | FLDL2E           |
            D9 EB           | FLDPI            |
            D9 EC           | FLDLG2           |
            D9 ED           | FLDLN2           |
            D9 EE           | FLDZ             |
            D9 F0           | F2XM1            |
            D9 F1           | FYL2X            |
            D9 F2           | FPTAN            |
            D9 F3           | FPATAN           |
            D9 F4           | FXTRACT          |
            D9 F5           | FPREM1           |
            D9 F6           | FDECSTP          |
            D9 F7           | FINCSTP          |
            D9 F8           | FPREM            |
            D9 F9           | FYL2XP1          |
            D9 FA           | FSQRT            |
            D9 FB           | FSINCOS          |
            D9 FC           | FRNDINT          |
            D9 FD           | FSCALE           |
            D9 FE           | FSIN             |
            D9 FF           | FCOS             |
            DA /0           | FIADD            | Md
            DA /1           | FIMUL            | Md
            DA /2           | FICOM            | Md
            DA /3           | FICOMP           | Md
            DA /4           | FISUB            | Md
            DA /5           | FISUBR           | Md
            DA /6           | FIDIV            | Md
            DA /7           | FIDIVR           | Md
            DA /0           | FCMOVB           | ST,STi
            DA /1           | FCMOVE           | ST,STi
            DA /2           | FCMOVBE          | ST,STi
            DA /3           | FCMOVU           | ST,STi
            DA E9           | FUCOMPP          |
            DB /0           | FILD             | Md
            DB /1           | FISTTP           | Md
            DB /2           | FIST             | Md
            DB /3           | FISTP            | Md
            DB /5           | FLD              | Mt
            DB /7           | FSTP             | Mt
            DB /0           | FCMOVNB          | ST,STi
            DB /1           | FCMOVNE          | ST,STi
            DB /2           | FCMOVNBE         | ST,STi
            DB /3           | FCMOVNU          | ST,STi
            DB E0           | FNOP     |
            DB E1           | FNOP     |
            DB E2           | FNCLEX           |
            DB E3           | FNINIT           |
            DB E4           | FNOP     |
            DB /5           | FUCOMI           | ST,STi
            DB /6           | FCOMI            | ST,STi
            DC /0           | FADD             | ST,Mq
            DC /1           | FMUL             | ST,Mq
            DC /2           | FCOM             | ST,Mq
            DC /3           | FCOMP            | ST,Mq
            DC /4           | FSUB             | ST,Mq
            DC /5           | FSUBR            | ST,Mq
            DC /6           | FDIV             | ST,Mq
            DC /7           | FDIVR            | ST,Mq
            DC /0           | FADD             | STi,ST
            DC /1           | FMUL             | STi,ST
            DC /2           | FCOM             | ST,STi
            DC /3           | FCOMP            | ST,STi
            DC /4           | FSUBR            | STi,ST
            DC /5           | FSUB             | STi,ST
            DC /6           | FDIVR            | STi,ST
            DC /7           | FDIV             | STi,ST
            DD /0           | FLD              | Mq
            DD /1           | FISTTP           | Mq
            DD /2           | FST              | Mq
            DD /3           | FSTP             | Mq
            DD /4 m         | FRSTOR           | M
            DD /6 m         | FNSAVE           | M
            DD /7           | FNSTSW           | Mw
            DD /0           | FFREE            | STi
            DD /1           | FXCH             | STi
            DD /2           | FST              | STi
            DD /3           | FSTP             | STi
            DD /4           | FUCOM            | ST,STi
            DD /5           | FUCOMP           | ST,STi
            DE /0           | FIADD            | Mw
            DE /1           | FIMUL            | Mw
            DE /2           | FICOM            | Mw
            DE /3           | FICOMP           | Mw
            DE /4           | FISUB            | Mw
            DE /5           | FISUBR           | Mw
            DE /6           | FIDIV            | Mw
            DE /7           | FIDIVR           | Mw
            DE /0           | FADDP            | STi,ST
            DE /1           | FMULP            | STi,ST
            DE /2           | FCOMP            | ST,STi
            DE D9           | FCOMPP           |
            DE /4           | FSUBRP           | STi,ST
            DE /5           | FSUBP            | STi,ST
            DE /6           | FDIVRP           | STi,ST
            DE /7           | FDIVP            | STi,ST
            DF /0           | FILD             | Mw
            DF /1           | FISTTP           | Mw
            DF /2           | FIST             | Mw
            DF /3           | FISTP            | Mw
            DF /4           | FBLD             | Mt
            DF /5           | FILD             | Mq
            DF /6           | FBSTP            | Mt
            DF /7           | FISTP            | Mq
            DF /0           | FFREEP           | STi
            DF /1           | FXCH             | STi
            DF /2           | FSTP             | STi
            DF /3           | FSTP             | STi
            DF E0           | FNSTSW_AX        |
            DF /5           | FUCOMIP          | ST,STi
            DF /6           | FCOMIP           | ST,STi
            """;
}
