package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.Cpu;

/**
 * Shifts and rotates with their flags (SDM volume 2, "SAL/SAR/SHL/SHR", "RCL/RCR/ROL/ROR", "SHLD",
 * "SHRD").
 *
 * <p>The count is masked here; a masked count of zero changes no flag. Of every value only the low
 * {@code bytes} count. OF is defined for a count of 1 only; other counts use the same formula. AF
 * is cleared.
 */
final class Shifts {
    private Shifts() {}

    static long shl(Cpu cpu, long value, long rawCount, int bytes) {
        int count = (int) rawCount & OperandSize.countMask(bytes);
        if (count == 0) {
            return value;
        }
        long carry;
        if (bytes == 8) {
            carry = value >>> (64 - count) & 1;
        } else {
            carry = OperandSize.zeroExtend(value, bytes) << count >>> OperandSize.bits(bytes) & 1;
        }
        long result = OperandSize.signExtend(value << count, bytes);
        return finish(cpu, result, carry, carry ^ result >>> 63);
    }

    static long shr(Cpu cpu, long value, long rawCount, int bytes) {
        int count = (int) rawCount & OperandSize.countMask(bytes);
        if (count == 0) {
            return value;
        }
        long operand = OperandSize.zeroExtend(value, bytes);
        long carry = operand >>> (count - 1) & 1;
        long result = OperandSize.signExtend(operand >>> count, bytes);
        return finish(cpu, result, carry, topBitsDiffer(result, bytes));
    }

    static long sar(Cpu cpu, long value, long rawCount, int bytes) {
        int count = (int) rawCount & OperandSize.countMask(bytes);
        if (count == 0) {
            return value;
        }
        long operand = OperandSize.signExtend(value, bytes);
        return finish(cpu, operand >> count, operand >> (count - 1) & 1, 0);
    }

    static long rol(Cpu cpu, long value, long rawCount, int bytes) {
        int masked = (int) rawCount & OperandSize.countMask(bytes);
        if (masked == 0) {
            return value;
        }
        long result = rotateLeft(value, masked, bytes);
        long carry = result & 1;
        return finishRotate(cpu, result, carry, carry ^ topBit(result, bytes));
    }

    static long ror(Cpu cpu, long value, long rawCount, int bytes) {
        int masked = (int) rawCount & OperandSize.countMask(bytes);
        if (masked == 0) {
            return value;
        }
        long result = rotateLeft(value, OperandSize.bits(bytes) - masked, bytes);
        return finishRotate(cpu, result, topBit(result, bytes), topBitsDiffer(result, bytes));
    }

    static long rcl(Cpu cpu, long value, long rawCount, int bytes) {
        int bits = OperandSize.bits(bytes);
        int count = ((int) rawCount & OperandSize.countMask(bytes)) % (bits + 1);
        if (count == 0) {
            return value;
        }
        long operand = OperandSize.zeroExtend(value, bytes);
        long carryIn = Flags.carry(cpu) ? 1 : 0;
        long result = operand << count | carryIn << (count - 1);
        if (count > 1) {
            result |= operand >>> (bits + 1 - count);
        }
        long carry = operand >>> (bits - count) & 1;
        return finishRotate(cpu, result, carry, carry ^ topBit(result, bytes));
    }

    static long rcr(Cpu cpu, long value, long rawCount, int bytes) {
        int bits = OperandSize.bits(bytes);
        int count = ((int) rawCount & OperandSize.countMask(bytes)) % (bits + 1);
        if (count == 0) {
            return value;
        }
        long operand = OperandSize.zeroExtend(value, bytes);
        long carryIn = Flags.carry(cpu) ? 1 : 0;
        // A shift by 64 would be a shift by 0 in Java; count < bits + 1 keeps all of these below.
        long result = (count == 64 ? 0 : operand >>> count) | carryIn << (bits - count);
        if (count > 1) {
            result |= operand << (bits + 1 - count);
        }
        long carry = operand >>> (count - 1) & 1;
        return finishRotate(cpu, result, carry, topBitsDiffer(result, bytes));
    }

    /** Shifts {@code value} left and fills from the top of {@code fill}. */
    static long shld(Cpu cpu, long value, long fill, long rawCount, int bytes) {
        int count = (int) rawCount & OperandSize.countMask(bytes);
        if (count == 0) {
            return value;
        }
        int bits = OperandSize.bits(bytes);
        long result;
        long carry;
        if (bytes == 2) {
            // Counts above 16 are undefined; the processor shifts value:fill:value.
            long wide = (value & 0xffff) << 32 | (fill & 0xffff) << 16 | (value & 0xffff);
            result = wide >>> (32 - count);
            carry = wide >>> (48 - count) & 1;
        } else {
            long low = OperandSize.zeroExtend(fill, bytes);
            result = value << count | low >>> (bits - count);
            carry = value >>> (bits - count) & 1;
        }
        return finishDouble(cpu, value, result, carry, bytes);
    }

    /** Shifts {@code value} right and fills from the bottom of {@code fill}. */
    static long shrd(Cpu cpu, long value, long fill, long rawCount, int bytes) {
        int count = (int) rawCount & OperandSize.countMask(bytes);
        if (count == 0) {
            return value;
        }
        int bits = OperandSize.bits(bytes);
        long result;
        if (bytes == 2) {
            long wide = (value & 0xffff) << 32 | (fill & 0xffff) << 16 | (value & 0xffff);
            result = wide >>> count;
            long carry = wide >>> (count - 1) & 1;
            return finishDouble(cpu, value, result, carry, bytes);
        }
        long operand = OperandSize.zeroExtend(value, bytes);
        result = operand >>> count | fill << (bits - count);
        return finishDouble(cpu, value, result, operand >>> (count - 1) & 1, bytes);
    }

    private static long rotateLeft(long value, int count, int bytes) {
        if (bytes == 8) {
            return Long.rotateLeft(value, count);
        }
        int bits = OperandSize.bits(bytes);
        int distance = count & bits - 1;
        long operand = OperandSize.zeroExtend(value, bytes);
        return OperandSize.zeroExtend(operand << distance | operand >>> (bits - distance), bytes);
    }

    private static long topBit(long value, int bytes) {
        return value >>> (OperandSize.bits(bytes) - 1) & 1;
    }

    private static long topBitsDiffer(long value, int bytes) {
        int bits = OperandSize.bits(bytes);
        return (value >>> (bits - 1) ^ value >>> (bits - 2)) & 1;
    }

    private static long finish(Cpu cpu, long result, long carry, long overflow) {
        Flags.setResult(cpu, result, (int) (carry * Flags.CF | overflow * Flags.OF));
        return result;
    }

    private static long finishDouble(Cpu cpu, long value, long raw, long carry, int bytes) {
        long result = OperandSize.signExtend(raw, bytes);
        return finish(cpu, result, carry, topBit(value ^ result, bytes));
    }

    private static long finishRotate(Cpu cpu, long result, long carry, long overflow) {
        Flags.setCarryAndOverflow(cpu, (int) (carry * Flags.CF | overflow * Flags.OF));
        return result;
    }
}
