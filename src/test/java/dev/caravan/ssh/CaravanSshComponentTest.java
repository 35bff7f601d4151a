package dev.caravan.ssh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.caravan.routes.BareContext;
import dev.caravan.spec.Host;
import dev.caravan.spec.Secret;
import dev.caravan.ssh.SshException.Kind;
import dev.caravan.testkit.Clusters;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.component.mock.MockEndpoint;
import org.apache.camel.component.ssh.SshConstants;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.PluginHelper;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.config.keys.PublicKeyEntry;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The {@code ssh:} scheme in routes: stock camel-ssh URIs and what Caravan adds, over an embedded server. */
class CaravanSshComponentTest {
    @TempDir
    private Path directory;

    @RegisterExtension
    final EmbeddedServer server = EmbeddedServer.forTest();

    private final SshSessions sessions = new SshSessions();
    private DefaultCamelContext context;
    private ProducerTemplate template;
    private String right;
    private final Set<String> users = ConcurrentHashMap.newKeySet();

    @BeforeEach
    void start() throws Exception {
        server.accept((user, password, session) -> {
            users.add(user);
            return EmbeddedServer.PASSWORD.equals(password);
        });
        right = known("right", "[127.0.0.1]:" + server.port() + " " + PublicKeyEntry.toString(server.hostKey()) + " comment");
        context = BareContext.make();
        context.addComponent("ssh", new CaravanSshComponent(sessions,
                host -> new SshTarget(host.address(), Access.to(server.port()).user("ops").password(EmbeddedServer.PASSWORD).built())));
        context.start();
        template = context.createProducerTemplate();
    }

    @AfterEach
    void stop() throws Exception {
        context.close();
        sessions.close();
    }

    private String uri(String options) {
        return unchecked("&knownHostsResource=" + right + options);
    }

    private String unchecked(String options) {
        return "ssh:tester@127.0.0.1:" + server.port() + "?password=RAW(" + EmbeddedServer.PASSWORD + ")" + options;
    }

    private String known(String name, String line) throws Exception {
        return "file:" + Files.writeString(directory.resolve(name), line);
    }

    private Exchange send(String uri, String command) {
        return template.request(uri, exchange -> exchange.getIn().setBody(command));
    }

    private static SshException failure(Exchange exchange) {
        assertThat(exchange.getException()).isInstanceOf(SshException.class);
        return (SshException) exchange.getException();
    }

    @Test
    void answersAsStockCamelSshDoes() {
        Exchange answer = send(uri(""), "echo out; echo err >&2; exit 3");

        assertThat(answer.getException()).isNull();
        assertThat(answer.getMessage().getBody()).isInstanceOf(InputStream.class);
        assertThat(answer.getMessage().getBody(String.class)).isEqualTo("out\n");
        assertThat(answer.getMessage().getHeader(SshConstants.EXIT_VALUE)).isEqualTo(3);
        assertThat(answer.getMessage().getHeader(SshConstants.STDERR, String.class)).isEqualTo("err\n");
        assertThat(context.getComponent("ssh")).isInstanceOf(CaravanSshComponent.class);
    }

    @Test
    void takesUserAndPasswordFromTheAuthorityOfTheUri() {
        server.accept((user, password, session) -> user.equals("tester") && password.equals("simple"));

        assertThat(send("ssh:tester:simple@127.0.0.1:" + server.port() + "?hostKeyCheck=off", "echo in").getMessage()
                .getBody(String.class)).isEqualTo("in\n");
    }

    @Test
    void standardInputComesFromAVariableAndNeverFromAHeader() {
        Exchange fromVariable = template.request(uri(""), exchange -> {
            exchange.getIn().setBody("cat");
            exchange.setVariable(CaravanSshEndpoint.STDIN, "a 'secret'\n");
        });
        Exchange fromHeader = template.request(uri(""), exchange -> {
            exchange.getIn().setBody("cat");
            exchange.getIn().setHeader(CaravanSshEndpoint.STDIN, "from outside");
        });

        assertThat(fromVariable.getMessage().getBody(String.class)).isEqualTo("a 'secret'\n");
        assertThat(fromHeader.getMessage().getBody(String.class)).isEmpty();
    }

