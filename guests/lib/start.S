/* Entry from the loader (64-bit, paging on, RDI = boot info) and the interrupt stubs. */
        .section .text.start, "ax"
        .globl  _start
_start:
        lea     boot_stack_top(%rip), %rsp
        xor     %ebp, %ebp
        push    %rdi
        call    descriptors_init
        pop     %rdi
        sub     $8, %rsp                /* the ABI's alignment at the call */
        call    guest_main
        mov     %eax, %edi
        call    guest_exit

/* One stub per vector: vector and error code on the stack, then the common path. */
        .text
        .balign 16
        .globl  interrupt_stubs
interrupt_stubs:
        .set    vector, 0
        .rept   256
        .balign 16
        .if     vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21
        .else
        push    $0
        .endif
        push    $vector
        jmp     interrupt_common
        .set    vector, vector + 1
        .endr

interrupt_common:
        push    %rax
        push    %rcx
        push    %rdx
        push    %rbx
        push    %rbp
        push    %rsi
        push    %rdi
        push    %r8
        push    %r9
        push    %r10
        push    %r11
        push    %r12
        push    %r13
        push    %r14
        push    %r15
        cld
        mov     %rsp, %rdi
        mov     %rsp, %rbp
        and     $-16, %rsp
        call    interrupt_dispatch
        mov     %rbp, %rsp
        pop     %r15
        pop     %r14
        pop     %r13
        pop     %r12
        pop     %r11
        pop     %r10
        pop     %r9
        pop     %r8
        pop     %rdi
        pop     %rsi
        pop     %rbp
        pop     %rbx
        pop     %rdx
        pop     %rcx
        pop     %rax
        add     $16, %rsp
        iretq

        .globl  load_descriptors
load_descriptors:                       /* rdi = GDT pointer, rsi = IDT pointer, edx = TSS selector */
        lgdt    (%rdi)
        lidt    (%rsi)
        pop     %rax                    /* return far, into the code segment of this GDT */
        push    $8
        push    %rax
        mov     $16, %eax
        mov     %eax, %ds
        mov     %eax, %es
        mov     %eax, %ss
        xor     %eax, %eax
        mov     %eax, %fs
        mov     %eax, %gs
        ltr     %dx
        lretq

        .bss
        .balign 4096
        .space  16384
boot_stack_top:

        .section .note.GNU-stack, "", @progbits
