package io.understudy.benchmarks;

/** The kernels in {@code benchmarks/kernels/main.c}, in its order. */
enum Kernel {
    SIEVE("sieve"),
    SHA256("sha256"),
    RANDOM_STORES("random-stores"),
    QUICKSORT("quicksort"),
    HASH_INSERT("hash-insert"),
    COPY_WORDS("copy-words"),
    BYTECODE("bytecode");

    private final String title;

    Kernel(String title) {
        this.title = title;
    }

    String title() {
        return title;
    }

    /** The value of the guest's {@code kernel} parameter. */
    long parameter() {
        long index = 0;
        for (Kernel k : values()) {
            if (k == this) {
                break;
            }
            index++;
        }
        return index;
    }
}
