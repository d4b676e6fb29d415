package io.understudy.vmx.decode;

import static io.understudy.vmx.decode.Opcode.*;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Extensions of the instruction set that a processor may lack, each with the instructions that do
 * not exist without it (SDM volume 2, "CPUID" and the "CPUID Feature Flag" column of each
 * instruction). SSE2 and what is older, every processor here has.
 *
 * <p>Instructions that a control register enables besides (RDFSBASE, RDPKRU and the like) are here
 * too: a processor without the extension lacks the bit in the register.
 */
public enum Extension {
    SSE3(
            Leaf.BASIC_ECX,
            0,
            Set.of(
                    ADDSUBPD, ADDSUBPS, HADDPD, HADDPS, HSUBPD, HSUBPS, MOVSLDUP, MOVSHDUP, MOVDDUP,
                    LDDQU, FISTTP)),
    PCLMUL(Leaf.BASIC_ECX, 1, Set.of(PCLMULQDQ)),
    MWAITING(Leaf.BASIC_ECX, 3, Set.of(MONITOR, MWAIT)),
    SSSE3(
            Leaf.BASIC_ECX,
            9,
            Set.of(
                    PSHUFB, PHADDW, PHADDD, PHADDSW, PMADDUBSW, PHSUBW, PHSUBD, PHSUBSW, PSIGNB,
                    PSIGNW, PSIGND, PMULHRSW, PABSB, PABSW, PABSD, PALIGNR)),
    CX16(Leaf.BASIC_ECX, 13, Set.of(CMPXCHG16B)),
    PCID(Leaf.BASIC_ECX, 17, Set.of()),
    SSE4_1(
            Leaf.BASIC_ECX,
            19,
            Set.of(
                    PBLENDVB,
                    BLENDVPS,
                    BLENDVPD,
                    PTEST,
                    PMOVSXBW,
                    PMOVSXBD,
                    PMOVSXBQ,
                    PMOVSXWD,
                    PMOVSXWQ,
                    PMOVSXDQ,
                    PMULDQ,
                    PCMPEQQ,
                    MOVNTDQA,
                    PACKUSDW,
                    PMOVZXBW,
                    PMOVZXBD,
                    PMOVZXBQ,
                    PMOVZXWD,
                    PMOVZXWQ,
                    PMOVZXDQ,
                    PMINSB,
                    PMINSD,
                    PMINUW,
                    PMINUD,
                    PMAXSB,
                    PMAXSD,
                    PMAXUW,
                    PMAXUD,
                    PMULLD,
                    PHMINPOSUW,
                    PBLENDW,
                    PEXTRB,
                    PEXTRD,
                    EXTRACTPS,
                    PINSRB,
                    INSERTPS,
                    PINSRD,
                    MPSADBW,
                    ROUNDPS,
                    ROUNDPD,
                    ROUNDSS,
                    ROUNDSD,
                    BLENDPS,
                    BLENDPD,
                    DPPS,
                    DPPD)),
    SSE4_2(
            Leaf.BASIC_ECX,
            20,
            Set.of(
                    PCMPGTQ,
                    PCMPESTRM,
                    PCMPESTRI,
                    PCMPESTRM_64,
                    PCMPESTRI_64,
                    PCMPISTRM,
                    PCMPISTRI,
                    CRC32)),
    MOVE_BIG_ENDIAN(Leaf.BASIC_ECX, 22, Set.of(MOVBE)),
    POPULATION_COUNT(Leaf.BASIC_ECX, 23, Set.of(POPCNT)),
    AES(
            Leaf.BASIC_ECX,
            25,
            Set.of(AESIMC, AESENC, AESENCLAST, AESDEC, AESDECLAST, AESKEYGENASSIST)),
    XSAVING(Leaf.BASIC_ECX, 26, Set.of(XSAVE, XRSTOR, XGETBV, XSETBV)),
    RANDOM(Leaf.BASIC_ECX, 30, Set.of(RDRAND)),
    FSGSBASE(Leaf.STRUCTURED_EBX, 0, Set.of(RDFSBASE, RDGSBASE, WRFSBASE, WRGSBASE)),
    BMI1(Leaf.STRUCTURED_EBX, 3, Set.of(ANDN, BEXTR, BLSI, BLSMSK, BLSR, TZCNT)),
    SMEP(Leaf.STRUCTURED_EBX, 7, Set.of()),
    BMI2(Leaf.STRUCTURED_EBX, 8, Set.of(BZHI, MULX, PDEP, PEXT, RORX, SARX, SHLX, SHRX)),
    INVALIDATE_PCID(Leaf.STRUCTURED_EBX, 10, Set.of(INVPCID)),
    RANDOM_SEED(Leaf.STRUCTURED_EBX, 18, Set.of(RDSEED)),
    ADX(Leaf.STRUCTURED_EBX, 19, Set.of(ADCX, ADOX)),
    SMAP(Leaf.STRUCTURED_EBX, 20, Set.of(CLAC, STAC)),
    SHA(
            Leaf.STRUCTURED_EBX,
            29,
            Set.of(SHA1NEXTE, SHA1MSG1, SHA1MSG2, SHA1RNDS4, SHA256RNDS2, SHA256MSG1, SHA256MSG2)),
    UMIP(Leaf.STRUCTURED_ECX, 2, Set.of()),
    PROTECTION_KEYS(Leaf.STRUCTURED_ECX, 3, Set.of(RDPKRU, WRPKRU)),
    READ_PROCESSOR_ID(Leaf.STRUCTURED_ECX, 22, Set.of(RDPID)),
    XSAVE_OPTIMIZED(Leaf.XSAVE_EAX, 0, Set.of(XSAVEOPT)),
    LEADING_ZEROS(Leaf.EXTENDED_ECX, 5, Set.of(LZCNT)),
    TSC_WITH_PROCESSOR(Leaf.EXTENDED_EDX, 27, Set.of(RDTSCP));

