package io.understudy.vmx.decode;

/**
 * Opcode forms of the floating-point instructions on XMM registers, and of saving state; syntax in
 * {@link OpcodeTable}.
 */
final class FloatRows {
    private FloatRows() {}

    static final String ROWS =
            """
            NP 0F 10        | MOVUPS           | Vdq,Wdq
            66 0F 10        | MOVUPD           | Vdq,Wdq
            F3 0F 10        | MOVSS            | Vdq,Wd
            F2 0F 10        | MOVSD            | Vdq,Wq
            NP 0F 11        | MOVUPS           | Wdq,Vdq
            66 0F 11        | MOVUPD           | Wdq,Vdq
            F3 0F 11        | MOVSS            | Wd,Vdq
            F2 0F 11        | MOVSD            | Wq,Vdq
            NP 0F 12        | MOVHLPS          | Vdq,Udq
            NP 0F 12        | MOVLPS           | Vdq,Mq
            66 0F 12        | MOVLPD           | Vdq,Mq
            F3 0F 12        | MOVSLDUP         | Vdq,Wdq
            F2 0F 12        | MOVDDUP          | Vdq,Wq
            NP 0F 13        | MOVLPS           | Mq,Vdq
            66 0F 13        | MOVLPD           | Mq,Vdq
            NP 0F 14        | UNPCKLPS         | Vdq,Wdq
            66 0F 14        | UNPCKLPD         | Vdq,Wdq
            NP 0F 15        | UNPCKHPS         | Vdq,Wdq
            66 0F 15        | UNPCKHPD         | Vdq,Wdq
            NP 0F 16        | MOVLHPS          | Vdq,Udq
            NP 0F 16        | MOVHPS           | Vdq,Mq
            66 0F 16        | MOVHPD           | Vdq,Mq
            F3 0F 16        | MOVSHDUP         | Vdq,Wdq
            NP 0F 17        | MOVHPS           | Mq,Vdq
            66 0F 17        | MOVHPD           | Mq,Vdq
            NP 0F 28        | MOVAPS           | Vdq,Wdq
            66 0F 28        | MOVAPD           | Vdq,Wdq
            NP 0F 29        | MOVAPS           | Wdq,Vdq
            66 0F 29        | MOVAPD           | Wdq,Vdq
            NP 0F 2A        | CVTPI2PS         | Vdq,Qq
            66 0F 2A        | CVTPI2PD         | Vdq,Qq
            F3 0F 2A        | CVTSI2SS         | Vdq,Ey
            F2 0F 2A        | CVTSI2SD         | Vdq,Ey
            NP 0F 2B        | MOVNTPS          | Mdq,Vdq
            66 0F 2B        | MOVNTPD          | Mdq,Vdq
            NP 0F 2C        | CVTTPS2PI        | Pq,Wq
            66 0F 2C        | CVTTPD2PI        | Pq,Wdq
            F3 0F 2C        | CVTTSS2SI        | Gy,Wd
            F2 0F 2C        | CVTTSD2SI        | Gy,Wq
            NP 0F 2D        | CVTPS2PI         | Pq,Wq
            66 0F 2D        | CVTPD2PI         | Pq,Wdq
            F3 0F 2D        | CVTSS2SI         | Gy,Wd
            F2 0F 2D        | CVTSD2SI         | Gy,Wq
            NP 0F 2E        | UCOMISS          | Vdq,Wd
            66 0F 2E        | UCOMISD          | Vdq,Wq
            NP 0F 2F        | COMISS           | Vdq,Wd
            66 0F 2F        | COMISD           | Vdq,Wq
            NP 0F 50        | MOVMSKPS         | Gd,Udq
            66 0F 50        | MOVMSKPD         | Gd,Udq
            NP 0F 51        | SQRTPS           | Vdq,Wdq
            66 0F 51        | SQRTPD           | Vdq,Wdq
            F3 0F 51        | SQRTSS           | Vdq,Wd
            F2 0F 51        | SQRTSD           | Vdq,Wq
            NP 0F 52        | RSQRTPS          | Vdq,Wdq
            F3 0F 52        | RSQRTSS          | Vdq,Wd
            NP 0F 53        | RCPPS            | Vdq,Wdq
            F3 0F 53        | RCPSS            | Vdq,Wd
            NP 0F 54        | ANDPS            | Vdq,Wdq
            66 0F 54        | ANDPD            | Vdq,Wdq
            NP 0F 55        | ANDNPS           | Vdq,Wdq
            66 0F 55        | ANDNPD           | Vdq,Wdq
            NP 0F 56        | ORPS             | Vdq,Wdq
            66 0F 56        | ORPD             | Vdq,Wdq
            NP 0F 57        | XORPS            | Vdq,Wdq
            66 0F 57        | XORPD            | Vdq,Wdq
            NP 0F 58        | ADDPS            | Vdq,Wdq
            66 0F 58        | ADDPD            | Vdq,Wdq
            F3 0F 58        | ADDSS            | Vdq,Wd
            F2 0F 58        | ADDSD            | Vdq,Wq
            NP 0F 59        | MULPS            | Vdq,Wdq
            66 0F 59        | MULPD            | Vdq,Wdq
            F3 0F 59        | MULSS            | Vdq,Wd
            F2 0F 59        | MULSD            | Vdq,Wq
            NP 0F 5A        | CVTPS2PD         | Vdq,Wq
            66 0F 5A        | CVTPD2PS         | Vdq,Wdq
            F3 0F 5A        | CVTSS2SD         | Vdq,Wd
            F2 0F 5A        | CVTSD2SS         | Vdq,Wq
            NP 0F 5B        | CVTDQ2PS         | Vdq,Wdq
            66 0F 5B        | CVTPS2DQ         | Vdq,Wdq
            F3 0F 5B        | CVTTPS2DQ        | Vdq,Wdq
            NP 0F 5C        | SUBPS            | Vdq,Wdq
            66 0F 5C        | SUBPD            | Vdq,Wdq
            F3 0F 5C        | SUBSS            | Vdq,Wd
            F2 0F 5C        | SUBSD            | Vdq,Wq
            NP 0F 5D        | MINPS            | Vdq,Wdq
            66 0F 5D        | MINPD            | Vdq,Wdq
            F3 0F 5D        | MINSS            | Vdq,Wd
            F2 0F 5D        | MINSD            | Vdq,Wq
            NP 0F 5E        | DIVPS            | Vdq,Wdq
            66 0F 5E        | DIVPD            | Vdq,Wdq
            F3 0F 5E        | DIVSS            | Vdq,Wd
            F2 0F 5E        | DIVSD            | Vdq,Wq
            NP 0F 5F        | MAXPS            | Vdq,Wdq
            66 0F 5F        | MAXPD            | Vdq,Wdq
            F3 0F 5F        | MAXSS            | Vdq,Wd
            F2 0F 5F        | MAXSD            | Vdq,Wq
            66 0F 7C        | HADDPD           | Vdq,Wdq
            F2 0F 7C        | HADDPS           | Vdq,Wdq
            66 0F 7D        | HSUBPD           | Vdq,Wdq
            F2 0F 7D        | HSUBPS           | Vdq,Wdq
            NP 0F AE /0 m   | FXSAVE           | M
            NP 0F AE /1 m   | FXRSTOR          | M
            NP 0F AE /2     | LDMXCSR          | Md
            NP 0F AE /3     | STMXCSR          | Md
            NP 0F AE /4 m   | XSAVE            | M
            NP 0F AE /5 m   | XRSTOR           | M
            NP 0F AE /6 m   | XSAVEOPT         | M
            NP 0F C2        | CMPPS            | Vdq,Wdq,Ib
            66 0F C2        | CMPPD            | Vdq,Wdq,Ib
            F3 0F C2        | CMPSS            | Vdq,Wd,Ib
            F2 0F C2        | CMPSD            | Vdq,Wq,Ib
            NP 0F C6        | SHUFPS           | Vdq,Wdq,Ib
            66 0F C6        | SHUFPD           | Vdq,Wdq,Ib
            66 0F D0        | ADDSUBPD         | Vdq,Wdq
            F2 0F D0        | ADDSUBPS         | Vdq,Wdq
            66 0F E6        | CVTTPD2DQ        | Vdq,Wdq
            F3 0F E6        | CVTDQ2PD         | Vdq,Wq
            F2 0F E6        | CVTPD2DQ         | Vdq,Wdq

            66 0F 3A 08     | ROUNDPS          | Vdq,Wdq,Ib
            66 0F 3A 09     | ROUNDPD          | Vdq,Wdq,Ib
            66 0F 3A 0A     | ROUNDSS          | Vdq,Wd,Ib
            66 0F 3A 0B     | ROUNDSD          | Vdq,Wq,Ib
            66 0F 3A 0C     | BLENDPS          | Vdq,Wdq,Ib
            66 0F 3A 0D     | BLENDPD          | Vdq,Wdq,Ib
            66 0F 3A 40     | DPPS             | Vdq,Wdq,Ib
            66 0F 3A 41     | DPPD             | Vdq,Wdq,Ib
            """;
}
