package io.understudy.vmx.operation;

import static io.understudy.vmx.VmcsField.*;
import static io.understudy.vmx.VmxControls.*;

import io.understudy.vmx.ExitReason;
import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.DeliveredEvent;
import io.understudy.vmx.cpu.VmExitSignal;
import io.understudy.vmx.memory.PhysicalMemory;
import io.understudy.vmx.translation.ApicAccessPage;

/**
 * APIC virtualization and virtual interrupts (SDM volume 3, chapter "APIC Virtualization and
 * Virtual Interrupts"): the virtual-APIC page, what accesses to it do instead of exiting, and
 * delivery without exits.
 */
public final class VirtualApic implements ApicAccessPage {
    // Offsets in the virtual-APIC page.
    private static final int VTPR = 0x80;
    private static final int VPPR = 0xa0;
    private static final int VEOI = 0xb0;
    private static final int VISR = 0x100;
    private static final int VIRR = 0x200;
    private static final int VICR_LOW = 0x300;
    private static final int VICR_HIGH = 0x310;
    private static final int SELF_IPI = 0x3f0;

    // Posted-interrupt descriptor.
    private static final int PIR_BYTES = 32;
    private static final long OUTSTANDING = 1;

    // Access types in the exit qualification of APIC accesses.
    private static final long ACCESS_READ = 0;
    private static final long ACCESS_WRITE = 1L << 12;
    private static final long ACCESS_FETCH = 2L << 12;
    private static final long ACCESS_DELIVERY = 3L << 12;
    private static final long ACCESS_PHYSICAL_DELIVERY = 10L << 12;
    private static final long ACCESS_PHYSICAL = 15L << 12;

    private static final int MSR_FIRST = 0x800;
    private static final int MSR_TPR = 0x808;
    private static final int MSR_EOI = 0x80b;
    private static final int MSR_SELF_IPI = 0x83f;

    /** ICR bits that must be clear, and the shorthand that must be self, for a self-IPI. */
    private static final int ICR_SELF_MASK = 0xfff3_0000 | 0xb700 | (3 << 18);

    private static final int ICR_SELF = 1 << 18;

    private final PhysicalMemory memory;
    private final VmExits exits;
    private final DeliveredEvent delivery;
    private final Vmcs vmcs;
    private TrapLikeExits traps = (cpu, reason, qualification) -> {};

    // Controls in force; all clear outside non-root operation.
    private boolean tprShadow;
    private boolean apicAccesses;
    private boolean x2Apic;
    private boolean registers;
    private boolean interruptDelivery;
    private boolean posted;
    private long page;
    private boolean pending;

    VirtualApic(PhysicalMemory memory, VmExits exits, DeliveredEvent delivery, Vmcs vmcs) {
        this.memory = memory;
        this.exits = exits;
        this.delivery = delivery;
        this.vmcs = vmcs;
    }

    public void setTraps(TrapLikeExits receiver) {
        traps = receiver;
    }

    /** VM entry: loads the controls. */
    void load(int pin, int primary, int secondary) {
        tprShadow = (primary & PRIMARY_TPR_SHADOW) != 0;
        apicAccesses = (secondary & SECONDARY_VIRTUALIZE_APIC_ACCESSES) != 0;
        x2Apic = (secondary & SECONDARY_VIRTUALIZE_X2APIC) != 0;
        registers = (secondary & SECONDARY_APIC_REGISTER_VIRTUALIZATION) != 0;
        interruptDelivery = (secondary & SECONDARY_VIRTUAL_INTERRUPT_DELIVERY) != 0;
        posted = (pin & PIN_POSTED_INTERRUPTS) != 0;
        page = tprShadow ? vmcs.get(VIRTUAL_APIC_PAGE_ADDRESS) : 0;
        pending = false;
        if (interruptDelivery) {
            virtualizePpr();
            evaluate();
        }
    }

    /** VM exit: nothing is virtualized in root operation. */
    void unload() {
        tprShadow = false;
        apicAccesses = false;
        x2Apic = false;
        registers = false;
        interruptDelivery = false;
        posted = false;
        pending = false;
    }

    /** Host-physical address of the APIC-access page, or -1. */
    long accessPage() {
        return apicAccesses ? vmcs.get(APIC_ACCESS_PAGE_ADDRESS) : -1;
    }

    /** Whether VM entry is followed at once by an exit because VTPR is below the threshold. */
    public boolean isBelowThresholdAtEntry() {
        return tprShadow && !interruptDelivery && apicAccesses && isBelowThreshold();
    }

    // MOV to and from CR8

    public boolean shadowsTpr() {
        return tprShadow;
    }

    public long readCr8() {
        return read(VTPR) >>> 4 & 15L;
    }

    public void writeCr8(Cpu cpu, long value) {
        write(VTPR, (int) value << 4);
        virtualizeTpr(cpu);
    }

    // RDMSR and WRMSR of x2APIC registers

    /** Whether RDMSR of {@code number} reads the virtual-APIC page. */
    public boolean virtualizesRead(int number) {
        return x2Apic && number >>> 8 == MSR_FIRST >>> 8 && (registers || number == MSR_TPR);
    }

