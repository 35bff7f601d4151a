package dev.caravan.workflow;

import dev.caravan.artefacts.StoredFile;
import dev.caravan.bundle.BundleIndex;
import dev.caravan.bundle.BundleIndex.SystemPackages;
import dev.caravan.bundle.BundleMaker;
import dev.caravan.bundle.HostKind;
import dev.caravan.bundle.ManifestImages;
import dev.caravan.data.PrivateFiles;
import dev.caravan.facts.Facts;
import dev.caravan.history.StepState;
import dev.caravan.network.Manifests;
import dev.caravan.network.Proxies;
import dev.caravan.run.Run;
import dev.caravan.run.Variables;
import dev.caravan.spec.Counted;
import dev.caravan.spec.Host;
import dev.caravan.step.StepFailure;
import dev.caravan.step.StepResult;
import dev.caravan.run.StepRecorder;
import dev.caravan.tables.NetworkTable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.Exchange;
import org.apache.camel.Variable;

/** Gathers a bundle: bean {@code bundling}. Hosts gather packages, the engine fetches images and manifests. Thread-safe. */
public final class Bundling {
    /** Variable: where the host's archive goes. */
    private static final String FILE = "bundle.file";
    private static final String STEP = "bundle";

    private final Path data;
    private final BundlePlaces places;
    private final Manifests manifests;
    private final Map<String, Set<String>> images = new ConcurrentHashMap<>();

    /** @param service whether runs come from elsewhere than this process's command line */
    public Bundling(Path data, boolean service, NetworkTable networks) {
        this.data = data;
        this.places = new BundlePlaces(data, service);
        this.manifests = new Manifests(networks);
    }

    /**
     * A host of each system and architecture: the first in the spec.
     *
     * @throws StepFailure if a host could not be looked at: its system is not known then
     */
    public List<Host> hosts(@Variable(Variables.RUN) Run run) throws StepFailure {
        Map<String, Host> kinds = new LinkedHashMap<>();
        for (Host host : run.cluster().hosts()) {
            Optional<Facts> facts = run.facts(host.name());
            if (facts.isEmpty()) {
                throw run.failures().get(host.name()) instanceof StepFailure failure ? failure
                        : new StepFailure(host.name(), STEP, "facts", false, "the host could not be looked at", "", List.of(), null);
            }
            kinds.putIfAbsent(HostKind.of(facts.get()).id(), host);
        }
        return List.copyOf(kinds.values());
    }

    /** Names the file for the archive of the exchange's host. */
    public void begin(Exchange exchange) throws IOException {
        Run run = exchange.getVariable(Variables.RUN, Run.class);
        PrivateFiles.makeDirectories(work(run));
        exchange.setVariable(FILE, StoredFile.plain(archive(run, exchange.getVariable(Variables.HOST, Host.class))));
        Variables.setEnvironment(exchange, "BUNDLE_ALSO",
                run.cluster().kubernetes().endpoint().isPresent() ? "keepalived haproxy" : "");
    }

    /** Keeps the names of the images that the host's kubeadm named. */
    public void keep(Exchange exchange) {
        Run run = exchange.getVariable(Variables.RUN, Run.class);
        String named = exchange.getMessage().getBody(StepResult.class).output("images");
        images.computeIfAbsent(run.id(), any -> {
            run.atEnd(() -> images.remove(run.id()));
            return ConcurrentHashMap.newKeySet();
        }).addAll(named.lines().map(String::strip).filter(line -> !line.isEmpty()).toList());
    }

    private Path work(Run run) {
        return data.resolve("bundles").resolve(".gathering-" + run.id());
    }

    private Path archive(Run run, Host host) {
        return work(run).resolve(HostKind.of(run.facts(host.name()).orElseThrow()).id() + ".tar");
    }

    /** Fetches images and manifest, and writes the bundle. */
    public void write(@Variable(Variables.RUN) Run run) throws StepFailure, InterruptedException {
        StepRecorder recorder = new StepRecorder(run, null, STEP, 1);
        recorder.started();
        try {
            String now = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
            BundleMaker maker = new BundleMaker(run.cluster(), now, work(run));
            Set<String> named = new TreeSet<>(images.getOrDefault(run.id(), Set.of()));
            for (Host host : hosts(run)) {
                maker.add(HostKind.of(run.facts(host.name()).orElseThrow()), archive(run, host));
            }
            Optional<Manifests.Source> source = manifests.source(run.cluster());
            if (source.isPresent()) {
                byte[] manifest = manifests.content(source.get(), run.cluster());
                named.addAll(ManifestImages.of(new String(manifest, StandardCharsets.UTF_8)));
                if (source.get().isAddress()) {
                    maker.addManifest(source.get().place(), manifest);
                }
            }
            maker.addImages(named);
            recorder.doing("fetching " + Counted.of(named.size(), "image"));
            Path target = places.file(run.parameters().get("file")).orElseGet(() ->
                    data.resolve("bundles").resolve(run.cluster().name() + "-" + run.cluster().kubernetes().version() + ".tar"));
            BundleIndex index = maker.write(target, places.file(run.parameters().get("sign-key")),
                    new Proxies(System.getenv()).orOf(run.cluster()));
            String summary = target + ": " + Files.size(target) / (1 << 20) + " MiB, " + Counted.of(index.systems().stream()
                    .mapToInt((SystemPackages system) -> system.packages().size()).sum(), "package") + " for "
                    + String.join(", ", index.systems().stream().map(SystemPackages::id).toList()) + ", "
                    + Counted.of(index.images().size(), "image");
            run.note(null, summary);
            recorder.ended(StepState.OK, Map.of(), summary);
        } catch (IOException | IllegalArgumentException e) {
            StepFailure failure = new StepFailure(null, STEP, "bundle", false, run.redact(String.valueOf(e.getMessage())),
                    "Does this machine reach the registries, through the spec's proxy and with its runtime.registries?", List.of(), e);
            recorder.failed(failure);
            throw failure;
        }
    }
}
