/* VMX for 64-bit test kernels: a host with one guest that runs in the host's address space. */
#ifndef VMX_H
#define VMX_H

#include "kernel64.h"

enum {
    VPID = 0x0000, NOTIFICATION_VECTOR = 0x0002, EPTP_INDEX = 0x0004,
    GUEST_ES = 0x0800, GUEST_CS = 0x0802, GUEST_SS = 0x0804, GUEST_DS = 0x0806, GUEST_FS = 0x0808,
    GUEST_GS = 0x080a, GUEST_LDTR = 0x080c, GUEST_TR = 0x080e, GUEST_STATUS = 0x0810, PML_INDEX = 0x0812,
    HOST_ES = 0x0c00, HOST_CS = 0x0c02, HOST_SS = 0x0c04, HOST_DS = 0x0c06, HOST_FS = 0x0c08,
    HOST_GS = 0x0c0a, HOST_TR = 0x0c0c,
    IO_A = 0x2000, IO_B = 0x2002, MSR_BITMAP = 0x2004, EXIT_STORE = 0x2006, EXIT_LOAD = 0x2008,
    ENTRY_LOAD = 0x200a, PML_ADDRESS = 0x200e, TSC_OFFSET = 0x2010, VIRTUAL_APIC = 0x2012,
    APIC_ACCESS = 0x2014, POSTED_DESCRIPTOR = 0x2016, VMFUNC_CONTROLS = 0x2018, EPTP = 0x201a,
    EOI_BITMAP = 0x201c, EPTP_LIST = 0x2024, VMREAD_BITMAP = 0x2026, VMWRITE_BITMAP = 0x2028, VE_AREA = 0x202a, TSC_MULTIPLIER = 0x2032,
    GPA = 0x2400, LINK = 0x2800, GUEST_DEBUGCTL = 0x2802, GUEST_PAT = 0x2804, GUEST_EFER = 0x2806,
    HOST_PAT = 0x2c00, HOST_EFER = 0x2c02,
    PIN = 0x4000, PROC = 0x4002, EXCEPTIONS = 0x4004, PF_MASK = 0x4006, PF_MATCH = 0x4008,
    CR3_TARGETS = 0x400a, EXIT = 0x400c, EXIT_STORE_COUNT = 0x400e, EXIT_LOAD_COUNT = 0x4010,
    ENTRY = 0x4012, ENTRY_LOAD_COUNT = 0x4014, INJECT = 0x4016, INJECT_ERROR = 0x4018,
    INJECT_LENGTH = 0x401a, TPR_THRESHOLD = 0x401c, PROC2 = 0x401e,
    INSTRUCTION_ERROR = 0x4400, REASON = 0x4402, INTERRUPTION = 0x4404, INTERRUPTION_ERROR = 0x4406,
    VECTORING = 0x4408, VECTORING_ERROR = 0x440a, LENGTH = 0x440c, INSTRUCTION = 0x440e,
    GUEST_LIMIT = 0x4800, GUEST_GDTR_LIMIT = 0x4810, GUEST_IDTR_LIMIT = 0x4812, GUEST_RIGHTS = 0x4814,
    INTERRUPTIBILITY = 0x4824, ACTIVITY = 0x4826, GUEST_SYSENTER_CS = 0x482a, PREEMPTION = 0x482e,
    HOST_SYSENTER_CS = 0x4c00,
    CR0_MASK = 0x6000, CR4_MASK = 0x6002, CR0_SHADOW = 0x6004, CR4_SHADOW = 0x6006, CR3_TARGET = 0x6008,
    QUALIFICATION = 0x6400, LINEAR = 0x640a,
    GUEST_CR0 = 0x6800, GUEST_CR3 = 0x6802, GUEST_CR4 = 0x6804, GUEST_BASE = 0x6806,
    GUEST_LDTR_BASE = 0x6812, GUEST_TR_BASE = 0x6814, GUEST_GDTR_BASE = 0x6816,
    GUEST_IDTR_BASE = 0x6818, GUEST_DR7 = 0x681a, GUEST_RSP = 0x681c, GUEST_RIP = 0x681e,
    GUEST_RFLAGS = 0x6820, PENDING_DEBUG = 0x6822, GUEST_SYSENTER_ESP = 0x6824,
    GUEST_SYSENTER_EIP = 0x6826,
    HOST_CR0 = 0x6c00, HOST_CR3 = 0x6c02, HOST_CR4 = 0x6c04, HOST_FS_BASE = 0x6c06,
    HOST_GS_BASE = 0x6c08, HOST_TR_BASE = 0x6c0a, HOST_GDTR_BASE = 0x6c0c, HOST_IDTR_BASE = 0x6c0e,
    HOST_RSP = 0x6c14, HOST_RIP = 0x6c16,
};

/* Outcome of a VMX instruction: 0, -1 for VMfailInvalid, else the VM-instruction error. */
int vmxon(uint64_t region);
int vmxoff(void);
int vmclear(uint64_t region);
int vmptrld(uint64_t region);
int vmwrite(uint64_t field, uint64_t value);
uint64_t vmread(uint64_t field);
int vmread_outcome(uint64_t field);
int invept(uint64_t type, uint64_t eptp, uint64_t reserved);
int invvpid(uint64_t type, uint64_t descriptor, uint64_t linear);

/* Registers of the guest, in the order of their encoding; [4], RSP, is in the VMCS. */
extern uint64_t guest_registers[16];

/* Gives the exit reason, or 0x10000 plus the VM-instruction error (0xffff for VMfailInvalid). */
uint64_t run_guest(void);

/* Host set-up, in VMX operation with a current VMCS; the guest would start at the function. */
void prepare_vmx(void);
void prepare_guest(void (*function)(void));

void set_bits(uint64_t field, uint64_t bits);
void clear_bits(uint64_t field, uint64_t bits);
void skip_instruction(void);

/* Identity EPT with 2-MByte pages, A/D flags on; split gives the 4-KByte entries of one of them. */
extern uint64_t ept_pml4[512], ept_pdpt[512], ept_directory[2048];
void use_ept(void);
uint64_t *ept_split(void *address, uint64_t *table);

extern uint8_t vmcs[4096], vmxon_region[4096];

#endif
