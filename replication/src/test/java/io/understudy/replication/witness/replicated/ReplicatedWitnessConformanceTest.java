package io.understudy.replication.witness.replicated;

import io.understudy.replication.witness.WitnessClient;
import io.understudy.replication.witness.WitnessConformance;
import io.understudy.replication.witness.replicated.ReplicatedWitnessOptions.Start;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A witness of three peers. */
class ReplicatedWitnessConformanceTest extends WitnessConformance {
    @Override
    protected Rig rig(Path in) throws Exception {
        return new ClusterRig(new PeerCluster(in));
    }

    private static final class ClusterRig implements Rig {
        private final PeerCluster cluster;
        private final WitnessClient client;

        ClusterRig(PeerCluster cluster) {
            this.cluster = cluster;
            this.client = cluster.client(Duration.ofSeconds(20), PeerCluster.NAMES);
        }

        @Override
        public void initialise() throws Exception {
            cluster.found();
        }

        @Override
        public WitnessClient client() {
            return client;
        }

        @Override
        public void restart() throws Exception {
            cluster.close();
            resume();
        }

        private void resume() throws Exception {
            List<String> members = new ArrayList<>();
            for (String name : PeerCluster.NAMES) {
                boolean isThere = Files.exists(cluster.folderOf(name));
                cluster.start(name, Start.RESUME);
                if (isThere) {
                    members.add(name);
                }
            }
            for (String name : members) {
                cluster.awaitMember(name);
            }
        }

        @Override
        public void loseState() throws Exception {
            cluster.close();
            for (String name : PeerCluster.NAMES) {
                cluster.wipe(name);
            }
            resume();
        }

        @Override
        public void close() {
            client.close();
            cluster.close();
        }
    }
}
