/*
 * Multiboot-1 header and entry of 64-bit test kernels: identity-maps the first 4 GiB with 2-MByte
 * pages, enters 64-bit mode, sets up GDT, IDT and TSS, and calls kernel_main on a 64 KiB stack.
 */
    .section .multiboot, "a"
    .align 4
    .long 0x1badb002, 3, -(0x1badb002 + 3)

    .section .text.start, "ax"
    .code32
    .globl _start
_start:
    mov %ebx, information
    mov $page_directory, %edi
    mov $0x83, %eax
    mov $2048, %ecx
1:  mov %eax, (%edi)
    movl $0, 4(%edi)
    add $0x200000, %eax
    add $8, %edi
    loop 1b
    mov $page_directory + 3, %eax
    mov $pdpt, %edi
    mov $4, %ecx
2:  mov %eax, (%edi)
    add $4096, %eax
    add $8, %edi
    loop 2b
    movl $pdpt + 3, pml4
    mov $pml4, %eax
    mov %eax, %cr3
    mov %cr4, %eax
    or $0x20, %eax
    mov %eax, %cr4
    mov $0xc0000080, %ecx
    rdmsr
    or $0x101, %eax
    wrmsr
    mov %cr0, %eax
    or $0x80010021, %eax
    mov %eax, %cr0
    lgdt gdt_pointer
    ljmp $0x08, $start64

    .code64
start64:
    mov $0x10, %ax
    mov %ax, %ds
    mov %ax, %es
    mov %ax, %ss
    mov %ax, %fs
    mov %ax, %gs
    mov $stack_top, %rsp
    mov $tss, %rax
    mov %ax, gdt_tss + 2
    shr $16, %rax
    mov %al, gdt_tss + 4
    mov %ah, gdt_tss + 7
    mov $0x40, %ax
    ltr %ax
    mov information, %edi
    call kernel_main
    cli
1:  hlt
    jmp 1b

    /* Where an exception goes that nobody expects, and that somebody does: see kernel64.h. */
    .align 16
    .globl interrupt_stubs
interrupt_stubs:
    .set i, 0
    .rept 256
    .align 16
    .if !((i == 8) || ((i >= 10) && (i <= 14)) || (i == 17) || (i == 21))
    push $0
    .endif
    push $i
    jmp common
    .set i, i + 1
    .endr

common:
    push %rax
    push %rcx
    push %rdx
    push %rbx
    push %rbp
    push %rsi
    push %rdi
    push %r8
    push %r9
    push %r10
    push %r11
    push %r12
    push %r13
    push %r14
    push %r15
    mov %rsp, %rdi
    cld
    call on_interrupt
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %r11
    pop %r10
    pop %r9
    pop %r8
    pop %rdi
    pop %rsi
    pop %rbp
    pop %rbx
    pop %rdx
    pop %rcx
    pop %rax
    add $16, %rsp
    iretq

    .data
    .align 16
    .globl gdt
gdt:
    .quad 0
    .quad 0x00af9b000000ffff    /* 08 64-bit code */
    .quad 0x00cf93000000ffff    /* 10 data */
    .quad 0x00cf9b000000ffff    /* 18 32-bit code */
    .quad 0x00cffb000000ffff    /* 20 32-bit user code */
    .quad 0x00cff3000000ffff    /* 28 user data */
    .quad 0x00affb000000ffff    /* 30 64-bit user code */
    .quad 0x00009b000000ffff    /* 38 16-bit code */
gdt_tss:
    .quad 0x0000890000000067, 0 /* 40 TSS */
    .quad 0, 0, 0, 0            /* 50 for the tests */
gdt_end:
gdt_pointer:
    .word gdt_end - gdt - 1
    .quad gdt

    .globl tss
    .align 16
tss:
    .long 0
    .quad interrupt_stack_top, 0, 0
    .quad 0
    .quad interrupt_stack_top - 4096, 0, 0, 0, 0, 0, 0
    .quad 0
    .word 0, 0x68
    .globl information
information:
    .long 0

    .bss
    .align 4096
    .globl pml4, pdpt, page_directory
pml4:
    .skip 4096
pdpt:
    .skip 4096
page_directory:
    .skip 16384
    .skip 65536
    .globl stack_top
stack_top:
    .skip 16384
interrupt_stack_top:
    .section .note.GNU-stack, "", @progbits
