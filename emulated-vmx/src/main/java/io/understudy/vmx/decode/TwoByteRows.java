package io.understudy.vmx.decode;

/** Opcode forms of the map 0F; syntax in {@link OpcodeTable}. */
final class TwoByteRows {
    private TwoByteRows() {}

    static final String ROWS =
            """
            0F 00 /0       | SLDT        | Rv/Mw
            0F 00 /1       | STR         | Rv/Mw
            0F 00 /2       | LLDT        | Ew
            0F 00 /3       | LTR         | Ew
            0F 00 /4       | VERR        | Ew
            0F 00 /5       | VERW        | Ew
            0F 01 /0       | SGDT        | Ms
            0F 01 /1       | SIDT        | Ms
            0F 01 /2       | LGDT        | Ms
            0F 01 /3       | LIDT        | Ms
            0F 01 /4       | SMSW        | Rv/Mw
            0F 01 /6       | LMSW        | Ew
            0F 01 /7       | INVLPG      | Mb
            NP 0F 01 C1    | VMCALL
            NP 0F 01 C2    | VMLAUNCH
            NP 0F 01 C3    | VMRESUME
            NP 0F 01 C4    | VMXOFF
            NP 0F 01 C8    | MONITOR
            NP 0F 01 C9    | MWAIT
            NP 0F 01 CA    | CLAC
            NP 0F 01 CB    | STAC
            NP 0F 01 D0    | XGETBV
            NP 0F 01 D1    | XSETBV
            NP 0F 01 D4    | VMFUNC
            NP 0F 01 EE    | RDPKRU
            NP 0F 01 EF    | WRPKRU
            0F 01 F8       | SWAPGS      |          | o64
            0F 01 F9       | RDTSCP
            0F 02          | LAR         | Gv,Ew
            0F 03          | LSL         | Gv,Ew
            0F 05          | SYSCALL     |          | o64
            0F 06          | CLTS
            0F 07          | SYSRET      |          | o64
            0F 08          | INVD
            0F 09          | WBINVD
            0F 0B          | UD2
            0F 0D m        | PREFETCH    | Eb
            0F 0D r        | NOP         | Ev
            0F 18 /0 m     | PREFETCH    | Eb
            0F 18 /1 m     | PREFETCH    | Eb
            0F 18 /2 m     | PREFETCH    | Eb
            0F 18 /3 m     | PREFETCH    | Eb
            0F 18          | NOP         | Ev
            0F 19          | NOP         | Ev
            0F 1A          | NOP         | Ev
            0F 1B          | NOP         | Ev
            0F 1C          | NOP         | Ev
            0F 1D          | NOP         | Ev
            F3 0F 1E FA    | ENDBR
            F3 0F 1E FB    | ENDBR
            0F 1E          | NOP         | Ev
            0F 1F          | NOP         | Ev
            0F 20          | MOV_FROM_CR | Rn,Cn    | anymod
            0F 21          | MOV_FROM_DR | Rn,Dn    | anymod
            0F 22          | MOV_TO_CR   | Cn,Rn    | anymod
            0F 23          | MOV_TO_DR   | Dn,Rn    | anymod
            0F 30          | WRMSR
            0F 31          | RDTSC
            0F 32          | RDMSR
            0F 33          | RDPMC
            0F 34          | SYSENTER
            0F 35          | SYSEXIT
            0F 40+cc       | CMOVCC      | Gv,Ev
            NP 0F 78       | VMREAD      | En,Gn
            NP 0F 79       | VMWRITE     | Gn,En
            0F 80+cc       | JCC         | Jz       | f64
            0F 90+cc       | SETCC       | Eb
            0F A0          | PUSH_SEG    | FS       | d64
            0F A1          | POP_SEG     | FS       | d64
            0F A2          | CPUID
            0F A3          | BT          | Ev,Gv
            0F A4          | SHLD        | Ev,Gv,Ib
            0F A5          | SHLD        | Ev,Gv,CL
            0F A8          | PUSH_SEG    | GS       | d64
            0F A9          | POP_SEG     | GS       | d64
            0F AA          | RSM
            0F AB          | BTS         | Ev,Gv    | lock
            0F AC          | SHRD        | Ev,Gv,Ib
            0F AD          | SHRD        | Ev,Gv,CL
            F3 0F AE /0    | RDFSBASE    | Ry       | o64
            F3 0F AE /1    | RDGSBASE    | Ry       | o64
            F3 0F AE /2    | WRFSBASE    | Ry       | o64
            F3 0F AE /3    | WRGSBASE    | Ry       | o64
            NP 0F AE /5 r  | LFENCE
            NP 0F AE /6 r  | MFENCE
            NP 0F AE /7 r  | SFENCE
            NP 0F AE /7    | CLFLUSH     | Mb
            0F AF          | IMUL        | Gv,Ev
            0F B0          | CMPXCHG     | Eb,Gb    | lock
            0F B1          | CMPXCHG     | Ev,Gv    | lock
            0F B2          | LSS         | Gv,Mp
            0F B3          | BTR         | Ev,Gv    | lock
            0F B4          | LFS         | Gv,Mp
            0F B5          | LGS         | Gv,Mp
            0F B6          | MOVZX       | Gv,Eb
            0F B7          | MOVZX       | Gv,Ew
            F3 0F B8       | POPCNT      | Gv,Ev
            0F B9          | UD1         | Gv,Ev
            0F BA /4       | BT          | Ev,Ib
            0F BA /5       | BTS         | Ev,Ib    | lock
            0F BA /6       | BTR         | Ev,Ib    | lock
            0F BA /7       | BTC         | Ev,Ib    | lock
            0F BB          | BTC         | Ev,Gv    | lock
            F3 0F BC       | TZCNT       | Gv,Ev
            0F BC          | BSF         | Gv,Ev
            F3 0F BD       | LZCNT       | Gv,Ev
            0F BD          | BSR         | Gv,Ev
            0F BE          | MOVSX       | Gv,Eb
            0F BF          | MOVSX       | Gv,Ew
            0F C0          | XADD        | Eb,Gb    | lock
            0F C1          | XADD        | Ev,Gv    | lock
            NP 0F C3       | MOVNTI      | My,Gy
            0F C7 /1 REX.W | CMPXCHG16B  | Mdq      | lock
            0F C7 /1       | CMPXCHG8B   | Mq       | lock
            NF 0F C7 /6    | RDRAND      | Rv
            NP 0F C7 /6    | VMPTRLD     | Mq
            66 0F C7 /6    | VMCLEAR     | Mq
            F3 0F C7 /6    | VMXON       | Mq
            NP 0F C7 /7    | VMPTRST     | Mq
            F3 0F C7 /7    | RDPID       | Rn
            NF 0F C7 /7    | RDSEED      | Rv
            0F C8+r        | BSWAP       | Zv
            0F FF          | UD0         | Gv,Ev
            """;
}
