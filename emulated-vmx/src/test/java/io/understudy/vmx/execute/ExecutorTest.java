package io.understudy.vmx.execute;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.Vector;
import io.understudy.vmx.decode.Opcode;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Blocks, chains, budgets, faults and self-modifying code. */
final class ExecutorTest {
    private final Guest guest = new Guest();

    @AfterEach
    void close() {
        guest.close();
    }

    /** Sums 1..100: mov ecx,100; xor eax,eax; add rax,rcx; dec rcx; jnz. */
    private static final String SUM = "b964000000 31c0 4801c8 48ffc9 75f8";

    @Test
    void loopRunsToItsEndAndRetiresEveryInstruction() {
        guest.run(SUM);
        assertThat(guest.reg(Cpu.RAX)).isEqualTo(5050);
        assertThat(guest.retired()).isEqualTo(2 + 3 * 100);
        assertThat(guest.cpu.rip).isEqualTo(Guest.CODE + 15);
    }

    @Test
    void everyBudgetStopsAtItsExactInstruction() {
        for (int slice = 1; slice < 40; slice++) {
            try (Guest stepped = new Guest()) {
                stepped.put(Guest.CODE, SUM + "f4");
                stepped.cpu.rip = Guest.CODE;
                long total = 0;
                while (true) {
                    stepped.resume(slice);
                    total += stepped.retired();
                    if (!stepped.budgetEnded) {
                        break;
                    }
                    assertThat(stepped.retired()).isEqualTo(slice);
                }
                assertThat(total).isEqualTo(302);
                assertThat(stepped.reg(Cpu.RAX)).isEqualTo(5050);
            }
        }
    }

    @Test
    void budgetStopsBetweenAComparisonAndItsBranch() {
        // cmp eax,1; je +1; nop
        guest.put(Guest.CODE, "83f801 7401 90 f4");
        guest.cpu.rip = Guest.CODE;
        guest.cpu.gpr[Cpu.RAX] = 1;
        guest.resume(1);
        assertThat(guest.cpu.rip).isEqualTo(Guest.CODE + 3);
        assertThat(Flags.zero(guest.cpu)).isTrue();
        guest.resume(1);
        assertThat(guest.cpu.rip).isEqualTo(Guest.CODE + 6);
        assertThat(guest.retired()).isEqualTo(1);
    }

    @Test
    void faultInTheMiddleOfABlockIsPrecise() {
        // mov eax,1; mov [0x500000],eax (unmapped); mov eax,2
        guest.run("b801000000 890425 00005000 b802000000");
        assertThat(guest.vector).isEqualTo(Vector.PF);
        assertThat(guest.faultRip).isEqualTo(Guest.CODE + 5);
        assertThat(guest.faultAddress).isEqualTo(0x500000);
        assertThat(guest.retired()).isEqualTo(1);
        assertThat(guest.reg(Cpu.RAX)).isEqualTo(1);
    }

    @Test
    void aBlockWhoseStoreFaultedRunsAgain() {
        // mov eax,7; mov [0x300000],eax; mov ecx,eax
        String program = "b807000000 890425 00003000 89c1";
        long frame = guest.frames[0x300];
        guest.frames[0x300] = -1;
        for (int times = 0; times < 3; times++) {
            guest.run(program);
            assertThat(guest.vector).isEqualTo(Vector.PF);
            assertThat(guest.faultRip).isEqualTo(Guest.CODE + 5);
            assertThat(guest.retired()).isEqualTo(1);
        }
        guest.frames[0x300] = Guest.DATA >>> 12;
        guest.run(program);
        assertThat(guest.vector).isEqualTo(-1);
        assertThat(guest.reg(Cpu.RCX)).isEqualTo(7);
        assertThat(guest.physical.read32(Guest.DATA)).isEqualTo(7);
        guest.frames[0x300] = frame;
    }

    @Test
    void faultingPushLeavesTheStackPointer() {
        guest.readOnly[(int) ((Guest.STACK - 8) >>> 12)] = true;
        guest.run("50");
        assertThat(guest.vector).isEqualTo(Vector.PF);
        assertThat(guest.reg(Cpu.RSP)).isEqualTo(Guest.STACK);
    }

    @Test
    void faultingUpdateChangesNoFlag() {
        // stc; add [rbx],eax with rbx read-only
        guest.readOnly[(int) (Guest.DATA >>> 12)] = true;
        guest.cpu.gpr[Cpu.RBX] = Guest.DATA;
        guest.run("f9 0103");
        assertThat(guest.vector).isEqualTo(Vector.PF);
        assertThat(guest.faultRip).isEqualTo(Guest.CODE + 1);
        assertThat(Flags.status(guest.cpu)).isEqualTo(Flags.CF);
    }

