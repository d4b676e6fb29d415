package io.understudy.replication.witness.replicated;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.apache.ratis.conf.Parameters;
import org.apache.ratis.grpc.GrpcConfigKeys;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.server.DivisionInfo;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.storage.RaftStorage.StartupOption;
import org.apache.ratis.util.LifeCycle;

/** The Raft server of one member. */
final class MemberServer implements AutoCloseable {
    private final Member member;
    private final RegisterStateMachine register;
    private final RaftServer server;

    private MemberServer(Member member, RegisterStateMachine register, RaftServer server) {
        this.member = member;
        this.register = register;
        this.server = server;
    }

    /**
     * Starts it with what its folder has.
     *
     * @param founders the members of a cluster that begins now; empty for any other: they are in
     *     the log, or come from the leader
     * @throws IOException if the folder cannot be trusted, or the address not be used
     */
    static MemberServer start(
            Member member, InetSocketAddress at, PeerFolder folder, List<RaftPeer> founders)
            throws IOException {
        RegisterStateMachine register = new RegisterStateMachine();
        Parameters parameters = new Parameters();
        GrpcConfigKeys.Server.setServicesCustomizer(parameters, new AddressedToMember(member));
        RaftServer server =
                RaftServer.newBuilder()
                        .setServerId(member.raftId())
                        .setGroup(RaftGroup.valueOf(member.groupId(), founders))
                        .setOption(
                                folder.hasStorageOf(member)
                                        ? StartupOption.RECOVER
                                        : StartupOption.FORMAT)
                        .setStateMachineRegistry(group -> register)
                        .setProperties(RatisSettings.server(at, folder.raft()))
                        .setParameters(parameters)
                        .build();
        server.start();
        return new MemberServer(member, register, server);
    }

    Member member() {
        return member;
    }

    RegisterStateMachine register() {
        return register;
    }

    /** As far as this member knows. */
    Collection<RaftPeer> members() throws IOException {
        return server.getDivision(member.groupId()).getRaftConf().getAllPeers();
    }

    /** The name of the leader, as far as this member knows. */
    Optional<String> leader() throws IOException {
        DivisionInfo info = server.getDivision(member.groupId()).getInfo();
        return Optional.ofNullable(info.getLeaderId()).map(Member::nameOf);
    }

    /** False once the others have told it that it is no member any more, or its disk failed. */
    boolean isAlive() {
        try {
            LifeCycle.State state =
                    server.getDivision(member.groupId()).getInfo().getLifeCycleState();
            return !state.isClosingOrClosed() && state != LifeCycle.State.EXCEPTION;
        } catch (IOException _) {
            return false;
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
