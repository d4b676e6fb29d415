package io.understudy.vmx.decode;

/** Opcode forms of the maps 0F 38 and 0F 3A and of VEX; syntax in {@link OpcodeTable}. */
final class ThreeByteRows {
    private ThreeByteRows() {}

    static final String ROWS =
            """
            66 0F 38 80    | INVEPT  | Gn,Mdq
            66 0F 38 81    | INVVPID | Gn,Mdq
            66 0F 38 82    | INVPCID | Gn,Mdq
            F2 0F 38 F0    | CRC32   | Gy,Eb
            NF 0F 38 F0    | MOVBE   | Gv,Mv
            F2 0F 38 F1    | CRC32   | Gy,Ev
            NF 0F 38 F1    | MOVBE   | Mv,Gv
            66 0F 38 F6    | ADCX    | Gy,Ey
            F3 0F 38 F6    | ADOX    | Gy,Ey

            VEX.0F38 F2    | ANDN    | Gy,By,Ey
            VEX.0F38 F3 /1 | BLSR    | By,Ey
            VEX.0F38 F3 /2 | BLSMSK  | By,Ey
            VEX.0F38 F3 /3 | BLSI    | By,Ey
            VEX.0F38 F5    | BZHI    | Gy,Ey,By
            VEX.F3.0F38 F5 | PEXT    | Gy,By,Ey
            VEX.F2.0F38 F5 | PDEP    | Gy,By,Ey
            VEX.F2.0F38 F6 | MULX    | Gy,By,Ey
            VEX.0F38 F7    | BEXTR   | Gy,Ey,By
            VEX.66.0F38 F7 | SHLX    | Gy,Ey,By
            VEX.F3.0F38 F7 | SARX    | Gy,Ey,By
            VEX.F2.0F38 F7 | SHRX    | Gy,Ey,By
            VEX.F2.0F3A F0 | RORX    | Gy,Ey,Ib
            """;
}