    /** A register of a CPUID leaf that reports extensions. */
    public enum Leaf {
        /** Leaf 1, ECX. */
        BASIC_ECX,
        /** Leaf 7, subleaf 0, EBX. */
        STRUCTURED_EBX,
        /** Leaf 7, subleaf 0, ECX. */
        STRUCTURED_ECX,
        /** Leaf 0DH, subleaf 1, EAX. */
        XSAVE_EAX,
        /** Leaf 80000001H, ECX. */
        EXTENDED_ECX,
        /** Leaf 80000001H, EDX. */
        EXTENDED_EDX
    }

    private static final Map<Opcode, Extension> BY_OPCODE = byOpcode();

    private final Leaf leaf;
    private final int bit;

    @SuppressWarnings("ImmutableEnumChecker") // made by Set.of
    private final Set<Opcode> opcodes;

    Extension(Leaf leaf, int bit, Set<Opcode> opcodes) {
        this.leaf = leaf;
        this.bit = bit;
        this.opcodes = opcodes;
    }

    private static Map<Opcode, Extension> byOpcode() {
        Map<Opcode, Extension> map = new EnumMap<>(Opcode.class);
        for (Extension e : values()) {
            for (Opcode o : e.opcodes) {
                map.put(o, e);
            }
        }
        return Collections.unmodifiableMap(map);
    }

    public Leaf leaf() {
        return leaf;
    }

    /** The bit that reports it in the register of its leaf, as a mask. */
    public int mask() {
        return 1 << bit;
    }

    /** The instructions that exist with it alone. */
    public Set<Opcode> opcodes() {
        return opcodes;
    }

    /**
     * What {@code insn} is on a processor that has {@code present}: itself; BSF and BSR in the
     * place of TZCNT and LZCNT, whose prefix means nothing there; or no instruction, which raises
     * #UD.
     */
    public static Insn restrict(Insn insn, Set<Extension> present) {
        Extension needed = needed(insn);
        if (needed == null || present.contains(needed)) {
            return insn;
        }
        return switch (insn.opcode()) {
            case TZCNT -> insn.as(BSF);
            case LZCNT -> insn.as(BSR);
            default -> insn.as(INVALID);
        };
    }

    private static @Nullable Extension needed(Insn insn) {
        // PEXTRW to memory is the one form of its own extension under an older name.
        if (insn.opcode() == PEXTRW && insn.kind0() == OperandKind.MEMORY) {
            return SSE4_1;
        }
        return BY_OPCODE.get(insn.opcode());
    }
}
