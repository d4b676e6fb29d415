/** Measurements: never depended on by anything. */
module io.understudy.benchmarks {
    requires com.google.gson;
    requires io.understudy.hypervisor;
    requires jdk.management;
    requires static transitive org.jspecify;
}
