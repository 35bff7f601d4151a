package dev.caravan.ssh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.caravan.routes.BareContext;
import dev.caravan.spec.Secret;
import dev.caravan.ssh.SshException.Kind;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
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
import org.apache.camel.support.ResourceHelper;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.config.keys.PublicKeyEntry;
import org.apache.sshd.common.keyprovider.KeyPairProvider;
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

    private DefaultCamelContext context;
    private ProducerTemplate template;
    private final Set<String> users = ConcurrentHashMap.newKeySet();

    @BeforeEach
    void start() throws Exception {
        server.accept((user, password, session) -> {
            users.add(user);
            return EmbeddedServer.PASSWORD.equals(password);
        });
        context = BareContext.make();
        context.start();
        template = context.createProducerTemplate();
    }

    @AfterEach
    void stop() throws Exception {
        context.close();
    }

    private String uri(String options) {
        return "ssh:tester@127.0.0.1:" + server.port() + "?password=RAW(" + EmbeddedServer.PASSWORD + ")" + options;
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
    void takesTheStockWaysToLogIn() throws Exception {
        Path key = Shell.keygen(directory.resolve("id"), "ecdsa", "pass phrase", "-m", "PKCS8");
        KeyPair pair = new KeySource.File(key, Optional.of(new Secret("pass phrase")))
                .load().get(0);
        server.acceptKey(pair.getPublic());
        server.accept((user, password, session) -> false);
        context.getRegistry().bind("keys", KeyPairProvider.wrap(pair));
        String host = "ssh:127.0.0.1:" + server.port() + "?username=tester";

        for (String login : List.of(
                "&certResource=file:" + key + "&certResourcePassword=RAW(pass phrase)",
                "&keyPairProvider=#keys",
                "&keyPairProvider=#keys&keyType=ecdsa-sha2-nistp256")) {
            assertThat(send(host + login, "echo in").getMessage().getBody(String.class)).isEqualTo("in\n");
        }
        assertThat(failure(send(host + "&keyPairProvider=#keys&keyType=ssh-rsa", "true")).kind())
                .isEqualTo(Kind.PRIVATE_KEY);
        assertThat(failure(send(host + "&certResource=file:" + key + "&certResourcePassword=hunter2", "true")))
                .hasMessageNotContaining("hunter2");
    }

    @Test
    void takesUserAndPasswordFromTheAuthorityOfTheUri() {
        server.accept((user, password, session) -> user.equals("tester") && password.equals("simple"));

        assertThat(send("ssh:tester:simple@127.0.0.1:" + server.port(), "echo in").getMessage().getBody(String.class))
                .isEqualTo("in\n");
    }

    @Test
    void checksHostKeysAgainstTheKnownHostsResource() throws Exception {
        String right = "[127.0.0.1]:" + server.port() + " " + PublicKeyEntry.toString(server.hostKey());
        String wrong = "[127.0.0.1]:" + server.port() + " "
                + PublicKeyEntry.toString(KeyUtils.generateKeyPair("ecdsa-sha2-nistp256", 256).getPublic());
        String trap = "[127.0.0.100]:" + server.port() + " " + PublicKeyEntry.toString(server.hostKey());
        String strict = "&failOnUnknownHost=true";

        assertThat(send(uri(known("right", right + " comment") + strict), "true").getException()).isNull();
        assertThat(failure(send(uri(known("trap", trap) + strict), "true")).kind()).isEqualTo(Kind.UNKNOWN_HOST_KEY);
        assertThat(failure(send(uri(known("wrong", wrong) + strict), "true")).kind()).isEqualTo(Kind.CHANGED_HOST_KEY);
        assertThat(failure(send(uri("&knownHostsResource=file:" + directory + "/none" + strict), "true")).kind())
                .isEqualTo(Kind.UNKNOWN_HOST_KEY);
        assertThat(server.commands).hasValue(1);

        assertThat(send(uri(known("empty", "")), "true").getException()).isNull();
        assertThat(failure(send(uri(known("wrong", wrong)), "true")).kind()).isEqualTo(Kind.CHANGED_HOST_KEY);
        assertThat(directory.resolve("empty")).isEmptyFile();
    }

    private String known(String name, String line) throws Exception {
        return "&knownHostsResource=file:" + Files.writeString(directory.resolve(name), line);
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
        Exchange wrong = send("ssh:tester@127.0.0.1:" + server.port() + "?password=x", "echo canary");

        assertThat(failure(late).kind()).isEqualTo(Kind.TIMEOUT);
        assertThat(failure(wrong).kind()).isEqualTo(Kind.AUTHENTICATION);
        for (Throwable each = wrong.getException(); each != null; each = each.getCause()) {
            assertThat(each).hasMessageNotContaining("canary");
        }
        assertThat(failure(late)).hasMessageNotContaining("canary");
    }

    @Test
    void goesThroughJumpHosts() throws Exception {
        try (EmbeddedServer first = EmbeddedServer.start(); EmbeddedServer second = EmbeddedServer.start()) {
            String jumps = "&proxyJump=127.0.0.1:" + first.port() + ",other@127.0.0.1:" + second.port();

            assertThat(send(uri(jumps), "echo in").getMessage().getBody(String.class)).isEqualTo("in\n");
            assertThat(first.connections).hasValue(1);
            assertThat(second.connections).hasValue(1);
        }
    }

    @Test
    void bindsItsOptionsFromYaml() throws Exception {
        String yaml = """
                - route:
                    id: from-yaml
                    from:
                      uri: direct:from-yaml
                      steps:
                        - to:
                            uri: ssh:tester@127.0.0.1:%d
                            parameters:
                              password: "RAW(%s)"
                              heartbeatInterval: 7s
                              connectTimeout: 3000
                              authTimeout: "4s"
                              channelOpenTimeout: 5000
                              commandTimeout: 6s
                              timeout: 9000
                """.formatted(server.port(), EmbeddedServer.PASSWORD);
        PluginHelper.getRoutesLoader(context).loadRoutes(ResourceHelper.fromString("from-yaml.camel.yaml", yaml));

        assertThat(template.requestBody("direct:from-yaml", "echo in", String.class)).isEqualTo("in\n");
        CaravanSshEndpoint endpoint = context.getEndpoints().stream()
                .filter(CaravanSshEndpoint.class::isInstance).map(CaravanSshEndpoint.class::cast)
                .findFirst().orElseThrow();
        assertThat(endpoint.getHeartbeatInterval()).hasSeconds(7);
        assertThat(endpoint.getConnectTimeout()).hasSeconds(3);
        assertThat(endpoint.getAuthTimeout()).hasSeconds(4);
        assertThat(endpoint.getChannelOpenTimeout()).hasSeconds(5);
        assertThat(endpoint.getCommandTimeout()).hasSeconds(6);
        assertThat(endpoint.getTimeout()).isEqualTo(9000);
        assertThat(endpoint.isSingletonProducer()).isTrue();
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
                                + "?password=RAW(" + EmbeddedServer.PASSWORD + ")")
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

    @Test
    void pollingConsumersWorkAsBefore() throws Exception {
        context.addRoutes(new RouteBuilder() {
            @Override
            public void configure() {
                from(uri("&pollCommand=echo%20polled&delay=100&initialDelay=0")).to("mock:polled");
            }
        });
        MockEndpoint polled = context.getEndpoint("mock:polled", MockEndpoint.class);
        polled.expectedMinimumMessageCount(2);
        polled.expectedHeaderReceived(SshConstants.EXIT_VALUE, 0);

        polled.assertIsSatisfied(20_000);
        assertThat(polled.getExchanges().get(0).getMessage().getBody(String.class)).isEqualTo("polled\n");
    }

    @Test
    void anEndpointWithItsOwnAlgorithmsUsesTheStockProducerWithoutItsLeaks() {
        String own = uri("&ciphers=aes128-ctr");
        Exchange answer = template.request(own, exchange -> {
            exchange.getIn().setBody("echo in");
            exchange.getIn().setHeader(SshConstants.USERNAME_HEADER, "mallory");
        });
        Exchange failed = send("ssh:tester@127.0.0.1:" + server.port() + "?password=x&ciphers=aes128-ctr",
                "echo canary");

        assertThat(answer.getMessage().getBody(String.class)).isEqualTo("in\n");
        assertThat(users).containsExactly("tester");
        assertThat(failure(failed)).hasMessageNotContaining("canary");
        assertThat(context.getEndpoint(own).isSingletonProducer()).isFalse();
    }

    @Test
    void sharesTheSessionsOfTheRegistryAndLeavesThemOpen() throws Exception {
        try (SshSessions shared = new SshSessions()) {
            context.getRegistry().bind("sessions", shared);
            send(uri(""), "true");
            assertThat(shared.openConnections()).isEqualTo(1);

            context.stop();

            assertThat(shared.openConnections()).isEqualTo(1);
        }
    }

    @Test
    void closesItsOwnConnectionsWithTheContext() throws Exception {
        send(uri(""), "true");
        assertThat(server.mina().getActiveSessions()).hasSize(1);

        context.stop();

        await().until(() -> server.mina().getActiveSessions().isEmpty());
    }

    @Test
    void namesWhatIsMissing() {
        assertThatThrownBy(() -> send("ssh:127.0.0.1:" + server.port(), "true"))
                .hasStackTraceContaining("names no user");
        assertThat(send(uri(""), "").getException()).hasMessageContaining("no command");
    }
}
