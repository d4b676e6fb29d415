package io.understudy.vmx.decode;

/** Bytes and their meaning, written by hand from the SDM. */
final class GoldenInsns {
    private GoldenInsns() {}

    static final String BITS_64 =
            """
            # arithmetic: every form of one operation, both directions, widths
            00 d8 | add.1 rax, rbx
            01 d8 | add.4 rax, rbx
            66 01 d8 | add.2 rax, rbx
            48 01 d8 | add.8 rax, rbx
            66 48 01 d8 | add.8 rax, rbx
            02 18 | add.1 rbx, ds64:[rax]
            03 18 | add.4 rbx, ds64:[rax]
            04 80 | add.1 rax, 0x80
            05 00 00 00 80 | add.4 rax, -0x80000000
            48 05 ff ff ff ff | add.8 rax, -0x1
            66 05 00 80 | add.2 rax, -0x8000
            80 c3 ff | add.1 rbx, 0xff
            81 c3 01 00 00 00 | add.4 rbx, 0x1
            83 c3 ff | add.4 rbx, -0x1
            82 c3 ff | invalid
            f0 01 18 | lock add.4 ds64:[rax], rbx
            f0 01 d8 | lock invalid
            f0 03 18 | lock invalid
            f0 39 18 | lock invalid
            f0 83 38 00 | lock invalid
            f0 83 08 00 | lock or.4 ds64:[rax], 0x0
            # byte registers without and with REX
            88 e0 | mov.1 rax, ah
            40 88 e0 | mov.1 rax, rsp
            88 fc | mov.1 ah, bh
            41 88 e0 | mov.1 r8, rsp
            8a 3c 24 | mov.1 bh, ss64:[rsp]
            # REX only directly before the opcode
            48 66 01 d8 | add.2 rax, rbx
            48 41 01 d8 | add.4 r8, rbx
            45 01 d8 | add.4 r8, r11
            # addresses
            8b 40 80 | mov.4 rax, ds64:[rax+-0x80]
            8b 80 78 56 34 12 | mov.4 rax, ds64:[rax+0x12345678]
            8b 05 78 56 34 12 | mov.4 rax, ds64:[rip+0x12345678]
            41 8b 05 78 56 34 12 | mov.4 rax, ds64:[rip+0x12345678]
            67 8b 05 78 56 34 12 | mov.4 rax, ds32:[rip+0x12345678]
            8b 04 25 78 56 34 12 | mov.4 rax, ds64:[0x12345678]
            8b 04 8d 00 00 00 f0 | mov.4 rax, ds64:[rcx*4+-0x10000000]
            8b 44 8d 10 | mov.4 rax, ss64:[rbp+rcx*4+0x10]
            8b 04 24 | mov.4 rax, ss64:[rsp]
            41 8b 04 24 | mov.4 rax, ds64:[r12]
            41 8b 45 00 | mov.4 rax, ds64:[r13]
            42 8b 04 20 | mov.4 rax, ds64:[rax+r12*1]
            67 8b 04 88 | mov.4 rax, ds32:[rax+rcx*4]
            43 8b 04 ec | mov.4 rax, ds64:[r12+r13*8]
            # segments: only FS and GS count
            64 8b 00 | mov.4 rax, fs64:[rax]
            65 8b 45 00 | mov.4 rax, gs64:[rbp]
            2e 8b 00 | mov.4 rax, ds64:[rax]
            65 2e 8b 00 | mov.4 rax, gs64:[rax]
            36 8b 00 | mov.4 rax, ds64:[rax]
            65 48 8b 04 25 28 00 00 00 | mov.8 rax, gs64:[0x28]
            # moves
            89 18 | mov.4 ds64:[rax], rbx
            c6 00 80 | mov.1 ds64:[rax], 0x80
            c6 08 80 | invalid
            c7 00 00 00 00 80 | mov.4 ds64:[rax], -0x80000000
            48 c7 c0 ff ff ff ff | mov.8 rax, -0x1
            66 c7 00 34 12 | mov.2 ds64:[rax], 0x1234
            b0 80 | mov.1 rax, 0x80
            b4 80 | mov.1 ah, 0x80
            40 b4 80 | mov.1 rsp, 0x80
            b8 ff ff ff ff | mov.4 rax, 0xffffffff
            49 b8 88 77 66 55 44 33 22 11 | mov.8 r8, 0x1122334455667788
            66 b8 ff ff | mov.2 rax, 0xffff
            a0 88 77 66 55 44 33 22 11 | mov.1 rax, ds64:[0x1122334455667788]
            48 a3 88 77 66 55 44 33 22 f1 | mov.8 ds64:[-0xeddccbbaa998878], rax
            67 a1 00 00 00 f0 | mov.4 rax, ds32:[0xf0000000]
            8d 04 08 | lea.4 rax, ds64:[rax+rcx*1]
            8d c1 | invalid
            0f b6 c0 | movzx.4.1 rax, rax
            0f b6 c4 | movzx.4.1 rax, ah
            48 0f b7 00 | movzx.8.2 rax, ds64:[rax]
            66 0f be c1 | movsx.2.1 rax, rcx
            48 0f bf c1 | movsx.8.2 rax, rcx
            48 63 c1 | movsx.8.4 rax, rcx
            63 c1 | movsx.4 rax, rcx
            66 63 c1 | movsx.2 rax, rcx
            86 18 | xchg.1 ds64:[rax], rbx
            f0 87 18 | lock xchg.4 ds64:[rax], rbx
            90 | nop.4
            66 90 | nop.2
            f3 90 | pause.4
            41 90 | xchg.4 r8, rax
            f3 41 90 | xchg.4 r8, rax
            48 93 | xchg.8 rbx, rax
            0f c8 | bswap.4 rax
            49 0f cf | bswap.8 r15
            0f 38 f0 08 | movbe.4 rcx, ds64:[rax]
            66 0f 38 f1 08 | movbe.2 ds64:[rax], rcx
            0f 38 f0 c8 | invalid
            f3 0f 38 f0 08 | invalid
            0f c3 08 | movnti.4 ds64:[rax], rcx
            48 0f c3 08 | movnti.8 ds64:[rax], rcx
            66 0f c3 08 | invalid
            d7 | xlat.1
            0f 44 c1 | cmove.4 rax, rcx
            48 0f 4f 00 | cmovg.8 rax, ds64:[rax]
            0f 9c c4 | setl.1 ah
            0f 95 00 | setne.1 ds64:[rax]
            66 98 | cbw.2
            48 98 | cbw.8
            99 | cwd.4
            # stack
            50 | push.8 rax
            41 57 | push.8 r15
            66 50 | push.2 rax
            66 48 50 | push.8 rax
            5c | pop.8 rsp
            8f 00 | pop.8 ds64:[rax]
            8f 08 | invalid
            ff 30 | push.8 ds64:[rax]
            66 ff 30 | push.2 ds64:[rax]
            6a ff | push.8 -0x1
            66 6a ff | push.2 -0x1
            68 00 00 00 80 | push.8 -0x80000000
            66 68 00 80 | push.2 -0x8000
            9c | pushf.8
            66 9d | popf.2
            c8 10 00 02 | enter.8 0x10, 0x2
            c9 | leave.8
            0f a0 | push_seg.8 fs
            0f a9 | pop_seg.8 gs
            06 | invalid
            60 | invalid
            27 | invalid
            d4 0a | invalid
            # shifts, multiplication, bits
            c1 e0 05 | shl.4 rax, 0x5
            c1 f0 05 | shl.4 rax, 0x5
            d1 f8 | sar.4 rax, 0x1
            d0 c4 | rol.1 ah, 0x1
            48 d3 28 | shr.8 ds64:[rax], rcx
            d2 d4 | rcl.1 ah, rcx
            0f a4 c8 07 | shld.4 rax, rcx, 0x7
            48 0f ad 08 | shrd.8 ds64:[rax], rcx, rcx
            f6 e1 | mul.1 rcx
            48 f7 e9 | imul.8 rcx
            0f af c1 | imul.4 rax, rcx
            69 c1 00 00 00 80 | imul.4 rax, rcx, -0x80000000
            48 6b 01 80 | imul.8 rax, ds64:[rcx], -0x80
            66 69 c1 00 80 | imul.2 rax, rcx, -0x8000
            f7 f1 | div.4 rcx
            f6 f9 | idiv.1 rcx
            f6 c4 80 | test.1 ah, 0x80
            f6 c8 80 | test.1 rax, 0x80
            f7 c0 00 00 00 80 | test.4 rax, -0x80000000
            a8 80 | test.1 rax, 0x80
            84 c9 | test.1 rcx, rcx
            f0 f7 10 | lock not.4 ds64:[rax]
            f7 d8 | neg.4 rax
            fe c4 | inc.1 ah
            f0 48 ff 08 | lock dec.8 ds64:[rax]
            0f a3 08 | bt.4 ds64:[rax], rcx
            f0 0f a3 08 | lock invalid
            f0 0f ab 08 | lock bts.4 ds64:[rax], rcx
            48 0f ba 38 3f | btc.8 ds64:[rax], 0x3f
            0f ba d8 01 | invalid
            0f bc c1 | bsf.4 rax, rcx
            f3 0f bc c1 | tzcnt.4 rax, rcx
            66 f3 0f bd c1 | lzcnt.2 rax, rcx
            f2 0f bd c1 | bsr.4 rax, rcx
            f3 48 0f b8 c1 | popcnt.8 rax, rcx
            0f b8 c1 | invalid
            f2 0f 38 f0 c4 | crc32.4.1 rax, ah
            f2 48 0f 38 f0 c1 | crc32.8.1 rax, rcx
            66 f2 0f 38 f1 c1 | crc32.4.2 rax, rcx
            f2 48 0f 38 f1 01 | crc32.8 rax, ds64:[rcx]
            66 0f 38 f6 c1 | adcx.4 rax, rcx
            66 48 0f 38 f6 c1 | adcx.8 rax, rcx
            f3 0f 38 f6 c1 | adox.4 rax, rcx
            66 f3 0f 38 f6 c1 | adox.4 rax, rcx
            0f 38 f6 c1 | invalid
            # VEX
            c4 e2 70 f2 c2 | andn.4 rax, rcx, rdx
            c4 e2 f0 f2 02 | andn.8 rax, rcx, ds64:[rdx]
            c4 c2 f0 f2 c1 | andn.8 rax, rcx, r9
            c4 62 70 f2 c2 | andn.4 r8, rcx, rdx
            c4 e2 74 f2 c2 | invalid
            c4 e2 71 f2 c2 | invalid
            c4 e2 78 f3 c9 | blsr.4 rax, rcx
            c4 e2 f8 f3 d1 | blsmsk.8 rax, rcx
            c4 e2 78 f3 d9 | blsi.4 rax, rcx
            c4 e2 78 f3 c1 | invalid
            c4 e2 70 f5 c2 | bzhi.4 rax, rdx, rcx
            c4 e2 72 f5 c2 | pext.4 rax, rcx, rdx
            c4 e2 73 f5 c2 | pdep.4 rax, rcx, rdx
            c4 e2 f3 f6 c2 | mulx.8 rax, rcx, rdx
            c4 e2 70 f7 c2 | bextr.4 rax, rdx, rcx
            c4 e2 71 f7 c2 | shlx.4 rax, rdx, rcx
            c4 e2 f2 f7 c2 | sarx.8 rax, rdx, rcx
            c4 e2 73 f7 c2 | shrx.4 rax, rdx, rcx
            c4 e3 7b f0 c2 0d | rorx.4 rax, rdx, 0xd
            c4 e3 73 f0 c2 0d | invalid
            66 c4 e2 70 f2 c2 | invalid
            48 c4 e2 70 f2 c2 | invalid
            f0 c4 e2 70 f2 02 | lock invalid
            64 c4 e2 70 f2 02 | andn.4 rax, rcx, fs64:[rdx]
            c4 e0 70 f2 c2 | invalid
            c5 f8 77 | invalid
            # atomics
            f0 0f b1 0a | lock cmpxchg.4 ds64:[rdx], rcx
            0f b0 e1 | cmpxchg.1 rcx, ah
            f0 48 0f c1 0a | lock xadd.8 ds64:[rdx], rcx
            f0 0f c7 0a | lock cmpxchg8b.8 ds64:[rdx]
            f0 48 0f c7 0a | lock cmpxchg16b.16 ds64:[rdx]
            0f c7 ca | invalid
            # strings
            a4 | movs.1
            f3 48 a5 | rep movs.8
            f2 a4 | rep movs.1
            66 f3 ab | rep stos.2
            f3 a6 | rep cmps.1
            f2 ae | repne scas.1
            f2 f3 a7 | rep cmps.4
            48 ad | lods.8
            6c | ins.1
            f3 48 6f | rep outs.4
            # control flow
            74 80 | je.8 $+-0x7e
            0f 8f 00 00 00 80 | jg.8 $+-0x7ffffffa
            66 0f 84 00 01 00 00 | je.8 $+0x107
            eb fe | jmp.8 $+0x0
            e8 00 00 00 00 | call.8 $+0x5
            66 e9 00 00 00 00 | jmp.8 $+0x6
            ff e0 | jmp.8 rax
            66 ff d0 | call.8 rax
            41 ff 14 24 | call.8 ds64:[r12]
            ff 28 | jmp_far.4 ds64:[rax]
            48 ff 18 | call_far.8 ds64:[rax]
            ff e8 | invalid
            ff f8 | invalid
            c3 | ret.8
            f3 c3 | ret.8
            c2 08 00 | ret.8 0x8
            48 cb | ret_far.8
            e2 fe | loop.8 $+0x0
            67 e3 00 | jrcxz.8 $+0x3
            cd 80 | int.4 0x80
            cc | int3.4
            f1 | int1.4
            48 cf | iret.8
            9a 00 00 00 00 00 00 | invalid
            ea 00 00 00 00 00 00 | invalid
            ce | invalid
            0f 0b | ud2.4
            0f ff 00 | ud0.4 rax, ds64:[rax]
            0f b9 c1 | ud1.4 rax, rcx
            0f 1f 44 00 00 | nop.4 ds64:[rax+rax*1]
            66 2e 0f 1f 84 00 00 00 00 00 | nop.2 ds64:[rax+rax*1]
            f3 0f 1e fa | endbr.4
            f3 0f 1e f8 | nop.4 rax
            0f 1e fa | nop.4 rdx
            0f 18 08 | prefetch.1 ds64:[rax]
            0f 18 c8 | nop.4 rax
            0f 0d 08 | prefetch.1 ds64:[rax]
            # system
            e4 10 | in.1 rax, 0x10
            66 ed | in.2 rax, rdx
            48 ed | in.4 rax, rdx
            e7 10 | out.4 0x10, rax
            ee | out.1 rdx, rax
            f4 | hlt.4
            0f a2 | cpuid.4
            0f 31 | rdtsc.4
            0f 01 f9 | rdtscp.4
            0f 32 | rdmsr.4
            0f 30 | wrmsr.4
            0f 20 d8 | mov_from_cr.8 rax, cr3
            0f 22 18 | mov_to_cr.8 cr3, rax
            44 0f 22 c0 | mov_to_cr.8 cr8, rax
            0f 22 c8 | invalid
            0f 20 e8 | invalid
            44 0f 20 c8 | invalid
            0f 23 fa | mov_to_dr.8 dr7, rdx
            44 0f 21 c0 | invalid
            0f 06 | clts.4
            0f 01 f0 | lmsw.2 rax
            0f 01 e0 | smsw.4 rax
            0f 01 20 | smsw.2 ds64:[rax]
            8c d8 | mov_from_seg.4 rax, ds
            48 8c 18 | mov_from_seg.2 ds64:[rax], ds
            8e d8 | mov_to_seg.2 ds, rax
            8e c8 | invalid
            8e f0 | invalid
            0f 01 10 | lgdt.8 ds64:[rax]
            66 0f 01 18 | lidt.8 ds64:[rax]
            0f 01 00 | sgdt.8 ds64:[rax]
            0f 00 d8 | ltr.2 rax
            48 0f 00 c0 | sldt.8 rax
            48 0f 00 00 | sldt.2 ds64:[rax]
            0f 02 c1 | lar.4.2 rax, rcx
            48 0f b2 00 | lss.8 rax, ds64:[rax]
            0f b2 c0 | invalid
            0f 01 38 | invlpg.1 ds64:[rax]
            66 0f 38 82 08 | invpcid.8.16 rcx, ds64:[rax]
            0f 05 | syscall.4
            48 0f 07 | sysret.8
            0f 34 | sysenter.4
            0f 01 f8 | swapgs.4
            f3 48 0f ae c0 | rdfsbase.8 rax
            f3 0f ae d8 | wrgsbase.4 rax
            f3 0f ae 00 | invalid
            0f ae e8 | lfence.4
            0f ae f3 | mfence.4
            0f ae ff | sfence.4
            66 0f ae e8 | invalid
            0f ae 38 | clflush.1 ds64:[rax]
            0f 01 ca | clac.4
            66 0f 01 ca | invalid
            0f 01 c8 | monitor.4
            0f 01 d0 | xgetbv.4
            48 0f c7 f0 | rdrand.8 rax
            66 0f c7 f8 | rdseed.2 rax
            f3 0f c7 f8 | rdpid.8 rax
            9b | fwait.4
            # MMX and SSE: prefixes choose the form, F2 and F3 before 66
            0f fc c1 | paddb.8 mm0, mm1
            44 0f fc c9 | paddb.8 mm1, mm1
            66 44 0f fc c9 | paddb.16 xmm9, xmm1
            f3 0f fc c1 | invalid
            0f 60 08 | punpcklbw.8.4 mm1, ds64:[rax]
            66 0f 60 08 | punpcklbw.16 xmm1, ds64:[rax]
            0f 6c c1 | invalid
            0f 58 c1 | addps.16 xmm0, xmm1
            66 0f 58 c1 | addpd.16 xmm0, xmm1
            66 f3 0f 58 08 | addss.16.4 xmm1, ds64:[rax]
            f3 66 f2 0f 58 08 | addsd.16.8 xmm1, ds64:[rax]
            f0 0f 58 08 | lock invalid
            66 48 0f 6e c8 | movd.16.8 xmm1, rax
            66 0f 7e 08 | movd.4 ds64:[rax], xmm1
            0f 12 c1 | movhlps.16 xmm0, xmm1
            0f 12 01 | movlps.16.8 xmm0, ds64:[rcx]
            66 0f 12 c1 | invalid
            0f 13 c1 | invalid
            66 0f 71 d1 08 | psrlw.16 xmm1, 0x8
            0f 71 d1 08 | psrlw.8 mm1, 0x8
            66 0f 71 11 08 | invalid
            0f 73 d9 08 | invalid
            66 41 0f 73 d9 08 | psrldq.16 xmm9, 0x8
            66 0f c4 08 03 | pinsrw.16.2 xmm1, ds64:[rax], 0x3
            66 0f c4 c8 03 | pinsrw.16.4 xmm1, rax, 0x3
            f2 48 0f 2d c1 | cvtsd2si.8 rax, xmm1
            66 0f 3a 14 c8 02 | pextrb.4 rax, xmm1, 0x2
            66 0f 3a 14 08 02 | pextrb.1 ds64:[rax], xmm1, 0x2
            66 0f 3a 61 c1 0c | pcmpestri.16 xmm0, xmm1, 0xc
            66 48 0f 3a 61 c1 0c | pcmpestri_64.16 xmm0, xmm1, 0xc
            0f 38 dc c1 | invalid
            66 0f 38 dc c1 | aesenc.16 xmm0, xmm1
            0f 38 cb c1 | sha256rnds2.16 xmm0, xmm1
            0f ae 00 | fxsave.4 ds64:[rax]
            48 0f ae 00 | fxsave.8 ds64:[rax]
            0f ae c0 | invalid
            66 0f ae 00 | invalid
            0f ae 10 | ldmxcsr.4 ds64:[rax]
            0f 77 | emms.4
            # x87: registers and memory are different maps
            d8 c3 | fadd.4 st0, st3
            d8 00 | fadd.4 st0, ds64:[rax]
            dc 00 | fadd.8 st0, ds64:[rax]
            dc c3 | fadd.4 st3, st0
            dc e3 | fsubr.4 st3, st0
            dc eb | fsub.4 st3, st0
            de e3 | fsubrp.4 st3, st0
            de d9 | fcompp.4
            de d8 | invalid
            d9 c0 | fld.4 st0
            d9 08 | invalid
            db 28 | fld.10 ds64:[rax]
            df 20 | fbld.10 ds64:[rax]
            df e0 | fnstsw_ax.4
            df e1 | invalid
            d9 d0 | fnop.4
            d9 d1 | invalid
            66 dd 30 | fnsave.2 ds64:[rax]
            48 dd 20 | frstor.8 ds64:[rax]
            dd 28 | invalid
            # VMX
            0f 01 c1 | vmcall.4
            0f 01 c2 | vmlaunch.4
            0f 01 c3 | vmresume.4
            0f 01 c4 | vmxoff.4
            0f 01 d4 | vmfunc.4
            0f 01 c5 | invalid
            0f c7 30 | vmptrld.8 ds64:[rax]
            66 0f c7 30 | vmclear.8 ds64:[rax]
            f3 0f c7 30 | vmxon.8 ds64:[rax]
            0f c7 38 | vmptrst.8 ds64:[rax]
            f2 0f c7 30 | invalid
            0f 78 08 | vmread.8 ds64:[rax], rcx
            66 0f 78 08 | invalid
            0f 79 c8 | vmwrite.8 rcx, rax
            66 0f 38 80 08 | invept.8.16 rcx, ds64:[rax]
            66 0f 38 81 08 | invvpid.8.16 rcx, ds64:[rax]
            66 0f 38 80 c8 | invalid
            0f 38 80 08 | invalid
            # beginnings
            0f | incomplete
            66 | incomplete
            48 | incomplete
            81 c0 01 00 00 | incomplete
            c4 | incomplete
            8b 04 | incomplete
            """;

