package dev.caravan.runner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.caravan.remote.HostOrder;
import dev.caravan.spec.Secret;
import dev.caravan.spec.SshAccess;
import dev.caravan.ssh.SshTarget;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;

/** The JSON form of messages. If one of these texts changes, {@link Envelope#VERSION} has to change, too. */
class MessageTest {
    private static final String HOME = System.getProperty("user.home");

    private static SshTarget target() {
        SshAccess jump = new SshAccess("ops", 22, Optional.of("/keys/jump"), Optional.empty(), Optional.empty(), Optional.empty(),
                "/etc/known_hosts", Optional.empty(), SshAccess.HostKeyCheck.OFF, true, Optional.empty(), Duration.ofSeconds(10),
                Duration.ofSeconds(15), List.of("/keys/other"), Optional.empty());
        return new SshTarget("192.0.2.12", new SshAccess("caravan", 2222, Optional.of(HOME + "/.ssh/id_ed25519"), Optional.empty(),
                Optional.of(new Secret("login")), Optional.of(new Secret("sudo")), HOME + "/.ssh/known_hosts", Optional.of("SHA256:x"),
                SshAccess.HostKeyCheck.STRICT, false, Optional.of(new SshAccess.Jump("192.0.2.1", jump)), Duration.ofSeconds(10),
                Duration.ofSeconds(15), List.of(), Optional.empty()));
    }

    private static void is(Message message, String json) throws Exception {
        assertThat(new String(Message.Json.write(message), StandardCharsets.UTF_8)).isEqualTo(json);
        assertThat(new String(Message.Json.write(Message.Json.read(json.getBytes(StandardCharsets.UTF_8))), StandardCharsets.UTF_8))
                .as("read and written again").isEqualTo(json);
    }

    private static String order(String order) {
        return "{\"type\":\"order\",\"session\":\"e\",\"runner\":\"r\",\"number\":7,\"floor\":3,\"givenUp\":[5],\"target\":null,\"order\":"
                + order + "}";
    }

    private static Message.Order order(HostOrder order) {
        return order(order, List.of());
    }

    private static Message.Order order(HostOrder order, List<String> texts) {
        return new Message.Order("e", "r", 7, 3, List.of(5L), null, order, 0, texts);
    }

    @Test
    void messagesHaveOneForm() throws Exception {
        byte[] bytes = "x\n".getBytes(StandardCharsets.UTF_8);
        is(new Message.Hello("e", 4), "{\"type\":\"hello\",\"session\":\"e\",\"beat\":4}");
        is(new Message.Alive("e", 4, "r", List.of(7L)),
                "{\"type\":\"alive\",\"session\":\"e\",\"beat\":4,\"runner\":\"r\",\"underWay\":[7]}");
        is(new Message.Output("e", 7, 0, bytes), "{\"type\":\"output\",\"session\":\"e\",\"number\":7,\"seq\":0,\"bytes\":\"eAo=\"}");
        is(new Message.Ended("e", 7, 1, new Message.Result(0, new byte[0], bytes, null), null), "{\"type\":\"ended\","
                + "\"session\":\"e\",\"number\":7,\"seq\":1,\"result\":{\"exitStatus\":0,\"stdout\":\"\","
                + "\"stderr\":\"eAo=\",\"signal\":null},"
                + "\"problem\":null}");
        is(new Message.Ended("e", 7, 1, null, new Message.Problem("TIMEOUT", null, "too long", null)), "{\"type\":\"ended\","
                + "\"session\":\"e\",\"number\":7,\"seq\":1,\"result\":null,"
                + "\"problem\":{\"ssh\":\"TIMEOUT\",\"kind\":null,\"text\":\"too long\",\"remedy\":null}}");
        is(new Message.Refused("e", 7, "r"), "{\"type\":\"refused\",\"session\":\"e\",\"number\":7,\"runner\":\"r\"}");
        is(new Message.Lacking("e", 7, "r"), "{\"type\":\"lacking\",\"session\":\"e\",\"number\":7,\"runner\":\"r\"}");
    }

