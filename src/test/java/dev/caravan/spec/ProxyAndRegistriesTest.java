package dev.caravan.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code spec.proxy} and {@code spec.runtime.registries}. */
class ProxyAndRegistriesTest {
    private static final String SPEC = """
            apiVersion: caravan/v1
            kind: Cluster
            metadata: {name: demo}
            spec:
              kubernetes: {version: 1.37.2}
              proxy: PROXY
              runtime: RUNTIME
              hosts: [{name: h1, address: 192.0.2.11, roles: [control-plane]}]
            """;

    @TempDir
    Path directory;

    private static String spec(String proxy, String runtime) {
        return SPEC.replace("PROXY", proxy).replace("RUNTIME", runtime);
    }

    private Cluster read(String proxy, String runtime) throws InvalidSpec {
        return SpecReader.read(spec(proxy, runtime), "test",
                Expansion.in(directory, Map.of("PROXY_URL", "http://ops:c4n4ry-pw@proxy.example.org:3128")::get, directory));
    }

    private List<Problem> problems(String proxy, String runtime) {
        InvalidSpec invalid = catchThrowableOfType(InvalidSpec.class, () -> read(proxy, runtime));
        return invalid == null ? List.of() : invalid.problems();
    }

    @Test
    void aProxyIsForBothSchemesUnlessTheSpecSaysOtherwise() throws InvalidSpec {
        Proxy one = read("{http: 'http://192.0.2.1:3128', noProxy: [.example.org, 192.0.2.0/24, "
                + "mirror.example.net:8080, 'fd00::/8']}", "{}").proxy().orElseThrow();
        assertThat(one.http()).map(Secret::reveal).contains("http://192.0.2.1:3128");
        assertThat(one.https()).map(Secret::reveal).contains("http://192.0.2.1:3128");
        assertThat(one.noProxy()).containsExactly(".example.org", "192.0.2.0/24", "mirror.example.net:8080", "fd00::/8");
        assertThat(one.hasPassword()).isFalse();

        Proxy https = read("{https: 'http://[fd00::1]:3128/'}", "{}").proxy().orElseThrow();
        assertThat(https.http()).isEmpty();
        assertThat(read("{}", "{}").proxy()).isEmpty();
        assertThat(read("{http: ''}", "{}").proxy()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {http: proxy.example.org:3128}                        | spec.proxy.http       | 6:17
            {http: 'http://proxy.example.org'}                    | spec.proxy.http       | 6:17
            {http: 'http://proxy.example.org:99999'}              | spec.proxy.http       | 6:17
            {http: 'https://proxy.example.org:443'}               | spec.proxy.http       | 6:17
            {http: 'http://a:b%@proxy.example.org:3128'}          | spec.proxy.http       | 6:17
            {https: 'http://a:b$c@proxy.example.org:3128'}        | spec.proxy.https      | 6:18
            {noProxy: [example.org]}                              | spec.proxy            | 6:3
            {http: 'http://h:1', noProxy: [ok, 192.0.2.0/99]}     | spec.proxy.noProxy[1] | 6:45
            {http: 'http://h:1', noProxy: ['a b']}                | spec.proxy.noProxy[0] | 6:41
            {http: 'http://h:1', noProxy: ['*']}                  | spec.proxy.noProxy[0] | 6:41
            {http: 'http://h:1', noProxy: [1.2.3.400]}            | spec.proxy.noProxy[0] | 6:41
            {http: 'http://h:1', noProxi: []}                     | spec.proxy.noProxi    | 6:31
            """)
    void aWrongProxyIsRefusedWithItsPlace(String proxy, String path, String place) {
        assertThat(problems(proxy, "{}")).as(proxy).extracting(Problem::path).contains(path);
        assertThat(problems(proxy, "{}")).as(proxy).filteredOn(problem -> problem.path().equals(path))
                .extracting(problem -> problem.line() + ":" + problem.column()).contains(place);
    }

    @Test
    void noMessageShowsThePasswordOfAProxy() {
        for (String url : List.of("'http://ops:c4n4ry-pw@proxy.example.org:99999'", "'http://ops:c4n4ry-pw%zz@proxy.example.org:1'",
                "'http://ops:c4n4ry-pw@proxy.example.org'", "'ftp://ops:c4n4ry-pw@proxy.example.org:1'")) {
            List<Problem> problems = problems("{http: " + url + "}", "{}");
            assertThat(problems).as(url).isNotEmpty();
            assertThat(problems.toString()).doesNotContain("c4n4ry");
        }
    }

    @Test
    void whatIsSecretInThemIsKnownAndStoredNowhere() throws InvalidSpec {
        Cluster cluster = read("{http: 'http://ops:c4n4ry%40pw@proxy.example.org:3128', https: '${env:PROXY_URL}'}",
                "{registries: {docker.io: {username: puller, password: c4n4ry-two}}}");

        assertThat(UrlSecrets.of(cluster)).extracting(Secret::reveal)
                .containsExactlyInAnyOrder("c4n4ry%40pw", "c4n4ry@pw", "c4n4ry-pw");
        assertThat(cluster.runtime().registries().get(0).secrets()).extracting(Secret::reveal)
                .containsExactly("c4n4ry-two", "cHVsbGVyOmM0bjRyeS10d28=");
        assertThat(cluster.toString()).doesNotContain("c4n4ry").doesNotContain("cHVsbGVyOmM0bjRyeS10d28=");
        assertThat(RedactedSpec.of(spec("{http: 'http://ops:c4n4ry%40pw@proxy.example.org:3128', https: '${env:PROXY_URL}'}",
                "{registries: {docker.io: {username: puller, password: c4n4ry-two}}}")))
                .doesNotContain("c4n4ry").contains("${env:PROXY_URL}", "http://***@proxy.example.org:3128", "password: \"***\"");
    }

    @Test
    void registriesKeepTheirOrderAndTheirMirrors() throws InvalidSpec {
        List<Registry> registries = read("{}", "{registries: {docker.io: {mirrors: ['https://m.example.org/hub', "
                + "'https://m.example.org:5000/v2/a/b/', 'http://192.0.2.1:5000']}, '[fd00::1]:5000': {insecure: true}, "
                + "registry.k8s.io: {caFile: ca.crt}}}").runtime().registries();

        assertThat(registries).extracting(Registry::host).containsExactly("docker.io", "[fd00::1]:5000", "registry.k8s.io");
        assertThat(registries.get(0).mirrors()).containsExactly(new Registry.Mirror("https", "m.example.org", "hub"),
                new Registry.Mirror("https", "m.example.org:5000", "a/b"), new Registry.Mirror("http", "192.0.2.1:5000", ""));
        assertThat(registries.get(0).server()).isEqualTo("registry-1.docker.io");
        assertThat(registries.get(2).caFile()).contains(directory.resolve("ca.crt").toString());
    }

    @Test
    void aPasswordIsForTheMirrorsAndThatOfAMirrorsOwnEntryForIt() {
        Registry.Mirror first = new Registry.Mirror("https", "m.example.org", "");
        Registry.Mirror second = new Registry.Mirror("https", "n.example.org", "");
        Registry hub = new Registry("docker.io", List.of(first, second), Optional.empty(), Optional.empty(), Optional.empty(), false);
        Registry own = new Registry("m.example.org", List.of(), Optional.empty(), Optional.empty(), Optional.empty(), false);
        Registry other = new Registry("n.example.org", List.of(), Optional.empty(), Optional.empty(), Optional.empty(), false);

        assertThat(hub.isForItself(List.of(hub, own))).isFalse();
        assertThat(hub.entryOf(first, List.of(hub, own))).isSameAs(own);
        assertThat(hub.entryOf(second, List.of(hub, own))).isSameAs(hub);
        assertThat(hub.isForItself(List.of(hub, own, other))).isTrue();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {registries: {'https://docker.io': {}}}                                                 | not a registry
            {registries: {'h:99999': {}}}                                                           | not a registry
            {registries: {docker.io: {mirrors: [m.example.org]}}}                                   | not a valid mirror URL
            {registries: {docker.io: {mirrors: ['https://m.example.org:99999']}}}                   | a port is larger than 65535
            {registries: {docker.io: {mirrors: ['https://u:p@m.example.org']}}}                     | not a valid mirror URL
            {registries: {docker.io: {username: a}}}                                                | a username without a password
            {registries: {docker.io: {password: a}}}                                                | a password without a username
            {registries: {'h:1': {}}, insecureRegistries: ['h:1']}                                  | runtime.insecureRegistries names this
            {registries: {a: {mirrors: ['http://m'], username: u, password: p}}}                    | would be sent over plain HTTP
            {registries: {a: {mirrors: ['http://m']}, m: {username: u, password: p}}}               | would be sent over plain HTTP
            {name: docker, registries: {k8s.io: {mirrors: ['https://m']}}}                         | Docker takes mirrors of docker.io alone
            {name: docker, registries: {docker.io: {mirrors: ['https://m/p']}}}                     | Docker takes no mirror with a path
            {name: docker, registries: {docker.io: {mirrors: ['https://m'], username: u, password: p}}} | Docker sends no password
            {name: docker, registries: {docker.io: {mirrors: ['https://m']}, m: {username: u, password: p}}} | Docker sends no password
            """)
    void whatCannotBeIsRefused(String runtime, String message) {
        assertThat(problems("{}", runtime)).as(runtime).extracting(Problem::message).anyMatch(text -> text.contains(message));
        assertThat(problems("{}", runtime)).as(runtime).allMatch(problem -> problem.line() == 7 && problem.column() > 1);
    }

    @Test
    void whatIsLessSafeIsNamed() throws InvalidSpec {
        assertThat(Relaxations.of(read("{}", "{registries: {a: {insecure: true}, b: {mirrors: ['http://m:80']}}}"))).containsExactly(
                "certificates for images of a are not checked (runtime.registries.a.insecure: true)",
                "images of b may come over plain HTTP from m:80 (runtime.registries.b.mirrors)");
        assertThat(Relaxations.of(read("{http: 'http://ops:secret@p:1'}", "{registries: {a: {username: u, password: abc}}}")))
                .anyMatch(line -> line.contains("(runtime.registries)")).anyMatch(line -> line.contains("(proxy)"));
    }

    @Test
    void theFileOfACaIsLookedAtAndNotThatOfAKey() throws Exception {
        Path spec = directory.resolve("spec.yaml");
        Files.writeString(spec, spec("{}", "{registries: {a: {caFile: ca.crt}}}"));
        assertThat(catchThrowableOfType(InvalidSpec.class, () -> SpecReader.validate(spec)).problems()).extracting(Problem::message)
                .anyMatch(message -> message.equals("the CA's file " + directory.resolve("ca.crt") + " is missing"));
        Files.writeString(directory.resolve("ca.crt"), "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n");
        assertThat(SpecReader.read(spec).runtime().registries()).hasSize(1);
        assertThat(CertificateFile.read(directory.resolve("ca.crt").toString())).contains("BEGIN CERTIFICATE");
        Files.writeString(directory.resolve("ca.crt"), "-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\nc4n4ry\n");
        assertThat(catchThrowableOfType(InvalidSpec.class, () -> SpecReader.validate(spec)).problems()).extracting(Problem::message)
                .anyMatch(message -> message.contains("private key") && !message.contains("c4n4ry"));
    }

    @Test
    void aSpecFromElsewhereMayNotNameTheEnginesFiles() {
        Expansion confined = Expansion.in(directory).confinedTo(Allowed.of(""));
        assertThat(catchThrowableOfType(InvalidSpec.class,
                () -> SpecReader.read(spec("{}", "{registries: {a: {caFile: /etc/ssl/ca.crt}}}"), "test", confined)).problems())
                .extracting(Problem::path).containsExactly("spec.runtime.registries.a.caFile");
    }
}
