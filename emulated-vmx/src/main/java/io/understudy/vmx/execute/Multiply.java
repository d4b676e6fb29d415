package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.Vector;

/**
 * Multiplication and division (SDM volume 2, "MUL", "IMUL", "MULX", "DIV", "IDIV").
 *
 * <p>The one-operand forms use the implicit registers: AX for bytes, else the pair DX:AX of the
 * operand's size. CF and OF of a product tell whether its upper half is significant; SF and PF are
 * those of the lower half, ZF and AF are cleared. Division leaves the flags alone.
 */
final class Multiply {
    private Multiply() {}

    static void mul(Cpu cpu, long operand, int bytes) {
        long a = OperandSize.zeroExtend(cpu.gpr[Cpu.RAX], bytes);
        long b = OperandSize.zeroExtend(operand, bytes);
        long low = a * b;
        long high = bytes == 8 ? Math.unsignedMultiplyHigh(a, b) : low >>> OperandSize.bits(bytes);
        setFlags(cpu, low, high != 0, bytes);
        putProduct(cpu, low, high, bytes);
    }

    static void imul(Cpu cpu, long operand, int bytes) {
        long a = OperandSize.signExtend(cpu.gpr[Cpu.RAX], bytes);
        long b = OperandSize.signExtend(operand, bytes);
        long low = a * b;
        long high = bytes == 8 ? Math.multiplyHigh(a, b) : low >> OperandSize.bits(bytes);
        setFlags(cpu, low, overflows(low, high, bytes), bytes);
        putProduct(cpu, low, high, bytes);
    }

    /** The two- and three-operand forms of IMUL: the truncated product. */
    static long imulTruncated(Cpu cpu, long first, long second, int bytes) {
        long a = OperandSize.signExtend(first, bytes);
        long b = OperandSize.signExtend(second, bytes);
        long low = a * b;
        long high = bytes == 8 ? Math.multiplyHigh(a, b) : low >> OperandSize.bits(bytes);
        setFlags(cpu, low, overflows(low, high, bytes), bytes);
        return low;
    }

    static void div(Cpu cpu, long operand, int bytes) {
        long divisor = OperandSize.zeroExtend(operand, bytes);
        if (divisor == 0) {
            throw cpu.raise(Vector.DE);
        }
        long quotient;
        long remainder;
        if (bytes == 8) {
            long high = cpu.gpr[Cpu.RDX];
            long low = cpu.gpr[Cpu.RAX];
            if (Long.compareUnsigned(high, divisor) >= 0) {
                throw cpu.raise(Vector.DE);
            }
            quotient = divideUnsigned(high, low, divisor);
            remainder = low - quotient * divisor;
        } else {
            long dividend = dividend(cpu, bytes);
            quotient = Long.divideUnsigned(dividend, divisor);
            remainder = Long.remainderUnsigned(dividend, divisor);
            if (quotient != OperandSize.zeroExtend(quotient, bytes)) {
                throw cpu.raise(Vector.DE);
            }
        }
        putQuotient(cpu, quotient, remainder, bytes);
    }

    static void idiv(Cpu cpu, long operand, int bytes) {
        long divisor = OperandSize.signExtend(operand, bytes);
        if (divisor == 0) {
            throw cpu.raise(Vector.DE);
        }
        if (bytes == 8) {
            idiv64(cpu, divisor);
            return;
        }
        long dividend = OperandSize.signExtend(dividend(cpu, bytes), bytes * 2);
        long quotient = dividend / divisor;
        // The most negative 64-bit dividend divided by -1 wraps, which the second test catches.
        if (quotient != OperandSize.signExtend(quotient, bytes)
                || (dividend == Long.MIN_VALUE && divisor == -1)) {
            throw cpu.raise(Vector.DE);
        }
        putQuotient(cpu, quotient, dividend - quotient * divisor, bytes);
    }

