package io.understudy.hypervisor.ept;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.hypervisor.frame.FrameAllocator;
import io.understudy.hypervisor.memory.ExtentFrames;
import io.understudy.hypervisor.memory.GuestMemoryMap;
import io.understudy.hypervisor.memory.GuestRam;
import io.understudy.hypervisor.memory.SoftwareDirtyLog;
import io.understudy.hypervisor.vcpu.BootState;
import io.understudy.hypervisor.vcpu.GuestTime;
import io.understudy.hypervisor.vcpu.Vcpu;
import io.understudy.hypervisor.vmcs.VmcsSetup;
import io.understudy.vmx.ExitReason;
import io.understudy.vmx.LogicalProcessor;
import io.understudy.vmx.Platform;
import io.understudy.vmx.PlatformConfig;
import io.understudy.vmx.ProcessorModel;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Two processors over the same views: a list decides who may go where. */
class EptpListTest {
    private static final int NS_PER_INSTRUCTION = 10;
    private static final long RAM_BYTES = 4 << 20;
    private static final long CODE = 0x10_0000;
    private static final long PAGE_TABLES = 0x2000;

    private final Platform platform =
            new Platform(
                    new PlatformConfig(
                            2L << 30, 2, NS_PER_INSTRUCTION, 1, false, ProcessorModel.BASELINE));
    private final FrameAllocator frames = new FrameAllocator(platform.memory());
    private final GuestMemoryMap map = new GuestMemoryMap(RAM_BYTES);
    private final GuestRam ram =
            new GuestRam(
                    platform.memory(),
                    map,
                    new ExtentFrames(frames.allocateGuestRam(map.pages(), 1 << 18, 0, 0)),
                    new SoftwareDirtyLog(List.of(GuestRam.region(map))));
    private final EptView first = view();
    private final EptView second = view();
    private final EptViews views = new EptViews(platform.memory(), first);

    private EptView view() {
        return new EptView(
                platform.memory(),
                frames,
                ram,
                new MappingRules(true, LeafSize.FOUR_KIB, WriteProtection.NONE));
    }

    @AfterEach
    void close() {
        platform.close();
    }

    private Vcpu vcpu(int index, long list) {
        LogicalProcessor processor = platform.processor(index);
        new VmcsSetup(processor, platform.memory(), frames).prepare(first.pointer(), 1);
        GuestTime time = new GuestTime(processor, NS_PER_INSTRUCTION);
        Vcpu vcpu = new Vcpu(processor, time, first.pointer(), 1);
        vcpu.allowEptpSwitching(list);
        BootState.load(vcpu, CODE, PAGE_TABLES, 0);
        return vcpu;
    }

    @Test
    void aProcessorWhoseListLacksTheViewExits() {
        views.add(second);
        ram.write64(PAGE_TABLES, 0x3003);
        ram.write64(0x3000, 0x4003);
        ram.write64(0x4000, 0x83); // 2 MiB, one to one
        ram.write64(CODE, 0x010f_c031_0000_0001L << 8 | 0xb9); // mov ecx, 1; xor eax, eax
        ram.write32(CODE + 7, 0xf4d4_010f); // vmfunc; hlt
        first.populate(CODE);
        second.populate(CODE);
        Vcpu allowed = vcpu(0, views.createList(frames));
        Vcpu other = vcpu(1, views.createListOfFirst(frames));

        assertThat(allowed.enter(Long.MAX_VALUE)).isEqualTo(ExitReason.HLT.number());
        assertThat(allowed.eptPointerInForce()).isEqualTo(second.pointer());
        assertThat(other.enter(Long.MAX_VALUE)).isEqualTo(ExitReason.VMFUNC.number());
        assertThat(other.eptPointerInForce()).isEqualTo(first.pointer());
        assertThat(platform.processor(0).groundTruth().vmfuncs).isEqualTo(1);
        assertThat(platform.processor(1).groundTruth().vmfuncs).isZero();
    }
}
