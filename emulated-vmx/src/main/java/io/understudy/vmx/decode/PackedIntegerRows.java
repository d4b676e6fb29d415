package io.understudy.vmx.decode;

/**
 * Opcode forms of the integer instructions on MMX and XMM registers; syntax in {@link OpcodeTable}.
 */
final class PackedIntegerRows {
    private PackedIntegerRows() {}

    static final String ROWS =
            """
            66 0F 60        | PUNPCKLBW        | Vdq,Wdq
            NP 0F 60        | PUNPCKLBW        | Pq,Qd
            66 0F 61        | PUNPCKLWD        | Vdq,Wdq
            NP 0F 61        | PUNPCKLWD        | Pq,Qd
            66 0F 62        | PUNPCKLDQ        | Vdq,Wdq
            NP 0F 62        | PUNPCKLDQ        | Pq,Qd
            66 0F 63        | PACKSSWB         | Vdq,Wdq      | mmx
            66 0F 64        | PCMPGTB          | Vdq,Wdq      | mmx
            66 0F 65        | PCMPGTW          | Vdq,Wdq      | mmx
            66 0F 66        | PCMPGTD          | Vdq,Wdq      | mmx
            66 0F 67        | PACKUSWB         | Vdq,Wdq      | mmx
            66 0F 68        | PUNPCKHBW        | Vdq,Wdq      | mmx
            66 0F 69        | PUNPCKHWD        | Vdq,Wdq      | mmx
            66 0F 6A        | PUNPCKHDQ        | Vdq,Wdq      | mmx
            66 0F 6B        | PACKSSDW         | Vdq,Wdq      | mmx
            66 0F 6C        | PUNPCKLQDQ       | Vdq,Wdq
            66 0F 6D        | PUNPCKHQDQ       | Vdq,Wdq
            66 0F 6E        | MOVD             | Vdq,Ey
            NP 0F 6E        | MOVD             | Pq,Ey
            66 0F 6F        | MOVDQA           | Vdq,Wdq
            F3 0F 6F        | MOVDQU           | Vdq,Wdq
            NP 0F 6F        | MOVQ             | Pq,Qq
            66 0F 70        | PSHUFD           | Vdq,Wdq,Ib
            F3 0F 70        | PSHUFHW          | Vdq,Wdq,Ib
            F2 0F 70        | PSHUFLW          | Vdq,Wdq,Ib
            NP 0F 70        | PSHUFW           | Pq,Qq,Ib
            66 0F 71 /2     | PSRLW            | Udq,Ib       | mmx
            66 0F 71 /4     | PSRAW            | Udq,Ib       | mmx
            66 0F 71 /6     | PSLLW            | Udq,Ib       | mmx
            66 0F 72 /2     | PSRLD            | Udq,Ib       | mmx
            66 0F 72 /4     | PSRAD            | Udq,Ib       | mmx
            66 0F 72 /6     | PSLLD            | Udq,Ib       | mmx
            66 0F 73 /2     | PSRLQ            | Udq,Ib       | mmx
            66 0F 73 /6     | PSLLQ            | Udq,Ib       | mmx
            66 0F 73 /3     | PSRLDQ           | Udq,Ib
            66 0F 73 /7     | PSLLDQ           | Udq,Ib
            66 0F 74        | PCMPEQB          | Vdq,Wdq      | mmx
            66 0F 75        | PCMPEQW          | Vdq,Wdq      | mmx
            66 0F 76        | PCMPEQD          | Vdq,Wdq      | mmx
            NP 0F 77        | EMMS             |
            66 0F 7E        | MOVD             | Ey,Vdq
            F3 0F 7E        | MOVQ             | Vdq,Wq
            NP 0F 7E        | MOVD             | Ey,Pq
            66 0F 7F        | MOVDQA           | Wdq,Vdq
            F3 0F 7F        | MOVDQU           | Wdq,Vdq
            NP 0F 7F        | MOVQ             | Qq,Pq
            66 0F C4        | PINSRW           | Vdq,Mw,Ib
            66 0F C4        | PINSRW           | Vdq,Rd,Ib
            NP 0F C4        | PINSRW           | Pq,Mw,Ib
            NP 0F C4        | PINSRW           | Pq,Rd,Ib
            66 0F C5        | PEXTRW           | Gd,Udq,Ib    | mmx
            66 0F D1        | PSRLW            | Vdq,Wdq      | mmx
            66 0F D2        | PSRLD            | Vdq,Wdq      | mmx
            66 0F D3        | PSRLQ            | Vdq,Wdq      | mmx
            66 0F D4        | PADDQ            | Vdq,Wdq      | mmx
            66 0F D5        | PMULLW           | Vdq,Wdq      | mmx
            66 0F D6        | MOVQ             | Wq,Vdq
            F3 0F D6        | MOVQ2DQ          | Vdq,Nq
            F2 0F D6        | MOVDQ2Q          | Pq,Udq
            66 0F D7        | PMOVMSKB         | Gd,Udq       | mmx
            66 0F D8        | PSUBUSB          | Vdq,Wdq      | mmx
            66 0F D9        | PSUBUSW          | Vdq,Wdq      | mmx
            66 0F DA        | PMINUB           | Vdq,Wdq      | mmx
            66 0F DB        | PAND             | Vdq,Wdq      | mmx
            66 0F DC        | PADDUSB          | Vdq,Wdq      | mmx
            66 0F DD        | PADDUSW          | Vdq,Wdq      | mmx
            66 0F DE        | PMAXUB           | Vdq,Wdq      | mmx
            66 0F DF        | PANDN            | Vdq,Wdq      | mmx
            66 0F E0        | PAVGB            | Vdq,Wdq      | mmx
            66 0F E1        | PSRAW            | Vdq,Wdq      | mmx
            66 0F E2        | PSRAD            | Vdq,Wdq      | mmx
            66 0F E3        | PAVGW            | Vdq,Wdq      | mmx
            66 0F E4        | PMULHUW          | Vdq,Wdq      | mmx
            66 0F E5        | PMULHW           | Vdq,Wdq      | mmx
            66 0F E7        | MOVNTDQ          | Mdq,Vdq
            NP 0F E7        | MOVNTQ           | Mq,Pq
            66 0F E8        | PSUBSB           | Vdq,Wdq      | mmx
            66 0F E9        | PSUBSW           | Vdq,Wdq      | mmx
            66 0F EA        | PMINSW           | Vdq,Wdq      | mmx
            66 0F EB        | POR              | Vdq,Wdq      | mmx
            66 0F EC        | PADDSB           | Vdq,Wdq      | mmx
            66 0F ED        | PADDSW           | Vdq,Wdq      | mmx
            66 0F EE        | PMAXSW           | Vdq,Wdq      | mmx
            66 0F EF        | PXOR             | Vdq,Wdq      | mmx
            F2 0F F0        | LDDQU            | Vdq,Mdq
            66 0F F1        | PSLLW            | Vdq,Wdq      | mmx
            66 0F F2        | PSLLD            | Vdq,Wdq      | mmx
            66 0F F3        | PSLLQ            | Vdq,Wdq      | mmx
            66 0F F4        | PMULUDQ          | Vdq,Wdq      | mmx
            66 0F F5        | PMADDWD          | Vdq,Wdq      | mmx
            66 0F F6        | PSADBW           | Vdq,Wdq      | mmx
            66 0F F7        | MASKMOVDQU       | Vdq,Udq
            NP 0F F7        | MASKMOVQ         | Pq,Nq
            66 0F F8        | PSUBB            | Vdq,Wdq      | mmx
            66 0F F9        | PSUBW            | Vdq,Wdq      | mmx
            66 0F FA        | PSUBD            | Vdq,Wdq      | mmx
            66 0F FB        | PSUBQ            | Vdq,Wdq      | mmx
            66 0F FC        | PADDB            | Vdq,Wdq      | mmx
            66 0F FD        | PADDW            | Vdq,Wdq      | mmx
            66 0F FE        | PADDD            | Vdq,Wdq      | mmx

            66 0F 38 00     | PSHUFB           | Vdq,Wdq      | mmx
            66 0F 38 01     | PHADDW           | Vdq,Wdq      | mmx
            66 0F 38 02     | PHADDD           | Vdq,Wdq      | mmx
            66 0F 38 03     | PHADDSW          | Vdq,Wdq      | mmx
            66 0F 38 04     | PMADDUBSW        | Vdq,Wdq      | mmx
            66 0F 38 05     | PHSUBW           | Vdq,Wdq      | mmx
            66 0F 38 06     | PHSUBD           | Vdq,Wdq      | mmx
            66 0F 38 07     | PHSUBSW          | Vdq,Wdq      | mmx
            66 0F 38 08     | PSIGNB           | Vdq,Wdq      | mmx
            66 0F 38 09     | PSIGNW           | Vdq,Wdq      | mmx
            66 0F 38 0A     | PSIGND           | Vdq,Wdq      | mmx
            66 0F 38 0B     | PMULHRSW         | Vdq,Wdq      | mmx
            66 0F 38 1C     | PABSB            | Vdq,Wdq      | mmx
            66 0F 38 1D     | PABSW            | Vdq,Wdq      | mmx
            66 0F 38 1E     | PABSD            | Vdq,Wdq      | mmx
            66 0F 38 10     | PBLENDVB         | Vdq,Wdq
            66 0F 38 14     | BLENDVPS         | Vdq,Wdq
            66 0F 38 15     | BLENDVPD         | Vdq,Wdq
            66 0F 38 17     | PTEST            | Vdq,Wdq
            66 0F 38 20     | PMOVSXBW         | Vdq,Wq
            66 0F 38 21     | PMOVSXBD         | Vdq,Wd
            66 0F 38 22     | PMOVSXBQ         | Vdq,Ww
            66 0F 38 23     | PMOVSXWD         | Vdq,Wq
            66 0F 38 24     | PMOVSXWQ         | Vdq,Wd
            66 0F 38 25     | PMOVSXDQ         | Vdq,Wq
            66 0F 38 28     | PMULDQ           | Vdq,Wdq
            66 0F 38 29     | PCMPEQQ          | Vdq,Wdq
            66 0F 38 2A     | MOVNTDQA         | Vdq,Mdq
            66 0F 38 2B     | PACKUSDW         | Vdq,Wdq
            66 0F 38 30     | PMOVZXBW         | Vdq,Wq
            66 0F 38 31     | PMOVZXBD         | Vdq,Wd
            66 0F 38 32     | PMOVZXBQ         | Vdq,Ww
            66 0F 38 33     | PMOVZXWD         | Vdq,Wq
            66 0F 38 34     | PMOVZXWQ         | Vdq,Wd
            66 0F 38 35     | PMOVZXDQ         | Vdq,Wq
            66 0F 38 37     | PCMPGTQ          | Vdq,Wdq
            66 0F 38 38     | PMINSB           | Vdq,Wdq
            66 0F 38 39     | PMINSD           | Vdq,Wdq
            66 0F 38 3A     | PMINUW           | Vdq,Wdq
            66 0F 38 3B     | PMINUD           | Vdq,Wdq
            66 0F 38 3C     | PMAXSB           | Vdq,Wdq
            66 0F 38 3D     | PMAXSD           | Vdq,Wdq
            66 0F 38 3E     | PMAXUW           | Vdq,Wdq
            66 0F 38 3F     | PMAXUD           | Vdq,Wdq
            66 0F 38 40     | PMULLD           | Vdq,Wdq
            66 0F 38 41     | PHMINPOSUW       | Vdq,Wdq
            NP 0F 38 C8     | SHA1NEXTE        | Vdq,Wdq
            NP 0F 38 C9     | SHA1MSG1         | Vdq,Wdq
            NP 0F 38 CA     | SHA1MSG2         | Vdq,Wdq
            NP 0F 38 CB     | SHA256RNDS2      | Vdq,Wdq
            NP 0F 38 CC     | SHA256MSG1       | Vdq,Wdq
            NP 0F 38 CD     | SHA256MSG2       | Vdq,Wdq
            66 0F 38 DB     | AESIMC           | Vdq,Wdq
            66 0F 38 DC     | AESENC           | Vdq,Wdq
            66 0F 38 DD     | AESENCLAST       | Vdq,Wdq
            66 0F 38 DE     | AESDEC           | Vdq,Wdq
            66 0F 38 DF     | AESDECLAST       | Vdq,Wdq

            66 0F 3A 0E     | PBLENDW          | Vdq,Wdq,Ib
            66 0F 3A 0F     | PALIGNR          | Vdq,Wdq,Ib   | mmx
            66 0F 3A 14     | PEXTRB           | Mb,Vdq,Ib
            66 0F 3A 14     | PEXTRB           | Rd,Vdq,Ib
            66 0F 3A 15     | PEXTRW           | Mw,Vdq,Ib
            66 0F 3A 15     | PEXTRW           | Rd,Vdq,Ib
            66 0F 3A 16     | PEXTRD           | Ey,Vdq,Ib
            66 0F 3A 17     | EXTRACTPS        | Ed,Vdq,Ib
            66 0F 3A 20     | PINSRB           | Vdq,Mb,Ib
            66 0F 3A 20     | PINSRB           | Vdq,Rd,Ib
            66 0F 3A 21     | INSERTPS         | Vdq,Wd,Ib
            66 0F 3A 22     | PINSRD           | Vdq,Ey,Ib
            66 0F 3A 42     | MPSADBW          | Vdq,Wdq,Ib
            66 0F 3A 44     | PCLMULQDQ        | Vdq,Wdq,Ib
            66 0F 3A 60 REX.W    | PCMPESTRM_64     | Vdq,Wdq,Ib
            66 0F 3A 60     | PCMPESTRM        | Vdq,Wdq,Ib
            66 0F 3A 61 REX.W    | PCMPESTRI_64     | Vdq,Wdq,Ib
            66 0F 3A 61     | PCMPESTRI        | Vdq,Wdq,Ib
            66 0F 3A 62     | PCMPISTRM        | Vdq,Wdq,Ib
            66 0F 3A 63     | PCMPISTRI        | Vdq,Wdq,Ib
            66 0F 3A DF     | AESKEYGENASSIST  | Vdq,Wdq,Ib
            NP 0F 3A CC     | SHA1RNDS4        | Vdq,Wdq,Ib
            """;
}
