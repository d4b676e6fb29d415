package io.understudy.drills.exploration;

import static io.understudy.replication.rule.ProtocolRule.INCARNATION_IS_NEW;

import io.understudy.replication.role.BackupRole;
import io.understudy.replication.role.NodeState;
import io.understudy.replication.role.PrimaryRole;
import io.understudy.replication.rule.RuleBook;
import io.understudy.replication.witness.Incarnation;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One node of a state: its role, and as much of its machine and its image as the protocol sees. The
 * next state's node is made by {@link #copy}; once it is part of a state it is not changed.
 */
final class Peer {
    final int index;
    final RuleBook rules;

    /** Processes this node has had. */
    int life;

    /** Incarnations drawn. */
    int drawn;

    /** As many of them were drawn by earlier processes. */
    int bornDrawn;

    /** Term of the register when the process began: no answer to it can be older. */
    long bornTerm;

    @Nullable PrimaryRole primary;
    @Nullable BackupRole backup;
    Incarnation self;

    // The machine.

    /** A letter for each output of the history that runs here. */
    String said = "";

    long fillingEpoch = 1;
    boolean isRunning;
    boolean isFrozen;
    boolean isFreezeWanted;

    /** Whether the full copy of the current session is complete. */
    boolean isCopied;

    /** Epochs captured in the current session and not settled. */
    int inFlight;

    // The image.

    /** Null if it is not whole. */
    @Nullable String image;

    long imageEpoch;

    // What is left of an image after a crash, on a disk.
    @Nullable String keptImage;
    long keptEpoch;
    @Nullable Incarnation keptSelf;

    private long hashHigh;
    private long hashLow;
    private boolean isHashed;

    Peer(int index, RuleBook rules) {
        this.index = index;
        this.rules = rules;
        this.self = draw();
    }

    private Peer(Peer of) {
        this.index = of.index;
        this.rules = of.rules;
        this.life = of.life;
        this.drawn = of.drawn;
        this.bornDrawn = of.bornDrawn;
        this.bornTerm = of.bornTerm;
        this.self = of.self;
        this.said = of.said;
        this.fillingEpoch = of.fillingEpoch;
        this.isRunning = of.isRunning;
        this.isFrozen = of.isFrozen;
        this.isFreezeWanted = of.isFreezeWanted;
        this.isCopied = of.isCopied;
        this.inFlight = of.inFlight;
        this.image = of.image;
        this.imageEpoch = of.imageEpoch;
        this.keptImage = of.keptImage;
        this.keptEpoch = of.keptEpoch;
        this.keptSelf = of.keptSelf;
        PrimaryRole live = of.primary;
        BackupRole spare = of.backup;
        this.primary = live == null ? null : live.timelessCopy();
        this.backup = spare == null ? null : spare.timelessCopy(this::draw);
    }

    Peer copy() {
        return new Peer(this);
    }

    /** Who this node is whenever it begins with nothing. */
    Supplier<Incarnation> draws() {
        return () -> rules.enforces(INCARNATION_IS_NEW) || drawn == 0 ? draw() : self;
    }

    /** Whether {@code one} is, or was, this node since its process began. */
    boolean hasBeen(Incarnation one) {
        return one.nodeId().equals(name()) && number(one) > bornDrawn;
    }

    private static long number(Incarnation one) {
        return one.unique().getLeastSignificantBits();
    }

    Incarnation draw() {
        drawn++;
        return new Incarnation(name(), new UUID(0, drawn));
    }

    String name() {
        return String.valueOf((char) ('a' + index));
    }

    boolean isUp() {
        return primary != null || backup != null;
    }

    boolean isLive() {
        PrimaryRole live = primary;
        return live != null && live.state().isLive();
    }

    boolean isGateOpen() {
        PrimaryRole live = primary;
        return live != null && live.isGateOpen();
    }

    @Nullable NodeState state() {
        PrimaryRole live = primary;
        BackupRole spare = backup;
        return live != null ? live.state() : spare == null ? null : spare.state();
    }

    /** The letter of whatever this incarnation writes. */
    char letter() {
        return (char) ('A' + index * 8 + (int) number(self) % 8);
    }

    void blank() {
        said = "";
        fillingEpoch = 1;
        isRunning = false;
        isFrozen = false;
        isFreezeWanted = false;
        isCopied = false;
        inFlight = 0;
    }

    void addTo(Hash128 out) {
        if (!isHashed) {
            hash();
        }
        out.number(hashHigh);
        out.number(hashLow);
    }

    private void hash() {
        Hash128 out = new Hash128();
        out.number((life * 1000L + drawn) * 1000L + bornDrawn);
        out.number(bornTerm);
        out.incarnation(self);
        out.text(said);
        out.number(fillingEpoch * 64 + inFlight);
        out.number(
                (isRunning ? 1 : 0)
                        + (isFrozen ? 2 : 0)
                        + (isFreezeWanted ? 4 : 0)
                        + (isCopied ? 8 : 0));
        out.text(image == null ? "-" : image);
        out.number(imageEpoch);
        out.text(keptImage == null ? "-" : keptImage);
        out.number(keptEpoch);
        out.incarnation(keptSelf);
        PrimaryRole live = primary;
        BackupRole spare = backup;
        out.number((live != null ? 1 : 0) + (spare != null ? 2 : 0));
        if (live != null) {
            live.encode(out);
        }
        if (spare != null) {
            spare.encode(out);
        }
        hashHigh = out.high();
        hashLow = out.low();
        isHashed = true;
    }
}