    @Test
    void ordersHaveOneForm() throws Exception {
        byte[] bytes = "x\n".getBytes(StandardCharsets.UTF_8);
        HostOrder launch = new HostOrder.Launch("7f3a-1", "greet", 0, List.of("7f3a-0"), Map.of("A", "b"), "12ab", Map.of("lib.sh", "34cd"),
                bytes, 1000);
        String json = order("{\"order\":\"launch\",\"id\":\"7f3a-1\",\"step\":\"greet\",\"known\":0,\"done\":[\"7f3a-0\"],"
                + "\"environment\":{\"A\":\"b\"},\"script\":\"12ab\",\"libraries\":{\"lib.sh\":\"34cd\"},\"stdin\":\"eAo=\","
                + "\"timeoutMillis\":1000}");
        is(order(launch), json);
        String texts = Base64.getEncoder().encodeToString(new Texts.Pack().convert(List.of(":\n")));
        is(order(launch, List.of(":\n")), json.substring(0, json.length() - 1) + ",\"texts\":\"" + texts + "\"}");
        is(order(new HostOrder.Stop("7f3a-1", -1)), order("{\"order\":\"stop\",\"id\":\"7f3a-1\",\"known\":-1}"));
        is(order(new HostOrder.Clear("7f3a", List.of("7f3a-1"))), order("{\"order\":\"clear\",\"lock\":\"7f3a\",\"ids\":[\"7f3a-1\"]}"));
        is(order(new HostOrder.Piece(HostOrder.Move.WRITE, "7f3a-1", 0, 2, "-", bytes, 1000)), order("{\"order\":\"piece\",\"move\":"
                + "\"WRITE\",\"id\":\"7f3a-1\",\"at\":0,\"length\":2,\"sha256\":\"-\",\"content\":\"eAo=\",\"timeoutMillis\":1000}"));
    }

    /** The form is gzip of JSON, which any program can read; a small message that says a lot is refused. */
    @Test
    void textsAreCompressedWithinABound() throws Exception {
        List<String> large = List.of("# a line of a script\n".repeat(10_000), "uname\n");
        byte[] packed = new Texts.Pack().convert(large);
        assertThat(packed.length).isLessThan(10_000);
        try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(packed))) {
            assertThat(new ObjectMapper().readValue(in, List.class)).isEqualTo(large);
        }
        assertThat(new Texts.Unpack().convert(packed)).isEqualTo(large);
        List<String> tooMuch = List.of("x".repeat(8 << 20));
        assertThatThrownBy(() -> new Texts.Unpack().convert(new Texts.Pack().convert(tooMuch))).hasMessageContaining("larger than 8 MiB");
        byte[] message = Message.Json.write(order(new HostOrder.Clear("", List.of()), tooMuch));
        assertThatThrownBy(() -> Message.Json.read(message)).isInstanceOf(Envelope.Refused.class);
    }

    @Test
    void whatIsNoMessageIsRefused() {
        for (String wrong : new String[] {"", "null", "{}", "{\"type\":\"shell\",\"session\":\"e\"}", "{\"type\":\"hello\",\"beat\":\"x\"}",
            "{\"type\":\"hello\",\"session\":\"e\",\"beat\":1,\"more\":2}", order("{\"order\":\"launch\",\"id\":\"a b\"}"),
            order("{\"order\":\"stop\",\"id\":\"../x\",\"known\":0}")}) {
            assertThatThrownBy(() -> Message.Json.read(wrong.getBytes(StandardCharsets.UTF_8))).as(wrong)
                    .isInstanceOf(Envelope.Refused.class);
        }
    }

    @Test
    void pathsBelowTheEnginesHomeAreBelowTheRunners() {
        Target sent = Target.of(target());
        assertThat(sent.privateKey()).isEqualTo("~/.ssh/id_ed25519");
        SshTarget here = sent.here("/home/runner");
        assertThat(here.access().privateKey()).contains("/home/runner/.ssh/id_ed25519");
        assertThat(here.access().knownHosts()).isEqualTo("/home/runner/.ssh/known_hosts");
        assertThat(here.access().proxyJump().orElseThrow().access().privateKey()).contains("/keys/jump");
        assertThat(sent.here(HOME)).isEqualTo(target());
        assertThat(sent + " " + order(new HostOrder.Stop("7f3a-1", 0))).doesNotContain("login", "sudo");
    }
}
