/*
 * A window of 512 pages at 512 GiB whose page-table entries keep changing: what a guest with a busy
 * memory manager does to its page tables.
 */
#pragma once
#include <stdint.h>

/* Builds the tables at `at`, a page boundary in free memory; returns the first address behind. */
uint64_t window_create(uint64_t at);

/* Maps entry number % 512 to a page of `memory` and reads the page's first word through it. */
uint64_t window_remap(uint64_t number, volatile uint64_t *memory, uint64_t pages);
