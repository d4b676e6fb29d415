package io.understudy.vmx;

/** Receives a trace: one line an instruction, before it executes. */
public interface TraceSink {
    void line(String line);
}
