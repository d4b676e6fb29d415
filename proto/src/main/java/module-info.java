/**
 * The schema of the wire and of checkpoint files, and what is generated from it. gRPC is optional:
 * who needs the messages only sees protobuf only.
 */
module io.understudy.proto {
    requires transitive com.google.protobuf;
    requires static transitive io.grpc;
    requires static transitive io.grpc.protobuf;
    requires static transitive io.grpc.stub;
    requires static com.google.common;

    exports io.understudy.proto.v1;
}
