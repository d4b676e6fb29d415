/*
 * The gate: one page that is executable in the secret view only, between the two instructions that
 * lead there and back. The page before it ends with VMFUNC, so the first instruction in the secret
 * view is the gate's first; the gate ends with VMFUNC, so the first instruction back in view 0 is
 * that of the page behind it. There is no other way in or out.
 */
        .section .text.gate, "ax"
        .balign 4096

/* gate_enter(secret, rounds, view): answers the hypervisor's question in the secret page. */
        .globl  gate_enter
        .fill   4096 - (entry_end - entry), 1, 0xcc
entry:
gate_enter:
        mov     %edx, %ecx
        xor     %eax, %eax
        vmfunc
entry_end:

/*
 * The secret page: 0 number of the question, 8 the secret, 16 number of the answer, 24 the answer,
 * 32 and 40 when the thread came and left (TSC), 48 rounds of mixing. Only registers hold what
 * comes from there.
 */
        .globl  gate_code
gate_code:
        rdtsc
        shl     $32, %rdx
        or      %rdx, %rax
        mov     %rax, %r11
        mov     0(%rdi), %r8
        mov     8(%rdi), %r9
        movabs  $0x9e3779b97f4a7c15, %r10
1:      add     %r10, %r9               /* splitmix64, over and over */
        mov     %r9, %rax
        shr     $30, %rax
        xor     %rax, %r9
        movabs  $0xbf58476d1ce4e5b9, %rax
        imul    %rax, %r9
        mov     %r9, %rax
        shr     $27, %rax
        xor     %rax, %r9
        movabs  $0x94d049bb133111eb, %rax
        imul    %rax, %r9
        mov     %r9, %rax
        shr     $31, %rax
        xor     %rax, %r9
        dec     %esi
        jnz     1b
        mov     %r9, 24(%rdi)
        mov     %r11, 32(%rdi)
        rdtsc
        shl     $32, %rdx
        or      %rdx, %rax
        mov     %rax, 40(%rdi)
        mov     %r8, 16(%rdi)
        xor     %r8d, %r8d
        xor     %r9d, %r9d
        jmp     leave
        .fill   4096 - (. - gate_code) - (leave_end - leave), 1, 0xcc
leave:
        xor     %eax, %eax
        xor     %ecx, %ecx
        vmfunc
leave_end:
        ret

/*
 * What an attacker may try; 1 if it went through, 0 if it raised an exception. The handler goes on
 * at probe_recover.
 */
        .text
        .globl  probe_read, probe_write, probe_view, probe_jump, probe_recover
probe_read:                             /* (address, where to) */
        mov     %rsp, probe_stack(%rip)
        mov     (%rdi), %rax
        mov     %rax, (%rsi)
        jmp     probe_done
probe_write:                            /* (address) */
        mov     %rsp, probe_stack(%rip)
        movq    $1, (%rdi)
        jmp     probe_done
probe_view:                             /* (address, where to, view): VMFUNC outside the gate */
        mov     %rsp, probe_stack(%rip)
        xor     %eax, %eax
        mov     %edx, %ecx
        vmfunc
        mov     (%rdi), %rax
        mov     %rax, (%rsi)
        xor     %eax, %eax
        xor     %ecx, %ecx
        vmfunc
        jmp     probe_done
probe_jump:                             /* (address): into the middle of the gate */
        mov     %rsp, probe_stack(%rip)
        call    *%rdi
probe_done:
        mov     $1, %eax
        ret
probe_recover:
        mov     probe_stack(%rip), %rsp
        xor     %eax, %eax
        ret

        .bss
        .balign 8
probe_stack:
        .space  8

        .section .note.GNU-stack, "", @progbits