    @Test
    void headersDoNotChooseTheLogin() {
        Exchange answer = template.request(uri(""), exchange -> {
            exchange.getIn().setBody("true");
            exchange.getIn().setHeader("camelsshUSERNAME", "mallory");
            exchange.getIn().setHeader(SshConstants.PASSWORD_HEADER, "other");
        });

        assertThat(answer.getException()).isNull();
        assertThat(users).containsExactly("tester");
        assertThat(answer.getMessage().getHeaders()).doesNotContainKeys("camelsshUSERNAME", "CamelSshPassword");
    }

    @Test
    void failuresDoNotHoldTheCommand() {
        Exchange late = send(uri("&commandTimeout=200"), "sleep 60; echo canary");
        Exchange wrong = send("ssh:tester@127.0.0.1:" + server.port() + "?password=x&knownHostsResource=" + right, "echo canary");

        assertThat(failure(late).kind()).isEqualTo(Kind.TIMEOUT);
        assertThat(failure(wrong).kind()).isEqualTo(Kind.AUTHENTICATION);
        for (Throwable each = wrong.getException(); each != null; each = each.getCause()) {
            assertThat(each).hasMessageNotContaining("canary");
        }
        assertThat(failure(late)).hasMessageNotContaining("canary");
    }

    @Test
    void manyEndpointsAndCallsNeedFewThreads() throws Exception {
        ExecutorService workers = Executors.newFixedThreadPool(2);
        context.getRegistry().bind("workers", workers);
        context.addRoutes(new RouteBuilder() {
            @Override
            public void configure() {
                from("direct:many").split(body()).parallelProcessing().executorService("workers")
                        .setVariable("user", body())
                        .setBody(constant("sleep 0.3; echo in"))
                        .toD("ssh:${variable.user}@127.0.0.1:" + server.port()
                                + "?password=RAW(" + EmbeddedServer.PASSWORD + ")&knownHostsResource=" + right)
                        .to("mock:answers");
            }
        });
        MockEndpoint answers = context.getEndpoint("mock:answers", MockEndpoint.class);
        answers.expectedMessageCount(120);
        answers.allMessages().body(String.class).isEqualTo("in\n");
        send(uri(""), "true");
        long before = SshSessionsTest.clientThreads();

        List<String> names = IntStream.range(0, 120).mapToObj(i -> "user" + i % 60).toList();
        template.asyncSendBody("direct:many", names);
        await().atMost(60, TimeUnit.SECONDS).until(() -> users.size() == 61);
        long during = SshSessionsTest.clientThreads();

        answers.assertIsSatisfied(60_000);
        assertThat(server.connections).hasValue(61);
        assertThat(during - before).isLessThanOrEqualTo(4); // stock camel-ssh: a client with its threads for each
        workers.shutdown();
    }

    // ---- who is believed

    @Test
    void anUnknownHostKeyIsRefusedUnlessAnOptionSaysOtherwise() throws Exception {
        for (String options : List.of("", "&failOnUnknownHost=false", "&knownHostsResource=file:" + directory + "/none",
                "&knownHostsResource=" + known("other", "[127.0.0.100]:" + server.port() + " "
                        + PublicKeyEntry.toString(server.hostKey())))) {
            assertThat(failure(send(unchecked(options), "true")).kind()).as(options).isEqualTo(Kind.UNKNOWN_HOST_KEY);
        }
        assertThat(server.commands).hasValue(0);

        assertThat(send(uri(""), "true").getException()).isNull();
        assertThat(send(unchecked("&hostKeyCheck=off"), "true").getException()).isNull();
        assertThat(send(unchecked("&hostKeyCheck=accept-new&knownHostsResource=" + known("empty", "")), "true").getException()).isNull();
        assertThat(directory.resolve("empty")).content().contains(PublicKeyEntry.toString(server.hostKey()));
    }

    @Test
    void aChangedHostKeyIsRefused() throws Exception {
        String wrong = known("wrong", "[127.0.0.1]:" + server.port() + " "
                + PublicKeyEntry.toString(KeyUtils.generateKeyPair("ecdsa-sha2-nistp256", 256).getPublic()));
        for (String check : List.of("strict", "accept-new")) {
            assertThat(failure(send(unchecked("&hostKeyCheck=" + check + "&knownHostsResource=" + wrong), "true")).kind())
                    .isEqualTo(Kind.CHANGED_HOST_KEY);
        }
    }

    // ---- who logs in

