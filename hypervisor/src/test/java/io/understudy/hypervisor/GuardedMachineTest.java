package io.understudy.hypervisor;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.hypervisor.guard.DescriptorChange;
import io.understudy.hypervisor.guard.GuardAction;
import io.understudy.hypervisor.guard.GuardCounts;
import io.understudy.hypervisor.guard.GuardEvent;
import io.understudy.hypervisor.guard.GuardEventKind;
import io.understudy.hypervisor.guard.GuardOptions;
import io.understudy.hypervisor.guard.GuardPolicy;
import io.understudy.hypervisor.guard.GuardVerdict;
import io.understudy.hypervisor.guard.GuardedTable;
import io.understudy.hypervisor.guest.MachineCode;
import io.understudy.hypervisor.monitor.MonitorOptions;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The guard of descriptor tables, on a guest that attacks its own. */
class GuardedMachineTest {
    private static final int TRAP_VECTOR = 0x21;
    private static final int FREE_SEGMENT = 12;
    private static final long ATTACK_NS = 30_000_000;
    private static final long END = 4_500_000;
    private static final GuardOptions OPTIONS =
            new GuardOptions(GuardPolicy.REPORT, 20_000_000, 1_000_000);

    /** A guest that runs to {@link #END}, and what its guard told. */
    private static final class Run {
        final List<GuardEvent> events = new ArrayList<>();
        final GuardCounts counts;
        final String console;
        final StateDigest digest;

        Run(String guest, Map<String, Long> parameters, GuardOptions options) throws Exception {
            this(guest, parameters, options, END);
        }

        Run(String guest, Map<String, Long> parameters, GuardOptions options, long end)
                throws Exception {
            VirtualMachineConfig config =
                    VirtualMachineConfig.of(16 << 20)
                            .withRunMode(RunMode.FREE)
                            .withDirtyLog(DirtyLogMode.NONE)
                            .withParameters(parameters);
            try (VirtualMachine machine =
                    VirtualMachine.boot(config, GuestImage.builtIn(guest), new FakeHostClock())) {
                machine.guardTables(options, events::add);
                machine.run(end, Long.MAX_VALUE);
                counts = machine.guardCounts().orElseThrow();
                console = consoleOf(machine);
                digest = machine.stateDigest();
            }
        }

        GuardEvent only(GuardEventKind kind, GuardVerdict verdict) {
            List<GuardEvent> found = all(kind, verdict);
            assertThat(found).as("%s %s of %s", verdict, kind, events).hasSize(1);
            return found.getFirst();
        }

        List<GuardEvent> all(GuardEventKind kind, GuardVerdict verdict) {
            return events.stream().filter(e -> e.kind() == kind && e.verdict() == verdict).toList();
        }
    }

    private static String consoleOf(VirtualMachine machine) {
        byte[] bytes = new byte[(int) machine.output().writtenOffset()];
        machine.output().release(bytes.length);
        machine.output().read(0, bytes);
        return new String(bytes, UTF_8);
    }

    private static Run attacked(String attack, GuardOptions options) throws Exception {
        int number = BuiltInGuest.TASKS.parameter("attack").orElseThrow().words().indexOf(attack);
        Map<String, Long> parameters = new HashMap<>();
        parameters.put("attack", (long) number);
        parameters.put("attack-ms", ATTACK_NS / 1_000_000);
        parameters.put("switches-per-second", 500L);
        return new Run("tasks", parameters, options);
    }

    @Test
    void everydayWritesAreToldAndLegitimate() throws Exception {
        Run run = attacked("none", OPTIONS);
        assertThat(run.counts.suspicious()).isZero();
        assertThat(run.counts.loads()).isGreaterThanOrEqualTo(6);
        assertThat(run.counts.stores()).isEqualTo(2);
        assertThat(run.counts.writes()).isGreaterThan(60);
        assertThat(run.counts.addressSpaceLoads()).isGreaterThan(15);
        List<GuardEvent> slots = run.all(GuardEventKind.WRITE, GuardVerdict.LEGITIMATE);
        assertThat(slots)
                .extracting(GuardEvent::reason)
                .contains("a thread's data segment", "marked accessed");
        assertThat(slots)
                .allSatisfy(e -> {
                    assertThat(e.changes()).hasSize(1);
                    assertThat(e.changes().getFirst().table()).isEqualTo(GuardedTable.GDT);
                    assertThat(e.changes().getFirst().index()).isBetween(6, 8);
                });
        assertThat(run.events)
                .extracting(GuardEvent::number)
                .isEqualTo(
                        java.util.stream.LongStream.rangeClosed(1, run.events.size())
                                .boxed()
                                .toList());
    }

