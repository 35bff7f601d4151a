package dev.caravan.login;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.access.Role;
import dev.caravan.spec.Secret;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LoginSettingsTest {
    @TempDir
    Path directory;

    /** As application.properties has them, and these over it. */
    private static Optional<LoginSettings> read(Map<String, String> given, Map<String, String> environment) {
        Map<String, String> all = new HashMap<>(Map.of("client-id", "caravan", "scopes", "openid profile", "name-claim",
                "preferred_username", "role-claim", "groups", "session-minutes", "480", "issuer", "https://id.example.com", "url",
                "https://caravan.example.com/"));
        all.putAll(given);
        return LoginSettings.from(name -> all.getOrDefault(name.substring("caravan.oidc.".length()), ""), environment);
    }

    @Test
    void aProviderAndARoleAreEnough() {
        LoginSettings settings = read(Map.of("admin", "root"), Map.of()).orElseThrow();
        assertThat(settings.redirect()).isEqualTo(URI.create("https://caravan.example.com/api/v1/login/callback"));
        assertThat(settings.isSecure()).isTrue();
        assertThat(settings.secret()).isEmpty();
        assertThat(settings.scopes()).containsExactly("openid", "profile");
        assertThat(settings.session()).isEqualTo(Duration.ofHours(8));
        assertThat(settings.roles().role(Map.of("groups", "root"))).contains(Role.ADMIN);
    }

    @Test
    void withoutAProviderNobodyLogsIn() {
        assertThat(read(Map.of("issuer", ""), Map.of())).isEmpty();
    }

    @Test
    void theSecretIsInAFileOrAVariable() throws Exception {
        Path file = Files.writeString(directory.resolve("secret"), "of-the-file\n");
        assertThat(read(Map.of("view", "*", "client-secret-file", file.toString()), Map.of()).orElseThrow().secret())
                .contains(new Secret("of-the-file"));
        assertThat(read(Map.of("view", "*"), Map.of("CARAVAN_OIDC_CLIENT_SECRET", "of-the-variable ")).orElseThrow().secret())
                .contains(new Secret("of-the-variable"));
    }

    @ParameterizedTest
    @CsvSource({"issuer,http://id.example.com,https://", "issuer,nowhere,https://", "issuer,https:///x,https://",
        "url,http://10.0.0.1,https://", "url,https://caravan.example.com/console,ends after the host",
        "url,'',is empty", "client-id,'',is empty",
        "client-secret-file,/nowhere/secret,cannot read", "view,'',nobody could log in"})
    void whatCannotBeUsedIsSaid(String name, String value, String said) {
        Map<String, String> given = new HashMap<>(Map.of("view", "*"));
        given.put(name, value);
        assertThatThrownBy(() -> read(given, Map.of())).isInstanceOf(IllegalArgumentException.class).hasMessageContaining(said);
    }

    @Test
    void plainHttpIsForThisMachine() {
        assertThat(read(Map.of("view", "*", "issuer", "http://localhost:4593/api/oidc", "url", "http://127.0.0.1:8080"), Map.of())
                .orElseThrow().isSecure()).isFalse();
    }
}