    public long readMsr(int number) {
        long at = page + (number & 0xff) * 16L;
        return memory.contains(at, 8) ? memory.read64(at) : -1;
    }

    /** Whether WRMSR of {@code number} writes the virtual-APIC page. */
    public boolean virtualizesWrite(int number) {
        return x2Apic
                && (number == MSR_TPR
                        || (interruptDelivery && (number == MSR_EOI || number == MSR_SELF_IPI)));
    }

    /** Returns false, and changes nothing, for a value with reserved bits: a #GP. */
    public boolean writeMsr(Cpu cpu, int number, long value) {
        boolean reserved = number == MSR_EOI ? value != 0 : value >>> 8 != 0;
        if (reserved) {
            return false;
        }
        long at = page + (number & 0xff) * 16L;
        if (memory.contains(at, 8)) {
            memory.write64(at, value);
        }
        switch (number) {
            case MSR_TPR -> virtualizeTpr(cpu);
            case MSR_EOI -> virtualizeEoi(cpu);
            default -> {
                int vector = (int) value & 0xff;
                if (vector >>> 4 == 0) {
                    traps.exitAfterInstruction(cpu, ExitReason.APIC_WRITE, SELF_IPI);
                } else {
                    selfIpi(cpu, vector);
                }
            }
        }
        return true;
    }

    // Accesses to the APIC-access page

    @Override
    public long load(Cpu cpu, int offset, int bytes) {
        if (delivery.active || !isShaped(offset, bytes) || !isReadable(offset & 0xff0)) {
            throw access(offset, ACCESS_READ);
        }
        long value = read(offset & 0xff0) & 0xffff_ffffL;
        return value >>> (8 * (offset & 3)) & ((1L << (8 * bytes)) - 1);
    }

    @Override
    public void store(Cpu cpu, int offset, int bytes, long value) {
        probe(cpu, offset, bytes);
        int register = offset & 0xff0;
        int shift = 8 * (offset & 3);
        int mask = (int) (((1L << (8 * bytes)) - 1) << shift);
        write(register, (read(register) & ~mask) | ((int) (value << shift) & mask));
        emulateWrite(cpu, register);
    }

    @Override
    public void probe(Cpu cpu, int offset, int bytes) {
        if (delivery.active || !isShaped(offset, bytes) || !isWritable(offset & 0xff0)) {
            throw access(offset, ACCESS_WRITE);
        }
    }

    @Override
    public RuntimeException fetch(int offset) {
        return access(offset, ACCESS_FETCH);
    }

    @Override
    public RuntimeException walk() {
        return exits.apicAccess(delivery.active ? ACCESS_PHYSICAL_DELIVERY : ACCESS_PHYSICAL);
    }

    private VmExitSignal access(int offset, long type) {
        return exits.apicAccess(offset | (delivery.active ? ACCESS_DELIVERY : type));
    }

    private boolean isShaped(int offset, int bytes) {
        return tprShadow && bytes <= 4 && (offset & 15) + bytes <= 4;
    }

    private boolean isReadable(int register) {
        if (!registers) {
            return register == VTPR;
        }
        return switch (register) {
            case 0x20, 0x30, VTPR, VEOI, 0xd0, 0xe0, 0xf0, 0x280, VICR_LOW, VICR_HIGH -> true;
            case 0x380, 0x3e0 -> true;
            default ->
                    (register >= VISR && register < 0x280)
                            || (register >= 0x320 && register <= 0x370);
        };
    }

    private boolean isWritable(int register) {
        if (!registers) {
            boolean delivered = register == VEOI || register == VICR_LOW;
            return register == VTPR || (interruptDelivery && delivered);
        }
        return switch (register) {
            case 0x20, VTPR, VEOI, 0xd0, 0xe0, 0xf0, 0x280, VICR_LOW, VICR_HIGH -> true;
            case 0x380, 0x3e0 -> true;
            default -> register >= 0x320 && register <= 0x370;
        };
    }

    private void emulateWrite(Cpu cpu, int register) {
        switch (register) {
            case VTPR -> {
                write(VTPR, read(VTPR) & 0xff);
                virtualizeTpr(cpu);
            }
            case VEOI -> {
                if (interruptDelivery) {
                    write(VEOI, 0);
                    virtualizeEoi(cpu);
                } else {
                    traps.exitAfterInstruction(cpu, ExitReason.APIC_WRITE, register);
                }
            }
            case VICR_LOW -> {
                int icr = read(VICR_LOW);
                boolean self = (icr & ICR_SELF_MASK) == ICR_SELF && (icr & 0xf0) != 0;
                if (interruptDelivery && self) {
                    selfIpi(cpu, icr & 0xff);
                } else {
                    traps.exitAfterInstruction(cpu, ExitReason.APIC_WRITE, register);
                }
            }
            case VICR_HIGH -> write(VICR_HIGH, read(VICR_HIGH) & 0xff00_0000);
            default -> traps.exitAfterInstruction(cpu, ExitReason.APIC_WRITE, register);
        }
    }