    @Test
    void theProcessorMarksATaskBusyInTheStepOfLtr() throws Exception {
        Run run = attacked("none", OPTIONS);
        List<GuardEvent> learned = run.all(GuardEventKind.WRITE, GuardVerdict.LEARNED);
        assertThat(learned).extracting(GuardEvent::reason).contains("task marked busy");
        assertThat(run.all(GuardEventKind.LTR, GuardVerdict.LEGITIMATE)).hasSize(2);
        assertThat(run.all(GuardEventKind.SIDT, GuardVerdict.LEGITIMATE))
                .singleElement()
                .satisfies(e -> assertThat(e.operand()).startsWith("["));
    }

    /** A guard that looks on changes nothing: same state at the same instruction. */
    @ParameterizedTest
    @ValueSource(strings = {"tasks", "counter", "kv", "dirtier"})
    void aGuardedGuestIsInTheStateOfOneWithout(String guest) throws Exception {
        Map<String, Long> parameters =
                guest.equals("tasks") ? Map.of("attack", 1L, "attack-ms", 25L) : Map.of();
        Run run = new Run(guest, parameters, OPTIONS);
        VirtualMachineConfig config =
                VirtualMachineConfig.of(16 << 20)
                        .withRunMode(RunMode.FREE)
                        .withDirtyLog(DirtyLogMode.NONE)
                        .withParameters(parameters);
        try (VirtualMachine machine =
                VirtualMachine.boot(config, GuestImage.builtIn(guest), new FakeHostClock())) {
            machine.run(END, Long.MAX_VALUE);
            assertThat(run.digest).isEqualTo(machine.stateDigest());
        }
        assertThat(run.counts.loads()).as("the guard works").isGreaterThanOrEqualTo(3);
        assertThat(run.counts.guardedPages()).isPositive();
    }

    @Test
    void aPatchedGateIsToldWithOldAndNewContent() throws Exception {
        Run run = attacked("gate", OPTIONS);
        List<GuardEvent> writes = run.all(GuardEventKind.WRITE, GuardVerdict.SUSPICIOUS);
        assertThat(writes)
                .isNotEmpty()
                .allSatisfy(e -> {
                    DescriptorChange change = e.changes().getFirst();
                    assertThat(change.table()).isEqualTo(GuardedTable.IDT);
                    assertThat(change.index()).isEqualTo(TRAP_VECTOR);
                    assertThat(change.oldText()).startsWith("interrupt gate 0x8:0x1");
                    assertThat(change.newText()).isNotEqualTo(change.oldText());
                    assertThat(e.virtualNs()).isBetween(ATTACK_NS, ATTACK_NS + 3_000_000);
                    assertThat(e.rip()).isBetween(0x100000L, 0x110000L);
                });
        assertThat(run.console).contains("the attacker's handler ran");
    }

    @Test
    void aCopyOfTheTableIsToldWithTheOperandOfLidt() throws Exception {
        Run run = attacked("copy", OPTIONS);
        GuardEvent lidt = run.only(GuardEventKind.LIDT, GuardVerdict.SUSPICIOUS);
        assertThat(lidt.operand()).matches("\\[.*]");
        assertThat(lidt.linear()).isPositive();
        assertThat(lidt.before()).startsWith("base 0x10000000000 limit 0xfff");
        assertThat(lidt.after()).startsWith("base 0x1").isNotEqualTo(lidt.before());
        assertThat(lidt.changes())
                .singleElement()
                .satisfies(c -> assertThat(c.index()).isEqualTo(TRAP_VECTOR));
    }

