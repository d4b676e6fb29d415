package io.understudy.vmx.decode;

import java.util.Arrays;
import java.util.List;

/** Parses one row of the opcode table; see {@link OpcodeTable} for its syntax. */
final class FormRow {
    private final Opcode operation;
    private final List<Operand> operands;
    private final List<String> attributes;
    private final String row;

    private Form.Prefix prefix = Form.Prefix.ANY;
    private Form.Mod mod = Form.Mod.ANY;
    private Form.Rex rex = Form.Rex.ANY;
    private int map;
    private int opcode = -1;
    private int count = 1;
    private boolean conditional;
    private int digit = Form.ANY;
    private int modRm = Form.ANY;

    FormRow(String row) {
        this.row = row;
        String[] columns = row.split("\\|", -1);
        operation = Opcode.valueOf(columns[1].strip());
        operands =
                words(columns.length > 2 ? columns[2] : "", ",").stream()
                        .map(Operand::parse)
                        .toList();
        attributes = words(columns.length > 3 ? columns[3] : "", " ");
        words(columns[0], " ").forEach(this::encoding);
        for (Operand o : operands) {
            if (o.place() == Operand.Place.RM_MEMORY) {
                mod = Form.Mod.MEMORY;
            } else if (o.place().needsRegister() && !has("anymod")) {
                mod = Form.Mod.REGISTER;
            }
        }
    }

    int map() {
        return map;
    }

    /** The first opcode byte that the row covers. */
    int opcode() {
        return opcode;
    }

    /** How many consecutive opcode bytes it covers: 1, 8 or 16. */
    int count() {
        return count;
    }

    Form form(int index) {
        boolean hasModRm =
                digit != Form.ANY
                        || modRm != Form.ANY
                        || operands.stream().anyMatch(o -> o.place().needsModRm());
        return new Form(
                operation,
                operands,
                prefix,
                digit,
                modRm,
                mod,
                hasModRm,
                rex,
                has("i64") ? Form.Modes.NOT_64 : has("o64") ? Form.Modes.ONLY_64 : Form.Modes.ALL,
                has("d64")
                        ? Form.Size.DEFAULT_64
                        : has("f64") ? Form.Size.FORCED_64 : Form.Size.NORMAL,
                has("lock"),
                has("rep")
                        ? Form.Repeat.COUNT
                        : has("repe") ? Form.Repeat.COMPARE : Form.Repeat.NONE,
                has("anymod"),
                conditional ? index : 0);
    }

    private boolean has(String attribute) {
        return attributes.contains(attribute);
    }

    private void encoding(String word) {
        boolean first = opcode < 0 && map == OpcodeTable.ONE_BYTE;
        if (word.startsWith("VEX")) {
            vex(word);
        } else if (word.startsWith("/")) {
            digit = Integer.parseInt(word.substring(1));
        } else if (word.equals("m")) {
            mod = Form.Mod.MEMORY;
        } else if (word.equals("r")) {
            mod = Form.Mod.REGISTER;
        } else if (word.equals("REX.W")) {
            rex = Form.Rex.W_SET;
        } else if (word.equals("noREX.B")) {
            rex = Form.Rex.B_CLEAR;
        } else if (first && isPrefix(word)) {
            prefix = prefix(word);
        } else if (first && word.equals("0F")) {
            map = OpcodeTable.MAP_0F;
        } else if (opcode < 0 && map == OpcodeTable.MAP_0F && word.equals("38")) {
            map = OpcodeTable.MAP_0F38;
        } else if (opcode < 0 && map == OpcodeTable.MAP_0F && word.equals("3A")) {
            map = OpcodeTable.MAP_0F3A;
        } else if (opcode < 0) {
            opcode = Integer.parseInt(word.substring(0, 2), 16);
            conditional = word.endsWith("+cc");
            count = conditional ? 16 : word.endsWith("+r") ? 8 : 1;
        } else {
            modRm = Integer.parseInt(word, 16);
        }
    }

    private void vex(String word) {
        String[] parts = word.split("\\.", -1);
        prefix = Form.Prefix.NONE;
        for (String part : parts) {
            if (isPrefix(part)) {
                prefix = prefix(part);
            }
        }
        map =
                OpcodeTable.VEX
                        + switch (parts[parts.length - 1]) {
                            case "0F" -> OpcodeTable.MAP_0F;
                            case "0F38" -> OpcodeTable.MAP_0F38;
                            case "0F3A" -> OpcodeTable.MAP_0F3A;
                            default -> throw new IllegalArgumentException("no VEX map in: " + row);
                        };
    }

    private static boolean isPrefix(String word) {
        return switch (word) {
            case "NP", "NF", "66", "F3", "F2" -> true;
            default -> false;
        };
    }

    private static Form.Prefix prefix(String word) {
        return switch (word) {
            case "NP" -> Form.Prefix.NONE;
            case "NF" -> Form.Prefix.NO_REPEAT;
            case "66" -> Form.Prefix.P66;
            case "F3" -> Form.Prefix.PF3;
            case "F2" -> Form.Prefix.PF2;
            default -> throw new IllegalArgumentException("no prefix " + word);
        };
    }

    private static List<String> words(String text, String separator) {
        return Arrays.stream(text.split(separator, -1))
                .map(String::strip)
                .filter(w -> !w.isEmpty())
                .toList();
    }
}
