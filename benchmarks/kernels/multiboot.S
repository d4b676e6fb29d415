/* Entry for loaders of the Multiboot 1 specification: 32-bit protected mode to the entry that our
 * own boot protocol uses, with two-megabyte pages over the first gigabyte, linear = physical. */
        .set    MAGIC, 0x1badb002
        .set    ADDRESSES_VALID, 1 << 16
        .set    BOOT_INFO, 0x0f000000   /* where the host puts the boot-info page */

        .section .multiboot, "ax"
        .balign 4
header:
        .long   MAGIC, ADDRESSES_VALID, -(MAGIC + ADDRESSES_VALID)
        .long   header, image_start, 0, image_end, entry32

        .code32
entry32:
        mov     $page_tables, %edi      /* PML4, PDPT and one directory, cleared */
        mov     %edi, %cr3
        xor     %eax, %eax
        mov     $3 * 1024, %ecx
        rep stosl
        movl    $page_tables + 0x1003, page_tables
        movl    $page_tables + 0x2003, page_tables + 0x1000
        mov     $page_tables + 0x2000, %edi
        mov     $0x83, %eax             /* present, writable, 2 MiB */
1:      mov     %eax, (%edi)
        add     $8, %edi
        add     $0x200000, %eax
        cmp     $0x40000083, %eax
        jne     1b
        mov     $0x20, %eax             /* PAE */
        mov     %eax, %cr4
        mov     $0xc0000080, %ecx       /* EFER.LME */
        rdmsr
        or      $0x100, %eax
        wrmsr
        mov     %cr0, %eax
        or      $0x80000001, %eax       /* PG and PE */
        mov     %eax, %cr0
        lgdt    gdt_pointer
        ljmp    $8, $entry64

        .code64
entry64:
        mov     $16, %eax
        mov     %eax, %ds
        mov     %eax, %es
        mov     %eax, %ss
        mov     $BOOT_INFO, %edi
        jmp     _start

        .balign 8
gdt:
        .quad   0, 0x00af9b000000ffff, 0x00cf93000000ffff
gdt_pointer:
        .word   . - gdt - 1
        .long   gdt

        .bss
        .balign 4096
page_tables:
        .space  3 * 4096

        .section .note.GNU-stack, "", @progbits
