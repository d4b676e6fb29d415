/** The emulated hardware: nothing here knows checkpoints, guests or policies. */
module io.understudy.vmx {
    requires com.google.gson;
    requires static transitive org.jspecify;

    exports io.understudy.vmx;
    exports io.understudy.vmx.bus;
    exports io.understudy.vmx.conformance;
    exports io.understudy.vmx.decode;
    exports io.understudy.vmx.groundtruth;
    exports io.understudy.vmx.memory;
}
