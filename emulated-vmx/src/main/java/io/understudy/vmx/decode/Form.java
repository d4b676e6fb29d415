package io.understudy.vmx.decode;

import java.util.List;

/**
 * One form of an instruction: what must hold of prefixes, mode and ModRM, and what it then means.
 *
 * @param prefix mandatory prefix
 * @param digit ModRM.reg of an opcode group, or {@link #ANY}
 * @param modRm the whole ModRM byte, or {@link #ANY}
 * @param mod whether ModRM must name memory or a register
 * @param hasModRm a ModRM byte follows the opcode
 * @param rex which REX bit decides between forms
 * @param modes in which modes it exists
 * @param size how the operand size is found
 * @param lockable LOCK is allowed with a memory destination
 * @param string which repeat prefixes mean something
 * @param modIgnored ModRM.mod is taken as 3 whatever it is (moves to and from CR and DR)
 * @param condition condition code of conditional forms
 */
record Form(
        Opcode opcode,
        List<Operand> operands,
        Prefix prefix,
        int digit,
        int modRm,
        Mod mod,
        boolean hasModRm,
        Rex rex,
        Modes modes,
        Size size,
        boolean lockable,
        Repeat string,
        boolean modIgnored,
        int condition) {
    static final int ANY = -1;

    enum Prefix {
        /** 66 is the operand size, F2 and F3 mean nothing. */
        ANY,
        /** None of 66, F2, F3. */
        NONE,
        /** Neither F2 nor F3; 66 is the operand size. */
        NO_REPEAT,
        P66,
        PF3,
        PF2
    }

    enum Mod {
        ANY,
        MEMORY,
        REGISTER
    }

    enum Rex {
        ANY,
        W_SET,
        B_CLEAR
    }

    enum Modes {
        ALL,
        ONLY_64,
        NOT_64
    }

    enum Size {
        /** By REX.W, 66 and the code segment. */
        NORMAL,
        /** In 64-bit mode 8, or 2 with 66. */
        DEFAULT_64,
        /** In 64-bit mode 8: 66 is ignored, as Intel processors do for near branches. */
        FORCED_64
    }

    enum Repeat {
        NONE,
        /** F2 and F3 both repeat by count. */
        COUNT,
        /** F3 repeats while equal, F2 while not. */
        COMPARE
    }

    /** Width of the operation: that of the first operand that has one of its own. */
    Operand.Width width() {
        for (Operand o : operands) {
            if (o.place().sizesOperation()) {
                return o.width();
            }
        }
        return Operand.Width.NONE;
    }
}
