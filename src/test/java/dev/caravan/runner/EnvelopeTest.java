package dev.caravan.runner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Messages as they are on the broker, and the key files behind them. */
class EnvelopeTest {
    private static final byte[] CONTENT = "the sudo password is correct horse".getBytes(StandardCharsets.UTF_8);

    @TempDir
    private Path directory;
    private Envelope engine;
    private Envelope runner;

    @BeforeEach
    void keys() throws Exception {
        KeyFiles keys = new KeyFiles(directory);
        for (String name : List.of("engine", "site-a", "site-b")) {
            keys.make(name);
        }
        engine = of("engine");
        runner = of("site-a");
    }

    private Envelope of(String name) throws Exception {
        KeyFiles keys = new KeyFiles(directory);
        return new Envelope(keys.own(name), keys.others(name));
    }

    @Test
    void whatIsSealedIsOpenedByItsReceiverAlone() throws Exception {
        String sealed = engine.seal("site-a", CONTENT);

        assertThat(sealed).doesNotContain("correct horse");
        Envelope.Opened opened = runner.open(sealed);
        assertThat(opened.from()).isEqualTo("engine");
        assertThat(opened.content()).isEqualTo(CONTENT);
        assertThatThrownBy(() -> of("site-b").open(sealed)).isInstanceOf(Envelope.Refused.class).hasMessage("it is for site-a");
        assertThat(engine.seal("site-a", CONTENT)).as("no two are alike").isNotEqualTo(sealed);
    }

    @Test
    void aMessageForAnotherIsNotOpenedThoughItSaysSo() throws Exception {
        ObjectNode forA = (ObjectNode) new ObjectMapper().readTree(engine.seal("site-a", CONTENT));
        forA.put("to", "site-b");

        assertThatThrownBy(() -> of("site-b").open(forA.toString())).isInstanceOf(Envelope.Refused.class)
                .hasMessage("its signature is not that of engine");
    }

    @ParameterizedTest
    @ValueSource(strings = {"key", "body", "signature"})
    void whateverIsChangedOnTheWayIsRefused(String member) throws Exception {
        ObjectNode message = (ObjectNode) new ObjectMapper().readTree(engine.seal("site-a", CONTENT));
        byte[] bytes = message.get(member).binaryValue();
        for (int at : new int[] {0, bytes.length / 2, bytes.length - 1}) {
            byte[] other = bytes.clone();
            other[at] ^= 1;
            message.put(member, Base64.getEncoder().encodeToString(other));
            assertThatThrownBy(() -> runner.open(message.toString())).isInstanceOf(Envelope.Refused.class);
        }
        message.put(member, "");
        assertThatThrownBy(() -> runner.open(message.toString())).isInstanceOf(Envelope.Refused.class);
    }

    @Test
    void anotherSideThatIsTrustedIsNotTakenForTheEngine() throws Exception {
        ObjectNode message = (ObjectNode) new ObjectMapper().readTree(of("site-b").seal("site-a", CONTENT));
        assertThat(runner.open(message.toString()).from()).isEqualTo("site-b");
        message.put("from", "engine");
        assertThatThrownBy(() -> runner.open(message.toString())).hasMessage("its signature is not that of engine");
        message.put("from", "stranger");
        assertThatThrownBy(() -> runner.open(message.toString())).hasMessage("it is from stranger, of whom there is no public key here");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{}", "[]", "null", "no json", "{\"caravan\":\"runner/3\",\"from\":null,\"to\":\"site-a\"}",
        "{\"caravan\":\"runner/3\",\"from\":\"engine\",\"to\":\"site-a\",\"key\":\"%\",\"body\":\"\",\"signature\":\"\"}"})
    void whatIsNoMessageIsRefused(String text) {
        assertThatThrownBy(() -> runner.open(text)).isInstanceOf(Envelope.Refused.class).hasMessage("it is no message of Caravan's");
    }

    @Test
    void anotherVersionIsRefusedWithWhatToDo() throws Exception {
        JsonNode message = new ObjectMapper().readTree(engine.seal("site-a", CONTENT));
        ((ObjectNode) message).put("caravan", "runner/4");
        assertThatThrownBy(() -> runner.open(message.toString())).hasMessage(
                "it is of version runner/4, and this Caravan speaks runner/3: run the same version of Caravan on both sides");
    }

    // ---- key files

    @Test
    void onlyItsOwnerMayReadAKey() throws Exception {
        Path key = directory.resolve("site-a.key");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(key))).isEqualTo("rw-------");
        assertThat(Files.readString(directory.resolve("site-a.pub"))).doesNotContain("PRIVATE");

        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r-----"));
        assertThatThrownBy(() -> new KeyFiles(directory).own("site-a")).isInstanceOf(KeyFiles.Unusable.class)
                .hasMessageStartingWith(key + " may be read by others. Run: chmod 600 " + key);
    }

    @Test
    void aKeyThatIsThereIsNotReplaced() throws Exception {
        String before = Files.readString(directory.resolve("engine.key"));
        assertThatThrownBy(() -> new KeyFiles(directory).make("engine")).isInstanceOf(KeyFiles.Unusable.class)
                .hasMessageContaining("has a key engine. To replace it, remove");
        assertThat(Files.readString(directory.resolve("engine.key"))).isEqualTo(before);
    }

    @Test
    void whatCannotBeAKeyIsRefusedAndNotShown() throws Exception {
        assertThatThrownBy(() -> new KeyFiles(directory).make("../x")).hasMessageContaining("cannot be the name of a key");
        assertThatThrownBy(() -> new KeyFiles(directory).own("site-c"))
                .hasMessageEndingWith("Make one: caravan runner-key site-c --keys " + directory);
        Files.writeString(directory.resolve("site-b.pub"), "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n");
        assertThatThrownBy(() -> new KeyFiles(directory).others("engine"))
                .hasMessageEndingWith("site-b.pub holds no public keys that caravan runner-key made");
        assertThat(new KeyFiles(directory).own("engine").toString()).isEqualTo("the private key of engine");
    }
}