    @Test
    void aRemappedPageIsFoundInTime() throws Exception {
        Run run = attacked("remap", OPTIONS);
        GuardEvent remap = run.only(GuardEventKind.REMAP, GuardVerdict.SUSPICIOUS);
        assertThat(remap.sinceVirtualNs())
                .isPositive()
                .isLessThanOrEqualTo(OPTIONS.recheckVirtualNs());
        assertThat(remap.before()).isNotEqualTo(remap.after());
        assertThat(remap.changes())
                .singleElement()
                .satisfies(c -> assertThat(c.index()).isEqualTo(TRAP_VECTOR));
        assertThat(run.counts.recheckGapMaxVirtualNs())
                .isLessThanOrEqualTo(OPTIONS.recheckVirtualNs());
    }

    /** An interrupt exits anyway: after half the time it is taken for a walk. */
    @Test
    void anInterruptIsTakenForAWalk() throws Exception {
        long recheck = 6_000_000;
        Run run =
                new Run(
                        "kv",
                        Map.of(),
                        new GuardOptions(GuardPolicy.REPORT, 20_000_000, recheck),
                        20_000_000);
        assertThat(run.counts.recheckGapMaxVirtualNs())
                .as("computes for longer than half the time, with an interrupt each millisecond")
                .isBetween(recheck / 2, recheck / 2 + 1_000_000);
    }

    /** What the page documents as missed: mapped away and back between two walks. */
    @Test
    void aPageThatComesBackBetweenTwoWalksIsMissed() throws Exception {
        Run run = attacked("blink", OPTIONS);
        assertThat(run.console).contains("the attacker's handler ran");
        assertThat(run.counts.suspicious()).isZero();
    }

    @Test
    void anAttackWhileTheGuardLearnsIsToldAndTakenForRight() throws Exception {
        Run run = attacked("gate", new GuardOptions(GuardPolicy.DENY, 2 * ATTACK_NS, 1_000_000));
        assertThat(run.counts.suspicious()).isZero();
        assertThat(run.all(GuardEventKind.WRITE, GuardVerdict.LEARNED))
                .anySatisfy(e ->
                        assertThat(e.changes().getFirst().reason())
                                .isEqualTo("a gate of the IDT changed"));
        assertThat(run.console).contains("the attacker's handler ran");
    }

    @ParameterizedTest
    @ValueSource(strings = {"gate", "copy", "segment"})
    void deniedAttacksHaveNoEffect(String attack) throws Exception {
        Run run = attacked(attack, OPTIONS.withPolicy(GuardPolicy.DENY));
        assertThat(run.console).contains("the guest's own handler ran");
        assertThat(run.counts.denied()).isPositive().isEqualTo(run.counts.suspicious());
        assertThat(run.console).doesNotContain("error");
    }

    /** The trap right behind the change still reaches the attacker, later ones do not. */
    @Test
    void aRemappedTableGetsItsContentBack() throws Exception {
        Run run = attacked("remap", OPTIONS.withPolicy(GuardPolicy.DENY));
        GuardEvent remap = run.only(GuardEventKind.REMAP, GuardVerdict.SUSPICIOUS);
        assertThat(remap.action()).isEqualTo(GuardAction.DENIED);
        assertThat(run.counts.denied()).isOne();
    }

    private static VirtualMachine boot(Map<String, Long> parameters) throws Exception {
        return VirtualMachine.boot(
                VirtualMachineConfig.of(16 << 20)
                        .withRunMode(RunMode.FREE)
                        .withDirtyLog(DirtyLogMode.NONE)
                        .withParameters(parameters),
                GuestImage.builtIn("tasks"),
                new FakeHostClock());
    }

    /** Page id of the page that the guest's last LGDT loaded a table from. */
    private static long gdtPage(VirtualMachine machine, List<GuardEvent> events) {
        String base =
                events.stream()
                        .filter(e -> e.kind() == GuardEventKind.LGDT)
                        .reduce((a, b) -> b)
                        .orElseThrow()
                        .after()
                        .split(" ", -1)[1];
        return machine.pageIdOf(Long.decode(base)); // the guest maps its image where it lies
    }