    @Test
    void systemInstructionSeesExactRipAndBudget() {
        guest.run("90 90 0fa2 90");
        assertThat(guest.systemInstructions).containsExactly(Opcode.CPUID, Opcode.HLT);
        assertThat(guest.retired()).isEqualTo(4);
    }

    @Test
    void invalidBytesRaiseUdOnlyWhenReached() {
        guest.run("eb02 0f0b 90");
        assertThat(guest.vector).isEqualTo(-1);
        guest.run("90 0f0b");
        assertThat(guest.vector).isEqualTo(Vector.UD);
        assertThat(guest.faultRip).isEqualTo(Guest.CODE + 1);
        assertThat(guest.retired()).isEqualTo(1);
    }

    @Test
    void storeIntoTheNextInstructionIsSeenByIt() {
        // mov byte [rip+1],0x2a patches the immediate of: mov al,0
        guest.run("c605 01000000 2a b000 90");
        assertThat(guest.reg(Cpu.RAX)).isEqualTo(0x2a);
        assertThat(guest.retired()).isEqualTo(3);
    }

    @Test
    void storeIntoTheFusedBranchBehindIsSeen() {
        // mov byte [rip+4],0x01 turns "jne +0" into "jne +1"; cmp eax,5; jne; nop; nop
        guest.run("c605 04000000 01 83f805 7500 f4 90");
        assertThat(guest.cpu.rip).isEqualTo(Guest.CODE + 14);
        assertThat(guest.retired()).isEqualTo(4);
    }

    @Test
    void storeByTheInstructionBeforeABranchIsSeenByTheBranch() {
        // mov byte [rip+1],0x01 turns "jmp +0" into "jmp +1"; jmp; hlt; nop
        guest.run("c605 01000000 01 eb00 f4 90");
        assertThat(guest.cpu.rip).isEqualTo(Guest.CODE + 11);
        assertThat(guest.retired()).isEqualTo(3);
    }

    @Test
    void callThatPushesIntoItsOwnBlockGoesOn() {
        // mov rsp,CODE+8; call +0 pushes its return address over the mov; hlt behind
        guest.run("48c7c4 08000100 e8 00000000");
        assertThat(guest.cpu.rip).isEqualTo(Guest.CODE + 12);
        assertThat(guest.retired()).isEqualTo(2);
        assertThat(guest.physical.read64(Guest.CODE)).isEqualTo(Guest.CODE + 12);
    }

    @Test
    void storeIntoAnotherPageOfCodeDropsItsBlocks() {
        long other = Guest.CODE + 0x1000;
        guest.put(other, "b801000000 c3");
        // call other; mov byte [other+1],7; call other
        guest.run("e8 fb0f0000 c60425 01100100 07 e8 ee0f0000");
        assertThat(guest.reg(Cpu.RAX)).isEqualTo(7);
    }

    @Test
    void writeThroughThePhysicalDoorDropsBlocks() {
        guest.run("b801000000");
        guest.physical.write8(Guest.CODE + 1, 9);
        guest.cpu.rip = Guest.CODE;
        guest.resume(Long.MAX_VALUE);
        assertThat(guest.reg(Cpu.RAX)).isEqualTo(9);
    }

    @Test
    void dataBesideCodeMayChangeWithoutDroppingBlocks() {
        guest.run("b801000000");
        guest.physical.write8(Guest.CODE + 0x800, 9);
        assertThat(guest.physical.isCode(Guest.CODE >>> 12)).isTrue();
        guest.physical.write8(Guest.CODE, 0x90);
        guest.physical.write8(Guest.CODE + 5, 0x90);
        assertThat(guest.physical.isCode(Guest.CODE >>> 12)).isFalse();
    }

    @Test
    void chainAcrossPagesFollowsTheNewTranslation() {
        long target = 0x30000;
        guest.put(target, "b001 eb00 f4");
        guest.put(0x38000, "b002 eb00 f4");
        guest.put(Guest.CODE, "e9 fbff0100");
        for (int expected = 1; expected <= 2; expected++) {
            for (int again = 0; again < 3; again++) {
                guest.cpu.rip = Guest.CODE;
                guest.resume(Long.MAX_VALUE);
                assertThat(guest.reg(Cpu.RAX)).isEqualTo(expected);
            }
            guest.map(target, 0x38);
        }
    }

    @Test
    void oneFrameAtTwoAddressesRunsRelativeToEach() {
        guest.map(0x60000, Guest.CODE >>> 12);
        // lea rax,[rip]; call +0; pop rbx
        guest.put(Guest.CODE, "488d05 00000000 e8 00000000 5b f4");
        for (long at : new long[] {Guest.CODE, 0x60000, Guest.CODE}) {
            guest.cpu.rip = at;
            guest.resume(Long.MAX_VALUE);
            assertThat(guest.reg(Cpu.RAX)).isEqualTo(at + 7);
            assertThat(guest.reg(Cpu.RBX)).isEqualTo(at + 12);
        }
    }

