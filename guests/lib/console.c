#include "console.h"

#include "cpu.h"

enum { COM1 = 0x3f8, LINE_CONTROL = COM1 + 3, LINE_STATUS = COM1 + 5, DEBUG_EXIT = 0xf4 };
enum { DIVISOR_LATCH = 0x80, EIGHT_BITS = 3, DATA_READY = 1, TRANSMITTER_EMPTY = 0x20 };

void console_init(void)
{
    outb(COM1 + 1, 0); /* no interrupts */
    outb(LINE_CONTROL, DIVISOR_LATCH | EIGHT_BITS);
    outb(COM1, 1); /* 115200 baud */
    outb(COM1 + 1, 0);
    outb(LINE_CONTROL, EIGHT_BITS);
    outb(COM1 + 2, 7); /* FIFOs on and empty */
    outb(COM1 + 4, 3); /* ready */
}

void console_byte(char c)
{
    while (!(inb(LINE_STATUS) & TRANSMITTER_EMPTY))
        ;
    outb(COM1, (uint8_t)c);
}

void console_bytes(const char *bytes, unsigned length)
{
    for (unsigned i = 0; i < length; i++)
        console_byte(bytes[i]);
}

void console_text(const char *text)
{
    for (; *text; text++)
        console_byte(*text);
}

int console_poll(void)
{
    return inb(LINE_STATUS) & DATA_READY ? inb(COM1) : CONSOLE_NOTHING;
}

void console_hex(uint64_t value, unsigned digits)
{
    char buffer[16];
    console_bytes(buffer, (unsigned)(put_hex(buffer, value, digits) - buffer));
}

void console_decimal(uint64_t value)
{
    unsigned digits = 1;
    for (uint64_t rest = value / 10; rest; rest /= 10)
        digits++;
    char buffer[20];
    console_bytes(buffer, (unsigned)(put_decimal(buffer, value, digits) - buffer));
}

char *put_text(char *at, const char *text)
{
    while (*text)
        *at++ = *text++;
    return at;
}

char *put_hex(char *at, uint64_t value, unsigned digits)
{
    for (unsigned i = digits; i-- > 0;)
        *at++ = "0123456789abcdef"[value >> (4 * i) & 15];
    return at;
}

char *put_decimal(char *at, uint64_t value, unsigned digits)
{
    for (unsigned i = digits; i-- > 0; value /= 10)
        at[i] = (char)('0' + value % 10);
    return at + digits;
}

_Noreturn void guest_exit(uint8_t status)
{
    outb(DEBUG_EXIT, status);
    for (;;)
        __asm__ volatile("cli; hlt");
}
