package io.understudy.hypervisor.interrupt;

import static io.understudy.vmx.VmxControls.*;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * How much of a local APIC the processor virtualizes; each stage adds a control to the one before
 * it in its mode.
 */
public enum InterruptStage {
    /** Registers in memory that is not mapped: an EPT violation and a decoded instruction each. */
    MMIO("mmio", ApicMode.XAPIC, 0, 0, 0),
    /** APIC-access exits tell register and direction; the instruction is still decoded. */
    APIC_ACCESSES("apic-accesses", ApicMode.XAPIC, 0, 0, SECONDARY_VIRTUALIZE_APIC_ACCESSES),
    TPR_SHADOW(
            "tpr-shadow",
            ApicMode.XAPIC,
            0,
            PRIMARY_TPR_SHADOW,
            SECONDARY_VIRTUALIZE_APIC_ACCESSES),
    REGISTERS(
            "register-virtualization",
            ApicMode.XAPIC,
            0,
            PRIMARY_TPR_SHADOW,
            SECONDARY_VIRTUALIZE_APIC_ACCESSES | SECONDARY_APIC_REGISTER_VIRTUALIZATION),
    DELIVERY(
            "virtual-interrupt-delivery",
            ApicMode.XAPIC,
            0,
            PRIMARY_TPR_SHADOW,
            SECONDARY_VIRTUALIZE_APIC_ACCESSES
                    | SECONDARY_APIC_REGISTER_VIRTUALIZATION
                    | SECONDARY_VIRTUAL_INTERRUPT_DELIVERY),
    POSTED(
            "posted-interrupts",
            ApicMode.XAPIC,
            PIN_POSTED_INTERRUPTS,
            PRIMARY_TPR_SHADOW,
            SECONDARY_VIRTUALIZE_APIC_ACCESSES
                    | SECONDARY_APIC_REGISTER_VIRTUALIZATION
                    | SECONDARY_VIRTUAL_INTERRUPT_DELIVERY),
    /** Every RDMSR and WRMSR of a register exits. */
    X2_MSR("x2apic-msr", ApicMode.X2APIC, 0, 0, 0),
    /** Covers CR8 only: the MSR of the TPR needs virtualized x2APIC mode. */
    X2_TPR_SHADOW("x2apic-tpr-shadow", ApicMode.X2APIC, 0, PRIMARY_TPR_SHADOW, 0),
    X2_REGISTERS(
            "x2apic-register-virtualization",
            ApicMode.X2APIC,
            0,
            PRIMARY_TPR_SHADOW,
            SECONDARY_VIRTUALIZE_X2APIC | SECONDARY_APIC_REGISTER_VIRTUALIZATION),
    X2_DELIVERY(
            "x2apic-virtual-interrupt-delivery",
            ApicMode.X2APIC,
            0,
            PRIMARY_TPR_SHADOW,
            SECONDARY_VIRTUALIZE_X2APIC
                    | SECONDARY_APIC_REGISTER_VIRTUALIZATION
                    | SECONDARY_VIRTUAL_INTERRUPT_DELIVERY),
    X2_POSTED(
            "x2apic-posted-interrupts",
            ApicMode.X2APIC,
            PIN_POSTED_INTERRUPTS,
            PRIMARY_TPR_SHADOW,
            SECONDARY_VIRTUALIZE_X2APIC
                    | SECONDARY_APIC_REGISTER_VIRTUALIZATION
                    | SECONDARY_VIRTUAL_INTERRUPT_DELIVERY);

    private final String stageName;
    private final ApicMode mode;
    private final int pin;
    private final int primary;
    private final int secondary;

    InterruptStage(String stageName, ApicMode mode, int pin, int primary, int secondary) {
        this.stageName = stageName;
        this.mode = mode;
        this.pin = pin;
        this.primary = primary;
        this.secondary = secondary;
    }

    /** As typed on the command line and printed. */
    public String stageName() {
        return stageName;
    }

    public ApicMode mode() {
        return mode;
    }

    /** Pin-based controls that it sets. */
    int pin() {
        return pin;
    }

    /** Primary processor-based controls that it sets. */
    int primary() {
        return primary;
    }

    /** Secondary processor-based controls that it sets. */
    int secondary() {
        return secondary;
    }

    boolean mapsAccessPage() {
        return (secondary & SECONDARY_VIRTUALIZE_APIC_ACCESSES) != 0;
    }

    boolean shadowsTpr() {
        return primary != 0;
    }

    boolean virtualizesX2Apic() {
        return (secondary & SECONDARY_VIRTUALIZE_X2APIC) != 0;
    }

    boolean deliversInterrupts() {
        return (secondary & SECONDARY_VIRTUAL_INTERRUPT_DELIVERY) != 0;
    }

    boolean posts() {
        return pin != 0;
    }

    public static Optional<InterruptStage> of(String stageName) {
        return Arrays.stream(values()).filter(s -> s.stageName.equals(stageName)).findFirst();
    }

    /** The stages of a mode, the one without help from the processor first. */
    public static List<InterruptStage> of(ApicMode mode) {
        return Arrays.stream(values()).filter(s -> s.mode == mode).toList();
    }
}