    @Test
    void crossingInstructionFetchesItsSecondPageOnlyWhenExecuted() {
        long at = Guest.CODE + 0xffe;
        guest.put(at - 1, "90 b8 11000000 f4");
        guest.frames[(int) (Guest.CODE >>> 12) + 1] = -1;
        guest.cpu.rip = at - 1;
        guest.resume(1);
        assertThat(guest.fetches).containsOnly(Guest.CODE);
        guest.resume(1);
        assertThat(guest.vector).isEqualTo(Vector.PF);
        assertThat(guest.faultRip).isEqualTo(at);
        assertThat(guest.faultAddress).isEqualTo(Guest.CODE + 0x1000);
        guest.frames[(int) (Guest.CODE >>> 12) + 1] = (Guest.CODE >>> 12) + 1;
        guest.resume(Long.MAX_VALUE);
        assertThat(guest.reg(Cpu.RAX)).isEqualTo(0x11);
    }

    @Test
    void crossingInstructionFollowsEitherOfItsPages() {
        long at = Guest.CODE + 0xffe;
        guest.put(at, "b8 01000000 f4");
        guest.put(0x38000, "000002 f4");
        guest.cpu.rip = at;
        guest.resume(Long.MAX_VALUE);
        assertThat(guest.reg(Cpu.RAX)).isEqualTo(1);
        guest.map(Guest.CODE + 0x1000, 0x38);
        guest.cpu.rip = at;
        guest.resume(Long.MAX_VALUE);
        assertThat(guest.reg(Cpu.RAX)).isEqualTo(0x0200_0001 & 0xffff_ffffL);
        guest.physical.write8(0x38002, 5);
        guest.cpu.rip = at;
        guest.resume(Long.MAX_VALUE);
        assertThat(guest.reg(Cpu.RAX)).isEqualTo(0x0500_0001);
    }

    @Test
    void nonCanonicalStackAccessesRaiseSsAndOthersGp() {
        long nowhere = 1L << 62;
        guest.cpu.gpr[Cpu.RBP] = nowhere;
        guest.cpu.gpr[Cpu.RBX] = nowhere;
        String[] stack = {"488b4500", "c9", "4889ec 50", "4889ec c3", "4889ec ff742410"};
        String[] other = {"488b03", "ff33", "ff13", "65488b4500"};
        for (String code : stack) {
            guest.cpu.gpr[Cpu.RSP] = Guest.STACK;
            guest.run(code);
            assertThat(guest.vector).as(code).isEqualTo(Vector.SS);
        }
        for (String code : other) {
            guest.cpu.gpr[Cpu.RSP] = Guest.STACK;
            guest.run(code);
            assertThat(guest.vector).as(code).isEqualTo(Vector.GP);
        }
    }

    @Test
    void returnToANonCanonicalAddressFaultsOnTheReturn() {
        // mov rax,1<<63; push rax; ret
        guest.run("48b8 0000000000000080 50 c3");
        assertThat(guest.vector).isEqualTo(Vector.GP);
        assertThat(guest.faultRip).isEqualTo(Guest.CODE + 11);
        assertThat(guest.reg(Cpu.RSP)).isEqualTo(Guest.STACK - 8);
    }

    // Found by fuzzing: of three blocks in one bucket the last kept the old instructions.
    @Test
    void aStoreDropsTheBlocksOfEveryModeAtItsAddress() {
        int[] modes = {64, 32, 16};
        for (int value = 1; value <= 2; value++) {
            // mov al, value; hlt
            guest.put(Guest.CODE, "b0 0%d f4".formatted(value));
            for (int mode : modes) {
                guest.cpu.codeMode = mode;
                guest.flush();
                guest.cpu.rip = Guest.CODE;
                guest.resume(Long.MAX_VALUE);
                assertThat(guest.reg(Cpu.RAX)).as("%d bits", mode).isEqualTo(value);
            }
        }
    }

    // Found by fuzzing: how far it went on with the old bytes depended on the budget.
    @Test
    void aRepeatedStoreThatOverwritesItselfGoesOnWithTheNewBytes() {
        for (long slice : new long[] {1, 3, Long.MAX_VALUE}) {
            // lea rdi,[rip]; rep stosb, whose first byte becomes hlt
            guest.cpu.gpr[Cpu.RAX] = 0xf4;
            guest.cpu.gpr[Cpu.RCX] = 100;
            guest.put(Guest.CODE, "48 8d 3d 00 00 00 00 f3 aa 90 90 90");
            guest.cpu.rip = Guest.CODE;
            do {
                guest.resume(slice);
            } while (guest.budgetEnded);
            assertThat(guest.reg(Cpu.RCX)).as("slices of %d", slice).isEqualTo(99);
            assertThat(guest.cpu.rip).isEqualTo(Guest.CODE + 7);
        }
    }
}
