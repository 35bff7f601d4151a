package dev.caravan.rehearsal;

import dev.caravan.packages.Family;
import dev.caravan.spec.Secret;
import dev.caravan.spec.SshAccess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PublicKey;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.config.keys.PublicKeyEntry;
import org.apache.sshd.common.keyprovider.KeyPairProvider;
import org.apache.sshd.core.CoreModuleProperties;
import org.apache.sshd.server.ServerBuilder;
import org.apache.sshd.server.SshServer;
import org.apache.sshd.server.channel.ChannelSession;
import org.apache.sshd.server.command.Command;
import org.apache.sshd.server.forward.RejectAllForwardingFilter;
import org.apache.sshd.server.session.ServerSession;

/**
 * A host of a rehearsal: an SSH server on a free port of 127.0.0.1 that runs commands with the real {@code /bin/sh} in a
 * scratch directory standing in for {@code /}. Commands that would change a machine are stand-ins; what a bare host does
 * not have is not found, even where this machine has it. Also usable alone, by tests that need a host.
 *
 * <p>Commands see {@code CARAVAN_ROOT} (the scratch directory), {@code PATH}, {@code HOME}, {@code TMPDIR}, {@code USER},
 * {@code LOGNAME} and {@code LC_ALL=C}, and nothing else of this process's environment. As with OpenSSH, a connection
 * carries at most ten commands at a time. Safe for use by several threads.
 */
public final class SimulatedHost implements AutoCloseable {
    private static final int MAX_SESSIONS = 10;
    private static final long CUT_AFTER_MILLIS = 200;
    private static final Duration NO_IDLE_LIMIT = Duration.ZERO;

    private final BareHost bare;
    private final Path clientKey;
    private final KeyPair hostKey;
    private final SshServer server;
    private final ExecutorService executor;
    private final boolean ownExecutor;
    private final Map<String, AtomicInteger> cuts = new ConcurrentHashMap<>();
    private final AtomicLong commands = new AtomicLong();

    /**
     * Starts a host that stands alone.
     *
     * @param scratch an empty or missing directory that everything is written to
     * @throws IOException where the scratch directory cannot be written or no port is free
     */
    public static SimulatedHost start(String name, Family family, Path scratch) throws IOException {
        return start(name, family, List.of(), scratch);
    }

    /** Starts a host that stands alone, with faults; those of other hosts are ignored. */
    public static SimulatedHost start(String name, Family family, List<Fault> faults, Path scratch) throws IOException {
        Workshop workshop = Workshop.open(scratch, 0);
        BareHost bare = workshop.install(BareHost.Description.alone(name, family), faults);
        return new SimulatedHost(bare, faults, workshop.clientKey(), newExecutor(), true);
    }

    SimulatedHost(BareHost bare, List<Fault> faults, ClientKey clientKey, ExecutorService executor, boolean ownExecutor)
            throws IOException {
        this.bare = bare;
        this.clientKey = clientKey.file();
        this.executor = executor;
        this.ownExecutor = ownExecutor;
        for (Fault fault : faults) {
            if (fault.host().equals(bare.name()) && fault.kind() == Fault.Kind.DROP) {
                cuts.put(fault.step(), new AtomicInteger(fault.times()));
            }
        }
        this.hostKey = newHostKey();
        this.server = newServer(clientKey.publicKey());
        server.start();
    }

    static ExecutorService newExecutor() {
        return Executors.newCachedThreadPool(task -> {
            Thread thread = new Thread(task, "rehearsal");
            thread.setDaemon(true);
            return thread;
        });
    }

    private static KeyPair newHostKey() {
        try {
            return KeyUtils.generateKeyPair(KeyPairProvider.SSH_ED25519, 256);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java can make no ed25519 key", e);
        }
    }