    /** No instruction wrote, so no exit told of it: a device, or the hypervisor, did. */
    @ParameterizedTest
    @EnumSource(
            value = GuardPolicy.class,
            names = {"REPORT", "DENY"})
    void whatADeviceWritesIntoATableIsFoundByTheNextWalk(GuardPolicy policy) throws Exception {
        List<GuardEvent> events = new ArrayList<>();
        try (VirtualMachine machine = boot(Map.of("switches-per-second", 500L))) {
            machine.guardTables(OPTIONS.withPolicy(policy), events::add);
            machine.run(END / 2, Long.MAX_VALUE);
            long page = gdtPage(machine, events);
            byte[] content = new byte[4096];
            machine.memory().readPage(page, MemorySegment.ofArray(content), 0);
            byte[] kernelCode = Arrays.copyOfRange(content, 8, 16);
            System.arraycopy(kernelCode, 0, content, 8 * FREE_SEGMENT, 8);
            machine.memory().writePage(page, MemorySegment.ofArray(content), 0);
            machine.run(END, Long.MAX_VALUE);
            GuardEvent found =
                    events.stream()
                            .filter(e -> e.kind() == GuardEventKind.FOUND)
                            .reduce((a, b) -> {
                                throw new AssertionError("told twice: " + a + b);
                            })
                            .orElseThrow();
            assertThat(found.verdict()).isEqualTo(GuardVerdict.SUSPICIOUS);
            assertThat(found.changes())
                    .singleElement()
                    .satisfies(c -> assertThat(c.index()).isEqualTo(FREE_SEGMENT));
            assertThat(found.sinceVirtualNs()).isBetween(1L, OPTIONS.recheckVirtualNs());
            machine.memory().readPage(page, MemorySegment.ofArray(content), 0);
            assertThat(Arrays.copyOfRange(content, 8 * FREE_SEGMENT, 8 * FREE_SEGMENT + 8))
                    .isEqualTo(policy == GuardPolicy.DENY ? new byte[8] : kernelCode);
        }
    }

    /** As for measuring what it costs: the guest cannot tell when it was guarded. */
    @Test
    void aGuardMayComeAndGo() throws Exception {
        Map<String, Long> parameters = Map.of("switches-per-second", 5000L);
        List<GuardEvent> events = new ArrayList<>();
        try (VirtualMachine machine = boot(parameters);
                VirtualMachine bare = boot(parameters)) {
            for (long at = 100_001; at < END; at += 100_001) {
                boolean isGuarded = at / 100_001 % 3 != 0;
                int before = events.size();
                if (isGuarded) {
                    machine.guardTables(OPTIONS, events::add);
                }
                machine.run(at, Long.MAX_VALUE);
                assertThat(machine.guardCounts().isPresent()).isEqualTo(isGuarded);
                if (isGuarded) {
                    machine.unguardTables();
                }
                assertThat(events.size() > before).isEqualTo(isGuarded);
                bare.run(at, Long.MAX_VALUE);
                assertThat(machine.stateDigest()).as("at %d", at).isEqualTo(bare.stateDigest());
            }
        }
        assertThat(events).noneMatch(e -> e.verdict() == GuardVerdict.SUSPICIOUS);
    }

    /** A load of CR3 costs one exit, and everything else that the guard steps over two. */
    @Test
    void aLoadOfCr3IsNotSteppedOver() throws Exception {
        Run run = attacked("none", OPTIONS);
        GuardCounts c = run.counts;
        assertThat(c.addressSpaceLoads()).isGreaterThan(15);
        // LTR also writes: it marks its task.
        assertThat(c.steps())
                .isLessThanOrEqualTo(c.loads() + c.stores() + c.writes() + c.neighbourWrites());
    }

