package dev.caravan.remote;

import dev.caravan.run.TestFacts;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.keyprovider.KeyPairProvider;
import org.apache.sshd.core.CoreModuleProperties;
import org.apache.sshd.server.SshServer;
import org.apache.sshd.server.channel.ChannelSession;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Hosts h1, h2 and so on, at {@value #ADDRESSES}1 and up, that run no script: a test says what comes of each step, at once or
 * when it likes. They are reached over SSH and speak the launcher's protocol, so that everything on this side of the wire is
 * the real thing. Thread-safe.
 */
public final class ScriptedHosts implements AutoCloseable, BeforeAllCallback, AfterAllCallback {
    public static final String ADDRESSES = "127.0.1.";
    public static final String PASSWORD = "correct horse";

    private final SshServer server = SshServer.setUpDefaultServer();
    private final ExecutorService executor = Executors.newCachedThreadPool(work -> {
        Thread thread = new Thread(work, "scripted-host");
        thread.setDaemon(true);
        return thread;
    });
    private final Map<String, CompletableFuture<Reply>> begun = new ConcurrentHashMap<>();
    private final List<Call> calls = new ArrayList<>();
    private volatile Consumer<String> clearing = host -> { };
    private volatile Script script = call -> CompletableFuture.completedFuture(Reply.ok());

    /** Decides what comes of a step. */
    @FunctionalInterface
    public interface Script {
        CompletionStage<Reply> run(Call call);
    }

    /**
     * A step that a host was asked to start.
     *
     * @param attempt how often that host was asked to start that step in that run, from 1
     */
    public record Call(String run, String host, String step, int attempt, Map<String, String> environment, String stdin, String script) {
        public boolean is(String otherHost, String otherStep) {
            return host.equals(otherHost) && step.equals(otherStep);
        }
    }

    /** What a host answers: the step's exit status, its log, and its result lines. */
    public record Reply(String status, String log, String result) {
        public static Reply ok() {
            return new Reply("0", "", "");
        }

        public static Reply changed(String what) {
            return new Reply("0", what + "\n", "change\t" + what + "\n");
        }

        public static Reply failed(String words) {
            return new Reply("1", words + "\n", "");
        }

        /** An error that the script itself says may pass. */
        public static Reply failedForNow(String words) {
            return new Reply("75", words + "\n", "problem\t" + words + "\n");
        }

        /** The facts of that host, as a real one gave them. */
        public static Reply facts(String host, boolean node) {
            Reply reply = ok();
            for (Map.Entry<String, String> output : TestFacts.outputs(Integer.parseInt(host.substring(1)), node, ADDRESSES).entrySet()) {
                reply = reply.output(output.getKey(), output.getValue());
            }
            return reply;
        }

        public Reply output(String name, String value) {
            return new Reply(status, log, result + "output\t" + name + "\t" + base64(value) + "\n");
        }

        public Reply secret(String name, String value) {
            return new Reply(status, log, result + "secret\t" + name + "\t" + base64(value) + "\n");
        }

        /** What it found before it changed something, which goes out with the log. */
        public Reply found(String... fields) {
            return new Reply(status, Launcher.FOUND_MARK + String.join("\t", fields) + "\n" + log, result);
        }

        private static String base64(String text) {
            return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
        }
    }

    private ScriptedHosts(int hosts) {
        server.setHost(IntStream.rangeClosed(1, hosts).mapToObj(number -> ADDRESSES + number).collect(Collectors.joining(",")));
        try {
            server.setKeyPairProvider(KeyPairProvider.wrap(KeyUtils.generateKeyPair("ecdsa-sha2-nistp256", 256)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
        CoreModuleProperties.TCP_NODELAY.set(server, true);
        server.setPasswordAuthenticator((user, password, session) -> PASSWORD.equals(password));
        server.setCommandFactory((channel, command) -> new ScriptedConversation(this, hostOf(channel), command));
    }

    /** That many hosts, which are there for all tests of a class. */
    public static ScriptedHosts forAll(int hosts) {
        return new ScriptedHosts(hosts);
    }

    /** Starts that many hosts. */
    public static ScriptedHosts start(int hosts) throws Exception {
        ScriptedHosts all = new ScriptedHosts(hosts);
        all.server.start();
        return all;
    }

    @Override
    public void beforeAll(ExtensionContext context) throws Exception {
        server.start();
    }

    @Override
    public void afterAll(ExtensionContext context) throws Exception {
        close();
    }

    /** What came of that step; nothing if it did not begin or did not end. */
    Optional<Reply> ended(String host, String id) {
        return Optional.ofNullable(begun.get(host + " " + id)).filter(CompletableFuture::isDone).map(CompletableFuture::join);
    }

    /** A host removes what steps left there. */
    void clear(String host) {
        clearing.accept(host);
    }

    Executor executor() {
        return executor;
    }

    private static String hostOf(ChannelSession channel) {
        InetSocketAddress local = (InetSocketAddress) channel.getSession().getIoSession().getLocalAddress();
        String address = local.getAddress().getHostAddress();
        return "h" + address.substring(address.lastIndexOf('.') + 1);
    }

    public int port() {
        return server.getPort();
    }

    /** What comes of steps from now on. */
    public void script(Script answers) {
        script = answers;
    }

    /** What happens from now on before a host removes what steps left there; it is given the host's name. */
    public void beforeClearing(Consumer<String> what) {
        clearing = what;
    }

    /** The steps that hosts were asked to start, in that order. */
    public List<Call> calls() {
        synchronized (calls) {
            return List.copyOf(calls);
        }
    }

    /** Forgets what was asked so far. */
    public void forget() {
        synchronized (calls) {
            calls.clear();
        }
    }

    /** Breaks the connections of a host, without a word. */
    public void breakConnections(String host) {
        server.getActiveSessions().stream()
                .filter(session -> ((InetSocketAddress) session.getIoSession().getLocalAddress()).getAddress().getHostAddress()
                        .equals(ADDRESSES + host.substring(1)))
                .forEach(session -> session.getIoSession().close(true));
    }

    @Override
    public void close() throws IOException {
        server.stop(true);
        executor.shutdownNow();
    }

    /** What comes of that request: the same as before if it came before. */
    CompletableFuture<Reply> begin(String host, LaunchRequest request) {
        return begun.computeIfAbsent(host + " " + request.id(), any -> {
            String run = request.run();
            String step = request.step();
            Call call;
            synchronized (calls) {
                int before = (int) calls.stream().filter(other -> other.run().equals(run) && other.is(host, step)).count();
                call = new Call(run, host, step, before + 1, request.environment(), request.stdin(), request.script());
                calls.add(call);
            }
            return script.run(call).toCompletableFuture();
        });
    }
}
