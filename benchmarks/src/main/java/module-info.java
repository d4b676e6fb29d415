/** Measurements: never depended on by anything. */
module io.understudy.benchmarks {
    requires com.google.gson;
    requires io.understudy.hypervisor;
    requires org.lz4.java;
    requires jdk.management;
    requires static transitive org.jspecify;
}
