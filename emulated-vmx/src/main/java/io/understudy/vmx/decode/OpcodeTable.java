package io.understudy.vmx.decode;

import java.util.ArrayList;
import java.util.List;

/**
 * The opcode maps as arrays, built once from the rows of {@link OneByteRows}, {@link TwoByteRows},
 * {@link ThreeByteRows}, {@link PackedIntegerRows}, {@link FloatRows} and {@link X87Rows}.
 *
 * <p>A row is {@code encoding | operation | operands | attributes}:
 *
 * <pre>
 * encoding:   [NP NF 66 F3 F2] [0F [38 | 3A]] opcode[+r | +cc] [/digit | ModRM byte] [m | r]
 *             [REX.W: W = 1] [noREX.B: B = 0]
 *             VEX[.66 .F3 .F2].(0F | 0F38 | 0F3A) opcode [/digit]
 * attributes: lock   LOCK allowed          rep, repe  repeat prefixes mean something
 *             d64    8 bytes in 64-bit mode, 2 with 66      f64  8 bytes in 64-bit mode
 *             i64    invalid in 64-bit mode                 o64  only in 64-bit mode
 *             anymod ModRM.mod ignored
 *             mmx    the same without prefix 66 on MMX registers
 * </pre>
 *
 * <p>NP: none of 66, F2, F3; NF: neither F2 nor F3. The first row that fits wins.
 */
final class OpcodeTable {
    static final int ONE_BYTE = 0;
    static final int MAP_0F = 1;
    static final int MAP_0F38 = 2;
    static final int MAP_0F3A = 3;

    /** Added to the map number for VEX encodings. */
    static final int VEX = 3;

    private static final int MAPS = 7;
    private static final Form[][] FORMS = build();

    private OpcodeTable() {}

    /** Forms of an opcode in the order in which they are tried; empty if there is none. */
    static Form[] forms(int map, int opcode) {
        return FORMS[(map << 8) | opcode];
    }

    private static Form[][] build() {
        List<List<Form>> lists = new ArrayList<>();
        for (int i = 0; i < MAPS << 8; i++) {
            lists.add(new ArrayList<>());
        }
        for (String rows :
                List.of(
                        OneByteRows.ROWS,
                        TwoByteRows.ROWS,
                        ThreeByteRows.ROWS,
                        PackedIntegerRows.ROWS,
                        FloatRows.ROWS,
                        X87Rows.ROWS)) {
            rows.lines().filter(row -> !row.isBlank()).forEach(row -> addRow(lists, row));
        }
        Form[][] forms = new Form[MAPS << 8][];
        for (int i = 0; i < forms.length; i++) {
            forms[i] = lists.get(i).toArray(Form[]::new);
            for (Form f : forms[i]) {
                if (f.hasModRm() != forms[i][0].hasModRm()) {
                    throw new IllegalStateException(
                            "opcode %#x of map %d: a ModRM byte in some forms only"
                                    .formatted(i & 0xff, i >> 8));
                }
            }
        }
        return forms;
    }

    private static void addRow(List<List<Form>> lists, String row) {
        add(lists, new FormRow(row));
        if (row.endsWith("mmx")) {
            add(lists, new FormRow(mmxForm(row)));
        }
    }

    /** The form without prefix, on MMX registers, of a row on XMM registers. */
    private static String mmxForm(String row) {
        return row.replace("66 0F", "NP 0F")
                .replace("Vdq", "Pq")
                .replace("Wdq", "Qq")
                .replace("Udq", "Nq");
    }

    private static void add(List<List<Form>> lists, FormRow row) {
        for (int i = 0; i < row.count(); i++) {
            lists.get((row.map() << 8) + row.opcode() + i).add(row.form(i));
        }
    }
}
