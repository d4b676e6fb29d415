/** The ideas of checkpoint replication and the ports through which a machine takes part in them. */
module io.understudy.checkpoint {
    requires static transitive org.jspecify;

    exports io.understudy.checkpoint;
    exports io.understudy.checkpoint.output;
}