    private static void idiv64(Cpu cpu, long divisor) {
        long high = cpu.gpr[Cpu.RDX];
        long low = cpu.gpr[Cpu.RAX];
        boolean negative = high < 0;
        if (negative) {
            high = ~high + (low == 0 ? 1 : 0);
            low = -low;
        }
        long magnitude = Math.abs(divisor);
        if (Long.compareUnsigned(high, magnitude) >= 0) {
            throw cpu.raise(Vector.DE);
        }
        long quotient = divideUnsigned(high, low, magnitude);
        long remainder = low - quotient * magnitude;
        boolean negate = negative != divisor < 0;
        // -2^63 fits only as a negative quotient.
        if (quotient < 0 && !(negate && quotient == Long.MIN_VALUE)) {
            throw cpu.raise(Vector.DE);
        }
        putQuotient(cpu, negate ? -quotient : quotient, negative ? -remainder : remainder, 8);
    }

    /**
     * Quotient of the 128-bit {@code high:low} by {@code divisor}, unsigned; {@code high} must be
     * below {@code divisor}. Schoolbook division by 32-bit digits (Knuth, algorithm D).
     */
    static long divideUnsigned(long high, long low, long divisor) {
        if (high == 0) {
            return Long.divideUnsigned(low, divisor);
        }
        int shift = Long.numberOfLeadingZeros(divisor);
        long d = divisor << shift;
        long top = shift == 0 ? high : high << shift | low >>> (64 - shift);
        long rest = low << shift;
        long upper = digit(top, rest >>> 32, d);
        long middle = (top << 32 | rest >>> 32) - upper * d;
        long lower = digit(middle, rest & 0xffff_ffffL, d);
        return (upper << 32) + lower;
    }

    /** One 32-bit digit of {@code (top << 32 | next) / d}, for a {@code d} with its top bit set. */
    private static long digit(long top, long next, long d) {
        long dHigh = d >>> 32;
        long dLow = d & 0xffff_ffffL;
        long q = Long.divideUnsigned(top, dHigh);
        long r = top - q * dHigh;
        while (q >>> 32 != 0 || Long.compareUnsigned(q * dLow, r << 32 | next) > 0) {
            q--;
            r += dHigh;
            if (r >>> 32 != 0) {
                break;
            }
        }
        return q;
    }

    private static boolean overflows(long low, long high, int bytes) {
        return bytes == 8 ? high != low >> 63 : low != OperandSize.signExtend(low, bytes);
    }

    private static void setFlags(Cpu cpu, long low, boolean significant, int bytes) {
        long result = OperandSize.signExtend(low, bytes);
        int parity = (Integer.bitCount((int) result & 0xff) & 1) == 0 ? Flags.PF : 0;
        Flags.setStatus(
                cpu,
                (significant ? Flags.CF | Flags.OF : 0) | (result < 0 ? Flags.SF : 0) | parity);
    }

    /** The dividend of a byte, word or doubleword division, zero-extended. */
    private static long dividend(Cpu cpu, int bytes) {
        if (bytes == 1) {
            return cpu.gpr[Cpu.RAX] & 0xffff;
        }
        long low = OperandSize.zeroExtend(cpu.gpr[Cpu.RAX], bytes);
        return OperandSize.zeroExtend(cpu.gpr[Cpu.RDX], bytes) << OperandSize.bits(bytes) | low;
    }

    private static void putProduct(Cpu cpu, long low, long high, int bytes) {
        if (bytes == 1) {
            Registers.write(cpu, Cpu.RAX, low, 2);
        } else {
            Registers.write(cpu, Cpu.RAX, low, bytes);
            Registers.write(cpu, Cpu.RDX, high, bytes);
        }
    }

    private static void putQuotient(Cpu cpu, long quotient, long remainder, int bytes) {
        if (bytes == 1) {
            Registers.write(cpu, Cpu.RAX, (quotient & 0xff) | (remainder & 0xff) << 8, 2);
        } else {
            Registers.write(cpu, Cpu.RAX, quotient, bytes);
            Registers.write(cpu, Cpu.RDX, remainder, bytes);
        }
    }
}