    static final String BITS_32 =
            """
            40 | inc.4 rax
            4f | dec.4 rdi
            06 | push_seg.4 es
            66 06 | push_seg.2 es
            60 | pusha.4
            50 | push.4 rax
            66 50 | push.2 rax
            68 00 00 00 80 | push.4 -0x80000000
            e9 00 01 00 00 | jmp.4 $+0x105
            66 e9 00 01 | jmp.2 $+0x104
            8b 05 78 56 34 12 | mov.4 rax, ds32:[0x12345678]
            8b 44 24 08 | mov.4 rax, ss32:[rsp+0x8]
            67 8b 47 10 | mov.4 rax, ds16:[rbx+0x10]
            67 8b 02 | mov.4 rax, ss16:[rbp+rsi*1]
            2e 8b 00 | mov.4 rax, cs32:[rax]
            26 64 8b 00 | mov.4 rax, fs32:[rax]
            36 ad | lods.4
            9a 78 56 34 12 08 00 | call_far.4 0x12345678, 0x8
            66 ea 34 12 08 00 | jmp_far.2 0x1234, 0x8
            62 08 | bound.4 rcx, ds32:[rax]
            63 c1 | arpl.2 rcx, rax
            c4 08 | les.4 rcx, ds32:[rax]
            c5 08 | lds.4 rcx, ds32:[rax]
            c4 e2 70 f2 c2 | andn.4 rax, rcx, rdx
            c4 e2 f0 f2 c2 | andn.4 rax, rcx, rdx
            d4 0a | aam.4 0xa
            82 c3 ff | add.1 rbx, 0xff
            0f 05 | invalid
            0f 20 d8 | mov_from_cr.4 rax, cr3
            0f 01 10 | lgdt.4 ds32:[rax]
            0f 78 08 | vmread.4 ds32:[rax], rcx
            a1 00 00 00 f0 | mov.4 rax, ds32:[0xf0000000]
            88 e0 | mov.1 rax, ah
            f3 0f ae c0 | invalid
            """;

    static final String BITS_16 =
            """
            b8 34 12 | mov.2 rax, 0x1234
            66 b8 78 56 34 12 | mov.4 rax, 0x12345678
            8b 07 | mov.2 rax, ds16:[rbx]
            8b 46 00 | mov.2 rax, ss16:[rbp]
            8b 06 34 12 | mov.2 rax, ds16:[0x1234]
            8b 40 fe | mov.2 rax, ds16:[rbx+rsi*1+-0x2]
            8b 81 00 80 | mov.2 rax, ds16:[rbx+rdi*1+-0x8000]
            8b 1c | mov.2 rbx, ds16:[rsi]
            67 8b 04 24 | mov.2 rax, ss32:[rsp]
            ea 00 00 00 f0 | jmp_far.2 0x0, 0xf000
            e8 fd ff | call.2 $+0x0
            0f 22 c0 | mov_to_cr.4 cr0, rax
            66 0f 01 16 00 10 | lgdt.4 ds16:[0x1000]
            """;
}
