/* A small stack machine: a jump table per operation and calls through function pointers. */
#include "kernels.h"

enum { PUSH, ADD, XOR, DUP, SWAP, DEC, JUMP_NOT_ZERO, CALL, STORE, LOAD, HALT };
enum { ROUNDS = 150000 };

typedef uint64_t native(uint64_t);
static uint64_t twist(uint64_t x)
{
    return x ^ x >> 7;
}
static uint64_t scramble(uint64_t x)
{
    return x * 0x5851f42d4c957f2dull;
}
static uint64_t increment(uint64_t x)
{
    return x + 1;
}
static native *const natives[] = {twist, scramble, increment};

static const uint8_t program[] = {
    LOAD, 1, CALL, 0, CALL, 1, DUP, PUSH, 17, ADD, XOR, CALL, 2, STORE, 1,
    LOAD, 2, LOAD, 1, ADD, LOAD, 3, SWAP, XOR, STORE, 2,
    LOAD, 0, DEC, DUP, STORE, 0, JUMP_NOT_ZERO, 0, HALT,
};

static uint64_t interpret(const uint8_t *code, uint64_t variables[4])
{
    uint64_t stack[16];
    int top = 0;
    for (const uint8_t *at = code;;) {
        switch (*at++) {
        case PUSH:
            stack[top++] = *at++;
            break;
        case ADD:
            top--;
            stack[top - 1] += stack[top];
            break;
        case XOR:
            top--;
            stack[top - 1] ^= stack[top];
            break;
        case DUP:
            stack[top] = stack[top - 1];
            top++;
            break;
        case SWAP: {
            uint64_t t = stack[top - 1];
            stack[top - 1] = stack[top - 2];
            stack[top - 2] = t;
            break;
        }
        case DEC:
            stack[top - 1]--;
            break;
        case JUMP_NOT_ZERO:
            at = stack[--top] ? code + *at : at + 1;
            break;
        case CALL:
            stack[top - 1] = natives[*at++](stack[top - 1]);
            break;
        case STORE:
            variables[*at++] = stack[--top];
            break;
        case LOAD:
            stack[top++] = variables[*at++];
            break;
        case HALT:
            return variables[1] ^ variables[2];
        }
    }
}

uint64_t kernel_bytecode(void)
{
    uint64_t variables[4] = {ROUNDS, 1, 2, 3};
    return interpret(program, variables);
}
