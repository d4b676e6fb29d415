/** Software on the emulated processor: EPT, VMCS, exits, devices, guest loading, dirty logs. */
module io.understudy.hypervisor {
    requires transitive io.understudy.checkpoint;
    requires transitive io.understudy.vmx;
    requires static transitive org.jspecify;

    exports io.understudy.hypervisor;
    exports io.understudy.hypervisor.board;
    exports io.understudy.hypervisor.guard;
    exports io.understudy.hypervisor.interrupt;
    exports io.understudy.hypervisor.monitor;
    exports io.understudy.hypervisor.paging;
    exports io.understudy.hypervisor.view;
}
