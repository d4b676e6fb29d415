package io.understudy.vmx.cpu;

/**
 * The breakpoints of DR0..DR3 that DR7 enables (SDM volume 3, "Debug Registers").
 *
 * <p>While one is enabled the processor takes every instruction by itself, so a data breakpoint is
 * found pending right after the instruction that hit it.
 */
public final class Breakpoints {
    private static final int COUNT = 4;
    private static final int EXECUTE = 0;
    private static final int WRITE = 1;
    private static final int PORT = 2;
    private static final int ENABLES = 0xff;

    private boolean active;
    private boolean watching;

    /** Call after a change of DR0..DR3, DR7 or CR4.DE. */
    public void update(SystemState s) {
        active = (s.dr[7] & ENABLES) != 0;
        watching = false;
        for (int i = 0; active && i < COUNT; i++) {
            int kind = kind(s, i);
            watching |= isEnabled(s, i) && (kind == WRITE || kind == 3);
        }
    }

    /** Whether any is enabled. */
    public boolean areActive() {
        return active;
    }

    private static boolean isEnabled(SystemState s, int i) {
        return (s.dr[7] >>> (2 * i) & 3) != 0;
    }

    private static int kind(SystemState s, int i) {
        return (int) (s.dr[7] >>> (16 + 4 * i)) & 3;
    }

    private static int bytes(SystemState s, int i) {
        return switch ((int) (s.dr[7] >>> (18 + 4 * i)) & 3) {
            case 0 -> 1;
            case 1 -> 2;
            case 2 -> 8;
            default -> 4;
        };
    }

    /** B0..B3 for an instruction at {@code linear}, zero unless an enabled breakpoint is there. */
    public long atInstruction(SystemState s, long linear) {
        long hits = 0;
        boolean enabled = false;
        for (int i = 0; active && i < COUNT; i++) {
            if (kind(s, i) == EXECUTE && s.dr[i] == linear) {
                hits |= 1L << i;
                enabled |= isEnabled(s, i);
            }
        }
        return enabled ? hits : 0;
    }

    /** Whether accesses to the page of {@code linear} must be seen. */
    public boolean watchesPage(SystemState s, long linear) {
        for (int i = 0; watching && i < COUNT; i++) {
            if (isEnabled(s, i) && (s.dr[i] ^ linear) >>> 12 == 0) {
                return true;
            }
        }
        return false;
    }

    /** A data access was made. */
    public void access(SystemState s, long linear, int bytes, boolean write) {
        if (!watching) {
            return;
        }
        for (int i = 0; i < COUNT; i++) {
            int kind = kind(s, i);
            if (kind == 3 || (kind == WRITE && write)) {
                hit(s, i, linear, bytes);
            }
        }
    }

    /** A port was accessed. */
    public void port(SystemState s, int port, int bytes) {
        for (int i = 0; active && i < COUNT; i++) {
            if (kind(s, i) == PORT && (s.cr4 & ControlBits.CR4_DE) != 0) {
                hit(s, i, port, bytes);
            }
        }
    }

    private static void hit(SystemState s, int i, long address, int bytes) {
        int length = bytes(s, i);
        long first = s.dr[i] & -length;
        if (isEnabled(s, i) && address < first + length && first < address + bytes) {
            s.pendingDebug |= 1L << i | SystemState.PENDING_ENABLED_BREAKPOINT;
        }
    }
}