    /** Round and round, each store into the page of the GDT, beside it. */
    private static GuestImage stores() {
        int[] code = new int[0x230];
        int[] instructions = {
            0x0f, 0x01, 0x14, 0x25, 0x00, 0x02, 0x10, 0x00, // lgdt [0x100200]
            0x83, 0xc3, 0x01, // 1: add ebx, 1
            0x48, 0x89, 0x1c, 0x25, 0x00, 0x01, 0x80, 0x00, // mov [0x800100], rbx
            0x89, 0x1c, 0x25, 0x08, 0x01, 0x80, 0x00, // mov [0x800108], ebx
            0x48, 0xc7, 0x04, 0x25, 0x10, 0x01, 0x80, 0x00, 0x78, 0x56, 0x34,
            0xf2, // mov qword, imm
            0xc7, 0x04, 0x25, 0x18, 0x01, 0x80, 0x00, 0x78, 0x56, 0x34, 0xf2, // mov dword, imm
            0x48, 0x89, 0x1c, 0x25, 0x21, 0x01, 0x80, 0x00, // mov [0x800121], rbx
            0x88, 0x1c, 0x25, 0x30, 0x01, 0x80, 0x00, // mov [0x800130], bl
            0x66, 0x89, 0x1c, 0x25, 0x40, 0x01, 0x80, 0x00, // mov [0x800140], bx
            0x48, 0x01, 0x1c, 0x25, 0x48, 0x01, 0x80, 0x00, // add [0x800148], rbx
            0xf0, 0xff, 0x04, 0x25, 0x50, 0x01, 0x80, 0x00, // lock inc dword [0x800150]
            0x48, 0x87, 0x0c, 0x25, 0x58, 0x01, 0x80, 0x00, // xchg [0x800158], rcx
            0xbe, 0x80, 0x01, 0x80, 0x00, // mov esi, 0x800180
            0xbd, 0x03, 0x00, 0x00, 0x00, // mov ebp, 3
            0x48, 0x89, 0x5c, 0xee, 0x08, // mov [rsi+rbp*8+8], rbx
            0x67, 0x48, 0x89, 0x5e, 0x10, // mov [esi+16], rbx
            0x48, 0x0f, 0xc3, 0x5e, 0x18, // movnti [rsi+24], rbx
            0xbf, 0x00, 0x02, 0x80, 0x00, // mov edi, 0x800200
            0xb9, 0x04, 0x00, 0x00, 0x00, // mov ecx, 4
            0xf3, 0x48, 0xab, // rep stosq
            0xbc, 0x00, 0x03, 0x80, 0x00, 0x53, // mov esp, 0x800300; push rbx
            0x48, 0x89, 0x24, 0x24, // mov [rsp], rsp
            0xe9, 0, 0, 0, 0, // jmp 1b
        };
        int back = 8 - instructions.length;
        System.arraycopy(instructions, 0, code, 0, instructions.length);
        for (int i = 0; i < 4; i++) {
            code[instructions.length - 4 + i] = (back >> (8 * i)) & 0xff;
        }
        code[0x200] = 23;
        code[0x204] = 0x80;
        int[] table = {0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0x9b, 0xaf, 0};
        System.arraycopy(table, 0, code, 0x210, table.length);
        return MachineCode.image(code, new MachineCode.Piece(0x210, 24, 0x80_0000));
    }

    @Test
    void everyKindOfStoreDoesWhatItDoesWithoutAGuard() throws Exception {
        VirtualMachineConfig config =
                VirtualMachineConfig.of(16 << 20)
                        .withRunMode(RunMode.FREE)
                        .withDirtyLog(DirtyLogMode.NONE);
        List<GuardEvent> events = new ArrayList<>();
        try (VirtualMachine machine = VirtualMachine.boot(config, stores(), new FakeHostClock());
                VirtualMachine bare = VirtualMachine.boot(config, stores(), new FakeHostClock())) {
            machine.guardTables(OPTIONS, events::add);
            for (long at = 1; at < 400; at += 1 + at % 7) {
                machine.run(at, Long.MAX_VALUE);
                bare.run(at, Long.MAX_VALUE);
                assertThat(machine.instructions()).isEqualTo(at);
                assertThat(machine.stateDigest()).as("at %d", at).isEqualTo(bare.stateDigest());
            }
            GuardCounts c = machine.guardCounts().orElseThrow();
            assertThat(c.steps()).isGreaterThan(150);
            assertThat(c.suspicious()).isZero();
        }
        assertThat(events).extracting(GuardEvent::kind).containsOnly(GuardEventKind.LGDT);
    }

    @Test
    void aCodeSegmentInTheGdtIsSuspicious() throws Exception {
        Run run = attacked("segment", OPTIONS);
        GuardEvent write = run.only(GuardEventKind.WRITE, GuardVerdict.SUSPICIOUS);
        assertThat(write.changes())
                .singleElement()
                .satisfies(c -> {
                    assertThat(c.index()).isEqualTo(FREE_SEGMENT);
                    assertThat(c.oldText()).isEqualTo("empty");
                    assertThat(c.newText()).startsWith("64-bit code");
                });
    }

