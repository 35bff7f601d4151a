package dev.caravan.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.caravan.Programs;
import java.io.IOException;
import java.io.StringWriter;
import java.net.CookieManager;
import java.net.CookiePolicy;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;

/**
 * A real OpenID provider, which is none of ours: Glewlwyd as Debian packages it, in a process of its own, on loopback, with a database in a
 * directory of the test.
 */
public final class Glewlwyd implements AutoCloseable {
    /** Of the client that {@link #register} makes. */
    public static final String SECRET = "secret-of-the-client-0123";

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Path SCHEMA = Path.of("/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3");
    private static final Path PAGES = Path.of("/usr/share/glewlwyd/webapp");
    private static final Path PAGES_SETTINGS = Path.of("/usr/share/glewlwyd/templates/config.json");
    private static final Duration LONG = Duration.ofSeconds(60);

    private final int port = Serving.freePort();
    private final HttpClient client = HttpClient.newBuilder().cookieHandler(new CookieManager(null, CookiePolicy.ACCEPT_ALL)).build();
    private final Process process;

    private Glewlwyd(Path directory) throws Exception {
        Path database = directory.resolve("glewlwyd.db");
        Process made = new ProcessBuilder("sqlite3", database.toString()).inheritIO()
                .redirectInput(SCHEMA.toFile()).start();
        assertThat(made.waitFor()).isZero();
        copyPages(directory.resolve("pages"));
        Path settings = Files.writeString(directory.resolve("glewlwyd.conf"), """
                port = %1$d
                bind_address = "127.0.0.1"
                external_url = "http://localhost:%1$d"
                login_url = "login.html"
                api_prefix = "api"
                static_files_path = "%2$s/pages"
                log_mode = "console"
                log_level = "INFO"
                cookie_domain = "localhost"
                cookie_secure = 0
                user_module_path = "/usr/lib/glewlwyd/user"
                user_middleware_module_path = "/usr/lib/glewlwyd/user_middleware"
                client_module_path = "/usr/lib/glewlwyd/client"
                user_auth_scheme_module_path = "/usr/lib/glewlwyd/scheme"
                plugin_module_path = "/usr/lib/glewlwyd/plugin"
                hash_algorithm = "SHA512"
                database = { type = "sqlite3" path = "%2$s/glewlwyd.db" };
                static_files_mime_types = (
                  { extension = ".html" mime_type = "text/html" compress = 0 }, { extension = ".css" mime_type = "text/css" compress = 0 },
                  { extension = ".js" mime_type = "application/javascript" compress = 0 },
                  { extension = ".json" mime_type = "application/json" compress = 0 })
                """.formatted(port, directory));
        process = new ProcessBuilder("glewlwyd", "--config-file", settings.toString()).redirectErrorStream(true)
                .redirectOutput(directory.resolve("glewlwyd.log").toFile()).start();
    }

    /** Starts one in that directory, with an issuer that knows {@code groups}; where there is none on this machine, the test is skipped. */
    public static Glewlwyd startOrSkip(Path directory) throws Exception {
        assumeTrue(Programs.find("glewlwyd").isPresent() && Files.exists(SCHEMA),
                "there is no glewlwyd on this machine: logging in is not tested with a real provider");
        Glewlwyd started = new Glewlwyd(directory);
        await().atMost(LONG).ignoreExceptions().until(() -> started.client.send(HttpRequest.newBuilder(started.uri("/config")).build(),
                BodyHandlers.discarding()).statusCode() == 200);
        started.ask("POST", "/api/auth/", JSON.createObjectNode().put("username", "admin").put("password", "password"));
        started.setUp();
        return started;
    }

    /** Debian leaves the settings of the pages to a web server beside it. */
    private static void copyPages(Path to) throws IOException {
        try (Stream<Path> files = Files.walk(PAGES, FileVisitOption.FOLLOW_LINKS)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path copy = to.resolve(PAGES.relativize(file).toString());
                Files.createDirectories(copy.getParent());
                Files.copy(file, copy);
            }
        }
        Path settings = to.resolve("config.json");
        if (Files.isDirectory(settings)) {
            Files.deleteIfExists(settings.resolve("config.json"));
            Files.delete(settings);
        }
        Files.copy(PAGES_SETTINGS, settings);
    }

    private void setUp() throws Exception {
        ObjectNode users = JSON.createObjectNode().put("module", "database").put("name", "database").put("display_name", "users")
                .put("order_rank", 0).put("readonly", false);
        ObjectNode parameters = users.putObject("parameters").put("use-glewlwyd-connection", true);
        parameters.putObject("data-format").putObject("groups").put("multiple", true).put("read", true).put("write", true);
        ask("PUT", "/api/mod/user/database", users);
        ask("PUT", "/api/mod/user/database/reset", JSON.createObjectNode());
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(2048);
        KeyPair keys = generator.generateKeyPair();
        ObjectNode plugin = JSON.createObjectNode().put("module", "oidc").put("name", "oidc").put("display_name", "OpenID")
                .put("order_rank", 0).put("readonly", false);
        ObjectNode with = plugin.putObject("parameters").put("iss", issuer().toString()).put("jwt-type", "rsa").put("jwt-key-size", "256")
                .put("key", pem(keys.getPrivate())).put("cert", pem(keys.getPublic())).put("access-token-duration", 3600)
                .put("refresh-token-duration", 3600).put("code-duration", 600).put("auth-type-code-enabled", true)
                .put("auth-type-id-token-enabled", true).put("pkce-allowed", true).put("subject-type", "public");
        ArrayNode claims = with.putArray("claims");
        claims.addObject().put("name", "groups").put("user-property", "groups").put("type", "string").put("mandatory", true);
        claims.addObject().put("name", "preferred_username").put("user-property", "username").put("type", "string").put("mandatory", true);
        ask("POST", "/api/mod/plugin/", plugin);
    }

    private static String pem(Object key) throws IOException {
        StringWriter text = new StringWriter();
        try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
            writer.writeObject(key);
        }
        return text.toString();
    }

    public URI issuer() {
        return uri("/api/oidc");
    }

    private URI uri(String path) {
        return URI.create("http://localhost:" + port + path);
    }

    /** Lets a client with that name and {@link #SECRET} log people in who come back there. */
    public void register(String name, URI redirect) throws Exception {
        ObjectNode made = JSON.createObjectNode().put("client_id", name).put("name", name).put("password", SECRET).put("confidential", true)
                .put("enabled", true);
        made.putArray("scope");
        made.putArray("redirect_uri").add(redirect.toString());
        made.putArray("authorization_type").add("code");
        made.putArray("token_endpoint_auth_method").add("client_secret_basic");
        ask("POST", "/api/client/", made);
    }

    /** Somebody who logs in with that name and, as a password, the name with {@code -password} behind it. */
    public void add(String user, List<String> groups) throws Exception {
        ObjectNode made = JSON.createObjectNode().put("username", user).put("name", user).put("password", user + "-password")
                .put("enabled", true);
        made.putArray("scope").add("openid").add("g_profile");
        made.set("groups", JSON.valueToTree(groups));
        ask("POST", "/api/user/", made);
    }

    private void ask(String method, String path, ObjectNode body) throws Exception {
        HttpResponse<String> answer = client.send(HttpRequest.newBuilder(uri(path)).header("Content-Type", "application/json")
                .method(method, BodyPublishers.ofString(body.toString())).build(), BodyHandlers.ofString());
        assertThat(answer.statusCode()).as("%s %s: %s", method, path, answer.body()).isEqualTo(200);
    }

    @Override
    public void close() throws Exception {
        process.destroy();
        if (!process.waitFor(10, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
        }
    }
}
