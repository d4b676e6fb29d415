package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.Cpu;

/**
 * Binary arithmetic and logic with their flags (SDM volume 1, "Binary Arithmetic Instructions" and
 * "Logical Instructions").
 *
 * <p>Of every argument and result only the low {@code bytes} count; the results are sign-extended.
 */
final class Arithmetic {
    private Arithmetic() {}

    static long add(Cpu cpu, long a, long b, int bytes) {
        return sum(cpu, a, b, 0, bytes);
    }

    static long adc(Cpu cpu, long a, long b, int bytes) {
        return sum(cpu, a, b, Flags.carry(cpu) ? 1 : 0, bytes);
    }

    static long sub(Cpu cpu, long a, long b, int bytes) {
        return difference(cpu, a, b, 0, bytes);
    }

    static long sbb(Cpu cpu, long a, long b, int bytes) {
        return difference(cpu, a, b, Flags.carry(cpu) ? 1 : 0, bytes);
    }

    static long and(Cpu cpu, long a, long b, int bytes) {
        return logic(cpu, a & b, bytes);
    }

    static long or(Cpu cpu, long a, long b, int bytes) {
        return logic(cpu, a | b, bytes);
    }

    static long xor(Cpu cpu, long a, long b, int bytes) {
        return logic(cpu, a ^ b, bytes);
    }

    static long inc(Cpu cpu, long a, int bytes) {
        long operand = OperandSize.signExtend(a, bytes);
        long result = OperandSize.signExtend(operand + 1, bytes);
        return keepCarry(cpu, Flags.INC, operand, result);
    }

    static long dec(Cpu cpu, long a, int bytes) {
        long operand = OperandSize.signExtend(a, bytes);
        long result = OperandSize.signExtend(operand - 1, bytes);
        return keepCarry(cpu, Flags.DEC, operand, result);
    }

    static long neg(Cpu cpu, long a, int bytes) {
        return difference(cpu, 0, a, 0, bytes);
    }

    /** ADCX: adds with CF and changes CF alone. */
    static long adcx(Cpu cpu, long a, long b, int bytes) {
        return addWith(cpu, a, b, Flags.carry(cpu), Flags.CF, bytes);
    }

    /** ADOX: adds with OF as its carry and changes OF alone. */
    static long adox(Cpu cpu, long a, long b, int bytes) {
        return addWith(cpu, a, b, Flags.overflow(cpu), Flags.OF, bytes);
    }

    private static long sum(Cpu cpu, long a, long b, int carry, int bytes) {
        long x = OperandSize.signExtend(a, bytes);
        long y = OperandSize.signExtend(b, bytes);
        long result = OperandSize.signExtend(x + y + carry, bytes);
        cpu.ccOp = Flags.ADD;
        cpu.ccResult = result;
        cpu.ccA = x;
        cpu.ccB = y;
        return result;
    }

    private static long difference(Cpu cpu, long a, long b, int borrow, int bytes) {
        long x = OperandSize.signExtend(a, bytes);
        long y = OperandSize.signExtend(b, bytes);
        long result = OperandSize.signExtend(x - y - borrow, bytes);
        cpu.ccOp = Flags.SUB;
        cpu.ccResult = result;
        cpu.ccA = x;
        cpu.ccB = y;
        return result;
    }

    private static long logic(Cpu cpu, long value, int bytes) {
        long result = OperandSize.signExtend(value, bytes);
        cpu.ccOp = Flags.LOGIC;
        cpu.ccResult = result;
        return result;
    }

    private static long keepCarry(Cpu cpu, int kind, long operand, long result) {
        cpu.ccB = Flags.carry(cpu) ? 1 : 0;
        cpu.ccOp = kind;
        cpu.ccResult = result;
        cpu.ccA = operand;
        return result;
    }

    private static long addWith(
            Cpu cpu, long a, long b, boolean carryIn, int carryFlag, int bytes) {
        long x = OperandSize.signExtend(a, bytes);
        long y = OperandSize.signExtend(b, bytes);
        long result = OperandSize.signExtend(x + y + (carryIn ? 1 : 0), bytes);
        boolean carryOut = ((x & y) | ((x | y) & ~result)) < 0;
        Flags.update(cpu, carryFlag, carryOut ? carryFlag : 0);
        return result;
    }
}
