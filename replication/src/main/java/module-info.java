/**
 * Primary and backup roles, the witness between them, and the network that joins them.
 *
 * <p>The package {@code witness.replicated} also reads the class path, where Ratis has to be: its
 * jars cannot be modules, because they share packages with each other and with JSpecify. The build
 * says {@code --add-reads}; a program that wants it at run time runs from the class path.
 */
module io.understudy.replication {
    requires transitive io.understudy.checkpoint;
    requires transitive io.understudy.proto;
    requires com.google.common;
    requires com.google.protobuf;
    requires io.grpc;
    requires io.grpc.netty;
    requires io.grpc.protobuf;
    requires io.grpc.services;
    requires io.grpc.stub;
    requires static transitive org.jspecify;

    exports io.understudy.replication;
    exports io.understudy.replication.console;
    exports io.understudy.replication.guard;
    exports io.understudy.replication.role;
    exports io.understudy.replication.rule;
    exports io.understudy.replication.witness;
    exports io.understudy.replication.witness.replicated;
}
