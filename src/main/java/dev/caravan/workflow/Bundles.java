package dev.caravan.workflow;

import dev.caravan.bundle.Bundle;
import dev.caravan.bundle.BundleServer;
import dev.caravan.bundle.HostKind;
import dev.caravan.bundle.InvalidBundle;
import dev.caravan.bundle.ManifestImages;
import dev.caravan.facts.Finding;
import dev.caravan.facts.Severity;
import dev.caravan.run.Run;
import dev.caravan.run.Variables;
import dev.caravan.spec.Host;
import dev.caravan.ssh.RemoteForward;
import dev.caravan.ssh.SshSessions;
import dev.caravan.ssh.SshTarget;
import dev.caravan.step.StepFailure;
import dev.caravan.tables.KubernetesTable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.camel.Exchange;
import org.apache.camel.Variable;

/**
 * The bundle that a run takes packages and images from: bean {@code bundle}. Preflight verifies it and serves it to each host, through a
 * port of the host's loopback address that leads through the SSH connection to this engine. It ends with the run. Thread-safe.
 */
public final class Bundles {
    private static final String PARAMETER = "bundle";
    private static final String KEY = "verify-key";
    private static final String RULE = "bundle";
    private static final int FIRST_PORT = 20_000;
    private static final int PORTS = 9_000;
    private static final int LIMIT_SECONDS = 60;
    private static final int LARGEST_SOURCE = 1 << 20;

    private final SshSessions sessions;
    private final Function<Host, SshTarget> targets;
    private final BundlePlaces places;
    private final Map<String, Served> served = new ConcurrentHashMap<>();

    /**
     * @param targets how a host is reached
     * @param data    the data directory
     * @param service whether runs come from elsewhere than this process's command line
     */
    public Bundles(SshSessions sessions, Function<Host, SshTarget> targets, Path data, boolean service) {
        this.sessions = sessions;
        this.targets = targets;
        this.places = new BundlePlaces(data, service);
    }

    private record Served(Bundle bundle, BundleServer server, Map<String, Integer> ports) {}

    /** Whether the run takes everything from a bundle. */
    public boolean isServed(@Variable(Variables.RUN) Run run) {
        return !String.valueOf(run.parameters().getOrDefault(PARAMETER, "")).isEmpty();
    }

    /**
     * Verifies the run's bundle and serves it to the hosts that were looked at. Nothing, if the run has none.
     *
     * @return what stands in the way of using it
     */
    List<Finding> begin(Run run, KubernetesTable versions) throws InterruptedException {
        if (!isServed(run)) {
            return List.of();
        }
        Bundle bundle;
        try {
            Optional<Path> key = places.file(run.parameters().get(KEY));
            bundle = Bundle.open(places.file(run.parameters().get(PARAMETER)).orElseThrow(), key);
            if (key.isEmpty()) {
                run.note(null, bundle.isSigned() ? "the signature of the bundle is not checked: no --verify-key is given"
                        : "the bundle is not signed; its checksums tell damage, not who made it");
            }
        } catch (InvalidBundle e) {
            return List.of(refusal(List.of(), e.getMessage(), e.remedy()));
        } catch (IllegalArgumentException e) {
            return List.of(refusal(List.of(), e.getMessage(), "Put the file there."));
        }
        List<String> elsewhere = run.isRehearsal() ? List.of() : run.cluster().hosts().stream()
                .filter(host -> !host.isOfDefaultZone()).map(Host::name).toList();
        if (!elsewhere.isEmpty()) {
            bundle.close();
            return List.of(refusal(elsewhere, "a bundle is served through the engine's own connections, and these hosts are in other zones",
                    "Run Caravan on a machine that reaches them, and leave out zone in the spec."));
        }
        List<Finding> findings = new ArrayList<>(BundleContent.findings(bundle.index(), run.cluster(), run.allFacts(), versions));
        if (findings.isEmpty()) {
            findings.addAll(serve(run, bundle));
        } else {
            bundle.close();
        }
        return findings;
    }

    static Finding refusal(List<String> hosts, String problem, String remedy) {
        return new Finding(hosts, RULE, Severity.REFUSES, problem, remedy);
    }

