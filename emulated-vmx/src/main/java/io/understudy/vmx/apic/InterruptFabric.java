package io.understudy.vmx.apic;

import io.understudy.vmx.bus.InterruptSource;
import java.util.ArrayList;
import java.util.List;

/**
 * The bus between local APICs and whatever sends interrupt messages: matches destinations (SDM
 * volume 3, "Determining IPI Destination") and hands messages over.
 */
public final class InterruptFabric {
    // Delivery modes.
    public static final int FIXED = 0;
    public static final int LOWEST_PRIORITY = 1;
    public static final int SMI = 2;
    public static final int NMI = 4;
    public static final int INIT = 5;
    public static final int START_UP = 6;
    public static final int EXTERNAL = 7;

    private final List<LocalApic> apics = new ArrayList<>();
    private InterruptSource source = new InterruptSource() {};

    public void attach(LocalApic apic) {
        apics.add(apic);
    }

    /** Attaches the interrupt controllers outside the processors. */
    public void setSource(InterruptSource controllers) {
        source = controllers;
    }

    InterruptSource source() {
        return source;
    }

    /**
     * A message to a destination.
     *
     * @param destination physical or logical, 8 bits from an xAPIC or an I/O APIC, 32 from an
     *     x2APIC, where all ones are everybody
     * @param level the interrupt is level-triggered
     */
    public void send(long destination, boolean logical, int mode, int vector, boolean level) {
        if (mode == LOWEST_PRIORITY) {
            LocalApic best = null;
            for (LocalApic a : apics) {
                boolean better = best == null || a.priorityClass() < best.priorityClass();
                if (a.matches(destination, logical) && better) {
                    best = a;
                }
            }
            if (best != null) {
                best.receive(FIXED, vector, level);
            }
            return;
        }
        for (LocalApic a : apics) {
            if (a.matches(destination, logical)) {
                a.receive(mode, vector, level);
            }
        }
    }

    /** A message by shorthand: everybody, with or without the sender. */
    void broadcast(LocalApic sender, boolean includingSelf, int mode, int vector, boolean level) {
        for (LocalApic a : apics) {
            if (includingSelf || !a.equals(sender)) {
                a.receive(mode, vector, level);
            }
        }
    }
}