    private SshServer newServer(PublicKey accepted) {
        SshServer sshd = SshServer.setUpDefaultServer();
        sshd.setHost(InetAddress.getLoopbackAddress().getHostAddress());
        sshd.setPort(0);
        sshd.setKeyPairProvider(KeyPairProvider.wrap(hostKey));
        sshd.setPublickeyAuthenticator((user, key, session) -> KeyUtils.compareKeys(accepted, key));
        sshd.setForwardingFilter(RejectAllForwardingFilter.INSTANCE);
        sshd.setCommandFactory(this::command);
        // The post-quantum exchanges take several times as long, and nothing here is worth keeping for decades.
        sshd.setKeyExchangeFactories(ServerBuilder.setUpDefaultKeyExchanges(false).stream()
                .filter(exchange -> exchange.getName().startsWith("curve25519") || exchange.getName().startsWith("ecdh"))
                .toList());
        CoreModuleProperties.NIO_WORKERS.set(sshd, 2);
        CoreModuleProperties.MAX_CONCURRENT_CHANNELS.set(sshd, MAX_SESSIONS);
        CoreModuleProperties.IDLE_TIMEOUT.set(sshd, NO_IDLE_LIMIT);
        CoreModuleProperties.NIO2_READ_TIMEOUT.set(sshd, NO_IDLE_LIMIT);
        return sshd;
    }

    private Command command(ChannelSession channel, String command) {
        commands.incrementAndGet();
        ServerSession session = channel.getServerSession();
        ProcessBuilder builder = bare.shell(session.getUsername(), command);
        return new HostCommand(builder, executor, step -> stepBegan(step, session));
    }

    private void stepBegan(String step, ServerSession session) {
        AtomicInteger left = cuts.get(step);
        if (left != null && left.getAndUpdate(count -> Math.max(0, count - 1)) > 0) {
            session.getFactoryManager()
                    .getScheduledExecutorService()
                    .schedule(() -> session.close(true), CUT_AFTER_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    /** The host's name. */
    public String name() {
        return bare.name();
    }

    /** The directory that stands in for {@code /}. */
    public Path root() {
        return bare.root();
    }

    /** Where its SSH server listens. */
    public InetSocketAddress address() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), server.getPort());
    }

    /** The host's public key, {@code TYPE BASE64}, for {@link SshAccess#hostKey()}. */
    public String hostKey() {
        return PublicKeyEntry.toString(hostKey.getPublic());
    }

    /** The private key file that its SSH server accepts, for every user. */
    public Path clientKey() {
        return clientKey;
    }

    /** How many commands its SSH server was given so far. */
    public long commands() {
        return commands.get();
    }

    /** Whether a step has met this fault at least once. */
    boolean hasMet(Fault fault) {
        if (fault.kind() != Fault.Kind.DROP) {
            return bare.hasMet(fault);
        }
        AtomicInteger left = cuts.get(fault.step());
        return left != null && left.get() < fault.times();
    }

    /** Makes sudo ask for this password from now on; empty for sudo that asks for none. */
    public void sudoPassword(Optional<Secret> password) {
        bare.sudoPassword(password);
    }

    /** The given access, pointed at this host: port, key and pinned host key; user, sudo password and intervals stay. */
    public SshAccess access(SshAccess original) {
        return new SshAccess(
                original.user(),
                server.getPort(),
                Optional.of(clientKey.toString()),
                Optional.empty(),
                Optional.empty(),
                original.sudoPassword(),
                original.knownHosts(),
                Optional.of(hostKey()),
                SshAccess.HostKeyCheck.STRICT,
                false,
                Optional.empty(),
                original.connectTimeout(),
                original.keepAlive());
    }

    /** Cuts every SSH connection to this host at once, as an unplugged cable with a reset does; it can be reached again. */
    public void cutConnections() {
        server.getActiveSessions().forEach(session -> session.close(true));
    }

    /** Stops the SSH server and ends what its commands left running. The scratch directory stays. */
    @Override
    public void close() {
        try {
            server.stop(true);
        } catch (IOException e) {
            throw new UncheckedIOException("the SSH server of rehearsed host " + name() + " did not stop", e);
        } finally {
            Leftovers.end(root());
            if (ownExecutor) {
                executor.shutdownNow();
            }
        }
    }
}
