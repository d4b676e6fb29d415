/* Entry of the second processor: 64-bit, paging on, RDI = boot info; nothing else is set up. */
        .text
        .globl  second_entry
second_entry:
        lea     second_stack_top(%rip), %rsp
        xor     %ebp, %ebp
        lgdt    gdt_pointer(%rip)
        lidt    idt_pointer(%rip)
        call    second_main             /* never returns */

        .globl  second_entry_page, second_entry_page_end
second_entry_page:                      /* copied to the page that the start-up message names */
        movabs  $second_entry, %rax
        jmp     *%rax
second_entry_page_end:

        .bss
        .balign 16
        .space  8192
second_stack_top:

        .section .note.GNU-stack, "", @progbits
