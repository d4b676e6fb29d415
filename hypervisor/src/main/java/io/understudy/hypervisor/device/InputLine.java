package io.understudy.hypervisor.device;

import io.understudy.checkpoint.input.ConsoleInput;

/** The console's numbered input as a serial line: what the guest reads from it is consumed. */
public record InputLine(ConsoleInput input) implements ByteSource {
    @Override
    public boolean isReady() {
        return input.hasByte();
    }

    @Override
    public int read() {
        return input.take();
    }
}