    @Test
    void logsInWithAKeyFile() throws Exception {
        Path key = Shell.keygen(directory.resolve("id"), "ecdsa", "pass phrase", "-m", "PKCS8");
        server.acceptKey(new KeySource.File(key, Optional.of(new Secret("pass phrase"))).load().get(0).getPublic());
        server.accept((user, password, session) -> false);
        String uri = "ssh:127.0.0.1:" + server.port() + "?username=tester&knownHostsResource=" + right + "&certResource=file:" + key;

        assertThat(send(uri + "&certResourcePassword=RAW(pass phrase)", "echo in").getMessage().getBody(String.class)).isEqualTo("in\n");
        assertThat(failure(send(uri + "&certResourcePassword=hunter2", "true"))).hasMessageNotContaining("hunter2");
    }

    @Test
    void theHostOfTheExchangeIsReachedOverTheConnectionOfItsSteps() {
        Host host = new Host("h1", "127.0.0.1", Set.of(), Clusters.root(), Map.of(), List.of());
        sessions.execute(new SshTarget(host.address(), Access.to(server.port()).user("ops").password(EmbeddedServer.PASSWORD).built()),
                SshCommand.of("true")).toCompletableFuture().join();

        Exchange answer = template.request("ssh:host", exchange -> {
            exchange.setVariable("host", host);
            exchange.getIn().setBody("echo in");
        });

        assertThat(answer.getException()).isNull();
        assertThat(answer.getMessage().getBody(String.class)).isEqualTo("in\n");
        assertThat(users).containsExactly("ops");
        assertThat(server.connections).hasValue(1);
        assertThat(send("ssh:host", "true").getException()).hasMessageContaining("the variable host is not set");
    }

    @Test
    void aHostOfAnotherZoneIsNotReached() {
        Host far = new Host("h1", "127.0.0.1", List.of(), Set.of(), Clusters.root(), Map.of(), List.of(), Host.State.PRESENT, "site-a");
        Exchange answer = template.request("ssh:host", exchange -> {
            exchange.setVariable("host", far);
            exchange.getIn().setBody("true");
        });

        assertThat(answer.getException()).hasMessageContaining("it is in the zone site-a");
        assertThat(server.connections).hasValue(0);
    }

    // ---- what is refused

    @Test
    void namesWhatIsMissing() {
        assertThatThrownBy(() -> send("ssh:127.0.0.1:" + server.port(), "true")).hasStackTraceContaining("names no user");
        assertThat(send(uri(""), "").getException()).hasMessageContaining("no command");
        assertThatThrownBy(() -> send(unchecked("&knownHostsResource=classpath:known"), "true"))
                .hasStackTraceContaining("knownHostsResource must be file:PATH");
    }

    @Test
    void whatNeedsAClientOfItsOwnIsRefused() {
        assertThatThrownBy(() -> send(uri("&ciphers=aes128-ctr"), "true")).hasStackTraceContaining("ciphers=aes128-ctr");
        assertThatThrownBy(() -> send(uri("&channelType=shell"), "true")).hasStackTraceContaining("channelType");
        assertThatThrownBy(() -> context.getEndpoint(uri("&pollCommand=true")).createConsumer(exchange -> { }))
                .hasMessageContaining("cannot begin a route");
    }

    // ---- the example

    @Test
    void theExampleAsksEachProvisionedHostWhetherItsAgentRuns() throws Exception {
        PluginHelper.getRoutesLoader(context).loadRoutes(PluginHelper.getResourceLoader(context)
                .resolveResource("file:examples/agent-check/routes/hosts/after-host.camel.yaml"));
        List<String> asked = new CopyOnWriteArrayList<>();
        server.answer(command -> {
            asked.add(command);
            return asked.size() == 1 ? "echo active" : "echo inactive; exit 3";
        });

        assertThat(provisioned().getException()).isNull();
        assertThat(provisioned().getException()).hasMessage("h1: node_exporter.service does not run, it is inactive");
        assertThat(asked).hasSize(2).allMatch("systemctl is-active node_exporter.service"::equals);
        assertThat(server.connections).hasValue(1);
    }

    private Exchange provisioned() {
        return template.request("direct:after-host", exchange ->
                exchange.setVariable("host", new Host("h1", "127.0.0.1", Set.of(), Clusters.root(), Map.of(), List.of())));
    }
}
