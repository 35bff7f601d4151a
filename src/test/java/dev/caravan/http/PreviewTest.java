package dev.caravan.http;

import static dev.caravan.http.Client.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.caravan.artefacts.Artefact;
import dev.caravan.backups.Backup;
import dev.caravan.backups.BackupDirectory;
import dev.caravan.digest.Sha256;
import dev.caravan.testkit.Serving;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a run would do, over HTTP, before it is begun. */
class PreviewTest {
    private static final String PREVIEW = "/api/v1/preview";

    @RegisterExtension
    static final Serving serving = Serving.forClass();

    private static final Client client = new Client(serving);

    private static JsonNode preview(String query, String spec) throws Exception {
        HttpResponse<String> answer = client.postSpec(PREVIEW + query, spec);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return json(answer);
    }

    private static Path saved(String cluster, String id, String version, boolean encrypted, Instant at) throws Exception {
        byte[] content = id.getBytes();
        Artefact file = new Artefact(content.length, Sha256.hex(content));
        BackupDirectory directory = new BackupDirectory(serving.data(), cluster);
        Backup backup = new Backup(id, cluster, "told", at, "h1", version, new Backup.Snapshot("3.4.13", 7, 1, 2, 3, 1), encrypted, file,
                file);
        Path archive = Files.createDirectories(directory.path()).resolve(backup.fileName());
        Files.write(archive, content);
        directory.record(backup);
        return archive;
    }

    @Test
    void ofABackupItSaysWhereItGoesAndWhichAreTooManyThen() throws Exception {
        String spec = Serving.spec("kept", "198.51.100.41");
        String older = "20261126-183000-older";
        String newer = "20261127-183000-newer";
        saved("kept", older, "1.20.2", false, Instant.parse("2026-11-26T18:30:00Z"));
        Path good = saved("kept", newer, "1.20.2", false, Instant.parse("2026-11-27T18:30:00Z"));

        JsonNode usual = preview("?action=backup", spec);
        assertThat(usual.get("changesHosts").asBoolean()).isFalse();
        assertThat(usual.get("hosts").toString())
                .isEqualTo("[{\"name\":\"h1\",\"address\":\"198.51.100.41\",\"roles\":[\"control-plane\"]}]");
        JsonNode backup = usual.get("backup");
        assertThat(backup.get("directory").asText()).isEqualTo(serving.data().resolve("backups/kept").toString());
        assertThat(backup.get("encrypted").asBoolean()).isFalse();
        assertThat(backup.get("keep").asInt()).isEqualTo(5);
        assertThat(backup.get("deletes")).isEmpty();
        assertThat(backup.get("before").toString())
                .isEqualTo("[\"upgrade\",\"restore\",\"renew-certificates\",\"remove-control-plane\"]");

        String own = spec.replace("  hosts:", "  backup: {before: [restore], keep: 2, passphrase: canary-3140}\n  hosts:");
        JsonNode kept = preview("?action=backup", own).get("backup");
        assertThat(kept.get("encrypted").asBoolean()).isTrue();
        assertThat(kept.get("before").toString()).isEqualTo("[\"restore\"]");
        assertThat(kept.get("deletes").toString()).as("the new one and one more stay").isEqualTo("[\"" + older + "\"]");
        assertThat(preview("?action=backup&keep=1", own).toString()).contains("[\"" + newer + "\",\"" + older + "\"]")
                .doesNotContain("canary");
        Files.write(good, new byte[0]);
        assertThat(preview("?action=backup&keep=2", own).at("/backup/deletes")).as("one that is damaged does not count").isEmpty();
        assertThat(preview("?action=backups", own).has("backup")).as("of an action that takes none").isFalse();
    }

    @Test
    void ofARestoreItSaysWhyItWouldBeRefused() throws Exception {
        String spec = Serving.spec("back", "198.51.100.42");
        Path archive = saved("back", "20261128-183000-good", "1.20.4", false, Instant.now());
        saved("back", "20261128-183000-other", "1.19.1", false, Instant.now());
        saved("back", "20261128-183000-closed", "1.20.2", true, Instant.now());

        JsonNode good = preview("?action=restore&backup=20261128-183000-good", spec);
        assertThat(good.has("refused")).isFalse();
        assertThat(good.get("changesHosts").asBoolean()).isTrue();
        assertThat(good.at("/backup/before").toString()).contains("restore");
        assertThat(refusal("20261128-183000-other", spec)).contains("is of Kubernetes 1.19.1, and the spec is of 1.20.2");
        assertThat(refusal("20261128-183000-closed", spec)).contains("is encrypted", "Add the passphrase to the spec.");
        assertThat(refusal("20261128-183000-none", spec)).startsWith("There is no backup 20261128-183000-none of back.");
        Files.write(archive, new byte[(int) Files.size(archive)]);
        assertThat(refusal("20261128-183000-good", spec)).contains("its file was changed", "Choose another one");
    }

    private static String refusal(String backup, String spec) throws Exception {
        return preview("?action=restore&backup=" + backup, spec).get("refused").asText();
    }

    @Test
    void itIsRefusedAsTheRunWouldBeAndBeginsNone() throws Exception {
        String spec = Serving.spec("looked-at", "198.51.100.43");
        assertThat(client.postSpec(PREVIEW + "?action=nosuch", spec).statusCode()).isEqualTo(400);
        assertThat(client.postSpec(PREVIEW + "?action=restore", spec).body()).contains("The parameter backup of restore is missing");
        assertThat(client.postSpec(PREVIEW + "?action=backup&colour=red", spec).statusCode()).isEqualTo(400);
        assertThat(client.postSpec(PREVIEW, spec.replace("h1", "H_1")).statusCode()).isEqualTo(422);
        JsonNode limited = preview("?action=renew-certificates&host=h1", spec);
        assertThat(limited.get("hosts")).hasSize(1);
        assertThat(json(client.get("/api/v1/runs?cluster=looked-at")).get("runs")).isEmpty();
    }
}
