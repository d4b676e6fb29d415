package io.understudy.benchmarks;

import io.understudy.vmx.decode.Decoder;
import io.understudy.vmx.decode.Insn;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Compares the decoder with {@code objdump -d -w} of 64-bit code on stdin: every instruction that
 * binutils prints must have the same length here, or belong to an extension that the processor does
 * not have. Two differences are known: LOCK where it is illegal, and prefix 66 of near branches.
 *
 * <p>Exit status 1 if a length differs, or an instruction of an extension that it has is invalid.
 */
final class DecoderComparison {
    private static final HexFormat HEX = HexFormat.of();

    /** VEX and EVEX encodings but those of BMI. */
    private static final String ABSENT_VECTORS = "v[a-z0-9]+|k[a-z]+[bwdq]";

    /** Extensions that neither CPUID nor the decoder knows. */
    private static final String ABSENT =
            "xabort|xbegin|xend|xtest|clflushopt|clwb|cldemote|wbnoinvd|movdir.*|enqcmd.*|tpause|"
                    + "umonitor|umwait|serialize|xsavec.*|xsaves.*|xrstors.*|rdsspd|rdsspq|incssp.|"
                    + "saverestssp|wrss.|wrussq?|setssbsy|clrssbsy|gf2p8.*|hreset|prefetchit.|"
                    + "clzero|monitorx|mwaitx|rdpru|extrq|insertq|movnts[sd]|pf.*|pi2f.|pavgusb|"
                    + "pmulhrw|femms|vm(mcall|run|load|save)|clgi|stgi|skinit|invlpga.?|ptwrite.?|"
                    + "bnd.*|xcrypt.*|xstore.*|xsha.*|montmul|lwpval|lwpins|getsec|pconfig|encl.|"
                    + "tdpb.*|tile.*|ldtilecfg|sttilecfg|aesenc.*kl|aesdec.*kl|loadiwkey|"
                    + "encodekey.*|uiret|testui|clui|stui|senduipi|rmp.*|psmash|pvalidate|"
                    + "rdpkru|wrpkru|frstpm.*";

    /** Near branches, of which binutils takes 66 as AMD does; Intel processors ignore it. */
    private static final String BRANCHES_OF_16_BITS = "jmpw|callw|retw|j[a-z]+w";

    private final TreeMap<String, String> differences = new TreeMap<>();
    private final TreeMap<String, Long> absent = new TreeMap<>();
    private long compared;
    private long bad;
    private long locked;
    private long branches;

    public static void main(String[] args) throws IOException {
        DecoderComparison comparison = new DecoderComparison();
        try (BufferedReader in =
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                comparison.line(line);
            }
        }
        System.exit(comparison.report(System.out) ? 0 : 1);
    }

    private void line(String line) {
        // address ':' tab bytes tab mnemonic operands
        String[] columns = line.split("\t", 3);
        if (columns.length < 3 || !columns[0].endsWith(":")) {
            return;
        }
        byte[] bytes = HEX.parseHex(columns[1].replace(" ", ""));
        String text = columns[2].strip();
        if (text.contains("(bad)") || text.contains("%?") || text.startsWith(".byte")) {
            bad++;
            return;
        }
        // binutils shows FWAIT and what follows as one instruction.
        boolean waits = bytes.length > 1 && (bytes[0] & 0xff) == 0x9b;
        byte[] one = waits ? Arrays.copyOfRange(bytes, 1, bytes.length) : bytes;
        String mnemonic = mnemonic(text);
        if (mnemonic == null) {
            // Prefixes without an instruction.
            return;
        }
        compare(one, mnemonic, text);
    }

    /** The first word that is no prefix. */
    private static @Nullable String mnemonic(String text) {
        for (String word : text.split("[ ,]+", -1)) {
            boolean prefix =
                    word.matches(
                            "lock|rep|repz|repnz|repe|repne|data16|addr32|bnd|notrack|[cdefgs]s|"
                                    + "rex(\\.[WRXB]+)?|xacquire|xrelease|\\{.*\\}");
            if (!prefix) {
                return word.toLowerCase(Locale.ROOT);
            }
        }
        return null;
    }

    private void compare(byte[] bytes, String mnemonic, String text) {
        byte[] window = Arrays.copyOf(bytes, Decoder.LENGTH_MAX);
        Insn insn = Decoder.decode(window, 0, window.length, 64);
        compared++;
        if (insn.isValid() && insn.length() == bytes.length) {
            return;
        }
        if (!insn.isValid() && insn.lock()) {
            // binutils shows LOCK on anything; a processor raises #UD.
            locked++;
            return;
        }
        if (mnemonic.matches(BRANCHES_OF_16_BITS)) {
            branches++;
            return;
        }
        if (!insn.isValid() && (mnemonic.matches(ABSENT_VECTORS) || mnemonic.matches(ABSENT))) {
            absent.merge(mnemonic, 1L, Long::sum);
            return;
        }
        differences.putIfAbsent(
                mnemonic,
                "%s: %s; here %s of %d bytes, not %d"
                        .formatted(HEX.formatHex(bytes), text, insn, insn.length(), bytes.length));
    }

    private boolean report(PrintStream out) {
        differences.values().forEach(out::println);
        long absentTotal = absent.values().stream().mapToLong(Long::longValue).sum();
        out.printf(
                Locale.ROOT,
                "%d instructions compared, %d of %d mnemonics that the processor lacks, %d with an"
                        + " illegal LOCK, %d near branches with prefix 66, %d that are none;"
                        + " %d mnemonics differ%n",
                compared,
                absentTotal,
                absent.size(),
                locked,
                branches,
                bad,
                differences.size());
        for (Map.Entry<String, Long> e : absent.entrySet()) {
            if (!e.getKey().startsWith("v")) {
                out.printf(Locale.ROOT, "lacks %s (%d)%n", e.getKey(), e.getValue());
            }
        }
        return differences.isEmpty() && compared > 0;
    }
}
