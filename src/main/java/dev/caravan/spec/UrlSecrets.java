package dev.caravan.spec;

import dev.caravan.spec.Cluster.RepositoryOverride;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What the URLs of a spec hold that is to be shown nowhere: passwords, and the values of queries, which may be tokens. */
public final class UrlSecrets {
    /** A value such as arch=x86_64 is no secret, and would blot out what messages say of the host. */
    private static final int SHORTEST_TOKEN = 8;
    private static final Pattern PASSWORD = Pattern.compile("://[^\\s/@:]*+:([^\\s/@]++)@");
    private static final Pattern VALUE = Pattern.compile("[?&][^\\s?&=#]{0,256}=([^\\s&#]{" + SHORTEST_TOKEN + ",2048})");

    private UrlSecrets() {}

    /** Of repositories, their keys, the network's manifest, and the proxy. */
    public static Set<Secret> of(Cluster cluster) {
        Set<Secret> secrets = new HashSet<>();
        Stream.concat(
                Stream.of(cluster.packages().kubernetes(), cluster.packages().runtime()).flatMap(UrlSecrets::urls),
                cluster.network().manifest().stream())
                .forEach(url -> Stream.of(PASSWORD, VALUE).forEach(pattern -> collect(pattern.matcher(url), secrets)));
        cluster.proxy().map(Proxy::passwords).ifPresent(secrets::addAll);
        return secrets;
    }

    private static Stream<String> urls(RepositoryOverride repository) {
        return Stream.concat(repository.baseUrl().stream(), repository.gpgKeys().stream());
    }

    private static void collect(Matcher matcher, Collection<Secret> into) {
        while (matcher.find()) {
            into.add(new Secret(matcher.group(1)));
        }
    }
}