    // The primitive operations

    private boolean isBelowThreshold() {
        return (read(VTPR) >>> 4 & 15) < (vmcs.get32(TPR_THRESHOLD) & 15);
    }

    private void virtualizeTpr(Cpu cpu) {
        if (interruptDelivery) {
            virtualizePpr();
            evaluate();
            cpu.requestBoundary();
        } else if (isBelowThreshold()) {
            traps.exitAfterInstruction(cpu, ExitReason.TPR_BELOW_THRESHOLD, 0);
        }
    }

    private void virtualizePpr() {
        int tpr = read(VTPR) & 0xff;
        int service = servicing();
        write(VPPR, tpr >>> 4 >= service >>> 4 ? tpr : service & 0xf0);
    }

    private void virtualizeEoi(Cpu cpu) {
        int vector = servicing();
        setBit(VISR, vector, false);
        setServicing(highest(VISR));
        virtualizePpr();
        int bitmap = EOI_EXIT_BITMAP0 + 2 * (vector >>> 6);
        if ((vmcs.get(bitmap) >>> (vector & 63) & 1) != 0) {
            traps.exitAfterInstruction(cpu, ExitReason.VIRTUALIZED_EOI, vector);
            return;
        }
        evaluate();
        cpu.requestBoundary();
    }

    private void selfIpi(Cpu cpu, int vector) {
        setBit(VIRR, vector, true);
        setRequesting(Math.max(requesting(), vector));
        evaluate();
        cpu.requestBoundary();
    }

    private void evaluate() {
        pending = requesting() >>> 4 > (read(VPPR) >>> 4 & 15);
    }

    /** Whether a virtual interrupt waits to be delivered. */
    public boolean isInterruptPending() {
        return pending;
    }

    /** Begins the delivery of the pending virtual interrupt; returns its vector. */
    public int acknowledge() {
        int vector = requesting();
        setBit(VISR, vector, true);
        setServicing(vector);
        write(VPPR, vector & 0xf0);
        setBit(VIRR, vector, false);
        setRequesting(highest(VIRR));
        pending = false;
        return vector;
    }

    // Posted interrupts

    /** Whether an external interrupt is a notification, and not one to exit for. */
    public boolean takesNotification(int vector) {
        return posted && vector == vmcs.get32(POSTED_INTERRUPT_NOTIFICATION_VECTOR);
    }

    /** Moves the posted requests of the descriptor into the virtual-APIC page. */
    public void processPostedInterrupts() {
        long descriptor = vmcs.get(POSTED_INTERRUPT_DESCRIPTOR_ADDRESS);
        if (!memory.contains(descriptor, 2L * PIR_BYTES)) {
            return;
        }
        memory.andNot64(descriptor + PIR_BYTES, OUTSTANDING);
        int highest = -1;
        for (int i = 0; i < PIR_BYTES; i += 8) {
            long requests = memory.andNot64(descriptor + i, -1);
            for (int half = 0; half < 2; half++) {
                int register = VIRR + 16 * (i / 4 + half);
                int bits = (int) (requests >>> (32 * half));
                write(register, read(register) | bits);
                if (bits != 0) {
                    int top = 31 - Integer.numberOfLeadingZeros(bits);
                    highest = 8 * i + 32 * half + top;
                }
            }
        }
        if (highest >= 0) {
            setRequesting(Math.max(requesting(), highest));
        }
        evaluate();
    }

    // The virtual-APIC page and the guest interrupt status

    private int read(int register) {
        return memory.contains(page + register, 4) ? memory.read32(page + register) : -1;
    }

    private void write(int register, int value) {
        if (memory.contains(page + register, 4)) {
            memory.write32(page + register, value);
        }
    }

    private void setBit(int bank, int vector, boolean to) {
        int register = bank + (vector >>> 5) * 16;
        int bit = 1 << (vector & 31);
        write(register, to ? read(register) | bit : read(register) & ~bit);
    }

    /** The highest vector of a 256-bit register, 0 if none. */
    private int highest(int bank) {
        for (int i = 7; i >= 0; i--) {
            int bits = read(bank + 16 * i);
            if (bits != 0) {
                return 32 * i + 31 - Integer.numberOfLeadingZeros(bits);
            }
        }
        return 0;
    }

    private int requesting() {
        return vmcs.get32(GUEST_INTERRUPT_STATUS) & 0xff;
    }

    private void setRequesting(int vector) {
        int status = vmcs.get32(GUEST_INTERRUPT_STATUS);
        vmcs.set(GUEST_INTERRUPT_STATUS, (status & 0xff00) | vector);
    }

    private int servicing() {
        return vmcs.get32(GUEST_INTERRUPT_STATUS) >>> 8 & 0xff;
    }

    private void setServicing(int vector) {
        int status = vmcs.get32(GUEST_INTERRUPT_STATUS);
        vmcs.set(GUEST_INTERRUPT_STATUS, (status & 0xff) | vector << 8);
    }
}
