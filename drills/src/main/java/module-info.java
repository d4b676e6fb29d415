/** Drills on real processes, the worlds of the simulation, and the checkers of both. */
module io.understudy.drills {
    requires com.google.gson;
    requires com.google.protobuf;
    requires transitive io.understudy.hypervisor;
    requires transitive io.understudy.replication;
    requires io.understudy.vmx;
    requires static transitive org.jspecify;

    exports io.understudy.drills;
    exports io.understudy.drills.checker;
    exports io.understudy.drills.comparison;
    exports io.understudy.drills.cost;
    exports io.understudy.drills.monitoring;
    exports io.understudy.drills.exploration;
    exports io.understudy.drills.guarding;
    exports io.understudy.drills.interrupts;
    exports io.understudy.drills.paging;
    exports io.understudy.drills.process;
    exports io.understudy.drills.scenario;
    exports io.understudy.drills.simulation;
    exports io.understudy.drills.views;
    exports io.understudy.drills.witness;

    opens io.understudy.drills.process to
            com.google.gson;
}