    private List<Finding> serve(Run run, Bundle bundle) throws InterruptedException {
        BundleServer server;
        try {
            server = BundleServer.start(bundle);
        } catch (IOException e) {
            bundle.close();
            return List.of(refusal(List.of(), e.getMessage(), "Is a port of 127.0.0.1 free here?"));
        }
        Served now = new Served(bundle, server, new ConcurrentHashMap<>());
        served.put(run.id(), now);
        List<Host> hosts = run.cluster().hosts().stream().filter(host -> run.facts(host.name()).isPresent()).toList();
        run.atEnd(() -> end(run.id(), hosts));
        Map<Host, RemoteForward> forwards = new LinkedHashMap<>();
        hosts.forEach(host -> forwards.put(host, sessions.forward(targets.apply(host), port(run, host), server.port())));
        List<Finding> findings = new ArrayList<>();
        for (Map.Entry<Host, RemoteForward> each : forwards.entrySet()) {
            try {
                now.ports().put(each.getKey().name(), each.getValue().port().toCompletableFuture().get(LIMIT_SECONDS, TimeUnit.SECONDS));
            } catch (ExecutionException | TimeoutException e) {
                String why = e.getCause() == null ? "no answer" : String.valueOf(e.getCause().getMessage());
                findings.add(refusal(List.of(each.getKey().name()), "the bundle cannot be served to this host: " + why,
                        "sshd must allow it for this user: AllowTcpForwarding yes (or remote), no PermitListen that excludes it."));
            }
        }
        return findings;
    }

    /* The same for the same run, also after a restart of the engine: a step that runs on the host keeps the address that it knows. */
    private static int port(Run run, Host host) {
        return FIRST_PORT + Math.floorMod((run.id() + host.name()).hashCode(), PORTS);
    }

    private void end(String run, List<Host> hosts) {
        Served over = served.remove(run);
        if (over != null) {
            hosts.forEach(host -> sessions.endForward(targets.apply(host)));
            over.server().close();
            over.bundle().close();
        }
    }

    /** What scripts need to know, by name; empty for a host that is served nothing. */
    Map<String, String> environment(Run run, Host host) {
        Served now = served.get(run.id());
        Integer port = now == null ? null : now.ports().get(host.name());
        Optional<HostKind> kind = run.facts(host.name()).map(HostKind::of);
        if (port == null || kind.isEmpty()) {
            return Map.of();
        }
        return Map.of("BUNDLE_URL", "http://127.0.0.1:" + port + "/systems/" + kind.get().id() + "/repositories",
                "BUNDLE_IMAGES", now.bundle().index().images().stream().map(image -> image.name()).collect(Collectors.joining(" ")));
    }

    /** The manifest that is in the run's bundle in place of what is at that address. */
    Optional<byte[]> manifest(Run run, String address) {
        Served now = served.get(run.id());
        return now == null ? Optional.empty() : BundleContent.manifest(now.bundle(), address);
    }

    /** @throws IOException if the manifest names images that the run's bundle does not have */
    void requireImages(Run run, String manifest) throws IOException {
        Served now = served.get(run.id());
        Set<String> missing = new TreeSet<>(ManifestImages.of(manifest));
        if (now != null) {
            now.bundle().index().images().forEach(image -> missing.remove(image.name()));
            if (!missing.isEmpty()) {
                throw new IOException("the bundle lacks images of the network's manifest: " + String.join(", ", missing));
            }
        }
    }

    /**
     * How the package manager of the exchange's host names the bundle's repositories, and their keys, for the script: a line PATH
     * CONTENT-IN-BASE64 for each file.
     */
    public String files(Exchange exchange) throws StepFailure {
        Run run = exchange.getVariable(Variables.RUN, Run.class);
        String host = Variables.hostName(exchange);
        Served now = served.get(run.id());
        if (now == null || !now.ports().containsKey(host)) {
            throw new StepFailure(host, "bundle-open", "bundle", false, "the bundle is not served to this host",
                    "Run the same command again.", List.of(), null);
        }
        String folder = "systems/" + HostKind.of(run.facts(host).orElseThrow()).id() + "/";
        StringBuilder lines = new StringBuilder();
        try {
            for (String kind : List.of("sources/", "keys/")) {
                for (String path : now.bundle().below(folder + kind)) {
                    String name = path.substring(folder.length() + kind.length());
                    // a file of that folder itself; the script writes it under this name
                    if (name.matches("[A-Za-z0-9_.+:@-]+") && !name.startsWith(".")) {
                        lines.append(kind).append(name).append(' ')
                                .append(Base64.getEncoder().encodeToString(now.bundle().read(path, LARGEST_SOURCE))).append('\n');
                    }
                }
            }
        } catch (IOException e) {
            throw new StepFailure(host, "bundle-open", "bundle", false, "the bundle cannot be read: " + e.getMessage(),
                    "Leave the file as it is while the run goes on.", List.of(), e);
        }
        return lines.toString();
    }
}
