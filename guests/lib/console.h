/* Output and input on the first serial port, and the end of the guest. */
#pragma once
#include <stdint.h>

enum { CONSOLE_NOTHING = -1 };

void console_init(void);
void console_byte(char c);
void console_bytes(const char *bytes, unsigned length);
void console_text(const char *text);
void console_hex(uint64_t value, unsigned digits);
void console_decimal(uint64_t value);

/* The next byte that came in, or CONSOLE_NOTHING. */
int console_poll(void);

/* Appends to a buffer; return the end. */
char *put_text(char *at, const char *text);
char *put_hex(char *at, uint64_t value, unsigned digits);
char *put_decimal(char *at, uint64_t value, unsigned digits);

/* Ends the guest through the debug-exit port; status 0 is success. */
_Noreturn void guest_exit(uint8_t status);
