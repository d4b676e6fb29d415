/* Recursive quicksort of 64-bit numbers: calls, compares and branches that no one predicts. */
#include "kernels.h"

enum { COUNT = 300000, SMALL = 12 };
static uint64_t numbers[COUNT];

static void insertion_sort(uint64_t *a, long n)
{
    for (long i = 1; i < n; i++) {
        uint64_t x = a[i];
        long j = i;
        for (; j > 0 && a[j - 1] > x; j--)
            a[j] = a[j - 1];
        a[j] = x;
    }
}

static uint64_t median(uint64_t a, uint64_t b, uint64_t c)
{
    if (a < b)
        return b < c ? b : a < c ? c : a;
    return a < c ? a : b < c ? c : b;
}

static __attribute__((noinline)) void quicksort(uint64_t *a, long n)
{
    if (n <= SMALL) {
        insertion_sort(a, n);
        return;
    }
    uint64_t pivot = median(a[0], a[n / 2], a[n - 1]);
    long i = 0, j = n - 1;
    for (;;) {
        while (a[i] < pivot)
            i++;
        while (a[j] > pivot)
            j--;
        if (i >= j)
            break;
        uint64_t t = a[i];
        a[i++] = a[j];
        a[j--] = t;
    }
    quicksort(a, i);
    quicksort(a + i, n - i);
}

uint64_t kernel_quicksort(void)
{
    uint64_t state = 1;
    for (long i = 0; i < COUNT; i++)
        numbers[i] = next_random(&state);
    quicksort(numbers, COUNT);
    uint64_t sum = 0;
    for (long i = 1; i < COUNT; i++) {
        if (numbers[i - 1] > numbers[i])
            return 0;
        sum = sum * 31 + numbers[i];
    }
    return sum;
}
