package io.understudy.vmx.operation;

/** VM-instruction errors (SDM volume 3, "VM Instruction Error Numbers") that can occur here. */
final class InstructionError {
    static final int VMCALL_IN_ROOT = 1;
    static final int VMCLEAR_ADDRESS = 2;
    static final int VMCLEAR_VMXON_POINTER = 3;
    static final int VMLAUNCH_NOT_CLEAR = 4;
    static final int VMRESUME_NOT_LAUNCHED = 5;
    static final int ENTRY_CONTROLS = 7;
    static final int ENTRY_HOST_STATE = 8;
    static final int VMPTRLD_ADDRESS = 9;
    static final int VMPTRLD_VMXON_POINTER = 10;
    static final int VMPTRLD_REVISION = 11;
    static final int UNSUPPORTED_COMPONENT = 12;
    static final int READ_ONLY_COMPONENT = 13;
    static final int VMXON_IN_ROOT = 15;
    static final int ENTRY_BLOCKED_BY_MOV_SS = 26;
    static final int INVALID_OPERAND = 28;

    private InstructionError() {}
}
