/** The ideas of checkpoint replication and the ports through which a machine takes part in them. */
module io.understudy.checkpoint {
    requires static transitive org.jspecify;
    requires HdrHistogram;
    requires jdk.jfr;
    requires org.apache.commons.compress;
    requires org.lz4.java;

    exports io.understudy.checkpoint;
    exports io.understudy.checkpoint.apply;
    exports io.understudy.checkpoint.capture;
    exports io.understudy.checkpoint.digest;
    exports io.understudy.checkpoint.encoding;
    exports io.understudy.checkpoint.file;
    exports io.understudy.checkpoint.input;
    exports io.understudy.checkpoint.keep;
    exports io.understudy.checkpoint.latency;
    exports io.understudy.checkpoint.oracle;
    exports io.understudy.checkpoint.output;
    exports io.understudy.checkpoint.staging;
    exports io.understudy.checkpoint.state;
    exports io.understudy.checkpoint.verify;

    opens io.understudy.checkpoint.keep;
}