    @Test
    void aPausedGuestStandsBehindTheInstructionUntilItIsLetGo() throws Exception {
        List<GuardEvent> events = new ArrayList<>();
        VirtualMachineConfig config =
                VirtualMachineConfig.of(16 << 20)
                        .withRunMode(RunMode.FREE)
                        .withDirtyLog(DirtyLogMode.NONE)
                        .withParameters(Map.of("attack", 2L, "attack-ms", 30L));
        try (VirtualMachine machine =
                VirtualMachine.boot(config, GuestImage.builtIn("tasks"), new FakeHostClock())) {
            machine.guardTables(OPTIONS.withPolicy(GuardPolicy.PAUSE), events::add);
            machine.run(END, Long.MAX_VALUE);
            assertThat(machine.isPausedByGuard()).isTrue();
            GuardEvent last = events.getLast();
            assertThat(last.action()).isEqualTo(GuardAction.PAUSED);
            assertThat(machine.instructions()).isEqualTo(last.instruction() + 1);
            machine.run(END, Long.MAX_VALUE);
            assertThat(machine.instructions()).isEqualTo(last.instruction() + 1);
            assertThat(machine.exitStatus()).contains("paused by the guard");
            machine.resumeGuest();
            machine.run(END, Long.MAX_VALUE);
            assertThat(machine.instructions()).isEqualTo(END);
            assertThat(consoleOf(machine)).contains("the attacker's handler ran");
        }
    }

    @Test
    void impossibleCombinationsAreRefusedInOneSentence() throws Exception {
        VirtualMachineConfig config = VirtualMachineConfig.of(16 << 20);
        try (VirtualMachine machine =
                VirtualMachine.boot(config, GuestImage.builtIn("tasks"), new FakeHostClock())) {
            assertThatThrownBy(() -> machine.guardTables(OPTIONS, e -> {}))
                    .isInstanceOf(MachineSetupException.class)
                    .hasMessageContaining("dirty-bit");
        }
        try (VirtualMachine machine =
                VirtualMachine.boot(
                        config.withDirtyLog(DirtyLogMode.NONE),
                        GuestImage.builtIn("tasks"),
                        new FakeHostClock())) {
            machine.guardTables(OPTIONS, e -> {});
            assertThatThrownBy(() -> machine.monitor(MonitorOptions.DEFAULT))
                    .isInstanceOf(MachineSetupException.class);
            assertThatThrownBy(() -> machine.switchDirtyLog(DirtyLogMode.PML))
                    .isInstanceOf(MachineSetupException.class)
                    .hasMessageContaining("pml");
        }
    }

    @Test
    void aMachineWithASecretWindowIsRefusedInOneSentence() throws Exception {
        VirtualMachineConfig config =
                VirtualMachineConfig.of(16 << 20).withDirtyLog(DirtyLogMode.NONE);
        try (VirtualMachine machine =
                VirtualMachine.bootWithWindow(
                        config, GuestImage.builtIn("window"), new FakeHostClock())) {
            assertThatThrownBy(() -> machine.guardTables(OPTIONS, e -> {}))
                    .isInstanceOf(MachineSetupException.class)
                    .hasMessageContaining("EPT views");
            assertThat(machine.guardCounts()).isEmpty();
        }
    }

    /** A monitor that was refused watches nothing. */
    @Test
    void aRefusedMonitorLeavesTheMachineToTheGuard() throws Exception {
        VirtualMachineConfig config =
                VirtualMachineConfig.of(16 << 20).withDirtyLog(DirtyLogMode.NONE);
        try (VirtualMachine machine =
                VirtualMachine.boot(config, GuestImage.builtIn("tasks"), new FakeHostClock())) {
            machine.guardTables(OPTIONS, e -> {});
            assertThatThrownBy(() -> machine.monitor(MonitorOptions.DEFAULT))
                    .isInstanceOf(MachineSetupException.class);
            machine.unguardTables();
            machine.guardTables(OPTIONS, e -> {});
            assertThat(machine.guardCounts()).isPresent();
        }
    }
}
