package dev.caravan.engine;

import dev.caravan.actions.Action;
import dev.caravan.http.AboutEngine;
import dev.caravan.http.GuardedVertx;
import dev.caravan.http.Http;
import dev.caravan.http.HttpFilters;
import dev.caravan.http.ServerLimits;
import dev.caravan.http.Trial;
import dev.caravan.inbox.Inbox;
import dev.caravan.journal.Journal;
import dev.caravan.journal.Retention;
import dev.caravan.login.Login;
import dev.caravan.login.LoginSettings;
import dev.caravan.observe.Metrics;
import dev.caravan.observe.Observation;
import dev.caravan.remote.DirectAccess;
import dev.caravan.remote.StepEndpoint;
import dev.caravan.routes.LoadedRoutes;
import dev.caravan.routes.RouteFiles;
import dev.caravan.run.FormerHosts;
import dev.caravan.run.HostSlots;
import dev.caravan.run.Pruning;
import dev.caravan.run.Runs;
import dev.caravan.run.Submissions;
import dev.caravan.run.Workflow;
import dev.caravan.run.Workflows;
import dev.caravan.runner.RunnerSettings;
import dev.caravan.runner.ZonedAccess;
import dev.caravan.spec.Allowed;
import dev.caravan.spec.ShellWord;
import dev.caravan.ssh.SshSessions;
import dev.caravan.workflow.Adoption;
import dev.caravan.workflow.ApprovedPlan;
import dev.caravan.workflow.Backups;
import dev.caravan.workflow.Endpoints;
import dev.caravan.workflow.FactsKeeper;
import dev.caravan.workflow.HostLocks;
import dev.caravan.workflow.Hosts;
import dev.caravan.workflow.Kubeconfigs;
import dev.caravan.workflow.RegistryFiles;
import dev.caravan.workflow.Removals;
import dev.caravan.workflow.Renewals;
import dev.caravan.workflow.Restores;
import dev.caravan.workflow.Rollback;
import dev.caravan.workflow.RuntimeMigration;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.apache.camel.CamelContext;
import org.apache.camel.main.BaseMainSupport;
import org.apache.camel.main.MainListenerSupport;
import org.apache.camel.spi.CliConnectorFactory;
import org.apache.camel.spi.Registry;

/** Gives Camel the beans that routes name, once its settings are known, and then the routes themselves. */
final class Wiring extends MainListenerSupport {
    private final EngineOptions options;
    private final RouteFiles files;
    private final CompletableFuture<Journal> journal;
    private final SshSessions sessions;
    private final Executor executor;
    private Observation observation;
    private ZonedAccess access;
    private Optional<Reloading> reloading = Optional.empty();
    private GuardedVertx vertx;
    private Optional<Login> login = Optional.empty();
    private Optional<Trial> trial = Optional.empty();

    Wiring(EngineOptions options, RouteFiles files, CompletableFuture<Journal> journal, SshSessions sessions, Executor executor) {
        this.options = options;
        this.files = files;
        this.journal = journal;
        this.sessions = sessions;
        this.executor = executor;
    }

    @Override
    public void beforeConfigure(BaseMainSupport main) {
        try {
            bind(main.getCamelContext());
        } catch (Exception e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    private void bind(CamelContext context) throws Exception {
        Settings.check(context);
        HostSlots slots = new HostSlots(number(context, "caravan.hosts-at-a-time"));
        Journal opened = journal.get();
        requireOneKind(opened);
        CompletableFuture<Runs> known = new CompletableFuture<>();
        access = access(context);
        WorkflowLoader loader = new WorkflowLoader(options, sessions, access, slots, executor, beans(opened, known));
        Workflow workflow = loader.bind(context, files);
        observation = Observation.of(opened, options.triggers(), System.getenv());
        context.getRegistry().bind("journal", opened);
        enableCamelTools(context, isOn(context, "caravan.camel-tools"));
        observation.metrics().filter(metrics -> options.routes().isPresent()).ifPresent(metrics -> reloading = Optional.of(new Reloading(
                options.routes().get(), files, workflow, loader, new LoadedFiles(context, files), metrics.registry())));
        Runs runs = new Runs(reloading.<Workflows>map(each -> each).orElseGet(() -> Workflows.only(workflow)), opened, options.rehearsal(),
                options.prepare(), new FormerHosts(opened, allowed(context)));
        known.complete(runs);
        context.getRegistry().bind("runs", runs);
        context.getRegistry().bind("submissions", new Submissions(runs, opened, allowed(context)));
        context.getRegistry().bind("pruning",
                new Pruning(opened, options.data(), new Retention(limit(context, Settings.KEEP_RUNS), limit(context, Settings.KEEP_DAYS))));
        if (options.triggers()) {
            observation.metrics().orElseThrow().watch(runs, slots, sessions);
            bindTriggers(context, runs, opened, observation.metrics().orElseThrow());
        }
    }

    private ZonedAccess access(CamelContext context) throws Exception {
        DirectAccess direct = new DirectAccess(sessions, options.dial());
        // Simulated hosts are in this process, whatever their zone.
        Optional<RunnerSettings> settings = options.rehearsal() ? Optional.empty()
                : RunnerSettings.of(name -> setting(context, name), options.data(), options.properties());
        return settings.isEmpty() ? ZonedAccess.without(direct, options.rehearsal())
                : ZonedAccess.start(direct, options.dial(), settings.get());
    }

    /** Simulated hosts and real ones have the same addresses and clusters the same names: a journal that had both would mix them up. */
    private void requireOneKind(Journal opened) {
        if (options.triggers() && opened.hasRuns(!options.rehearsal())) {
            throw new IllegalStateException("the data directory " + options.data() + (options.rehearsal()
                    ? " has runs on real hosts, and rehearsals are not mixed with those"
                    : " has runs of a rehearsal, and real runs are not mixed with those")
                    + ": name another directory with --data");
        }
    }

    private static void enableCamelTools(CamelContext context, boolean asked) {
        context.getCamelContextExtension().getContextPlugin(CliConnectorFactory.class).setEnabled(asked);
        if (asked) {
            // With camel-kubernetes in the jar the connector reads these unasked, and writes nothing where they are null (4.18.0).
            context.getVaultConfiguration().kubernetes().setSecrets("none");
            context.getVaultConfiguration().kubernetesConfigmaps().setConfigmaps("none");
        }
    }

    private Map<String, Object> beans(Journal opened, CompletableFuture<Runs> runs) {
        Map<String, Object> beans = Map.of("hosts", new Hosts(), "endpoint", new Endpoints(), "facts", new FactsKeeper(),
                "rollback", new Rollback(), "kubeconfig", new Kubeconfigs(options.data()),
                "backups", new Backups(options.data(), opened), "restores", new Restores(options.data()), "removal", new Removals(),
                "registries", new RegistryFiles());
        Map<String, Object> all = new HashMap<>(beans);
        all.put("locks", new HostLocks());
        all.put("approved", new ApprovedPlan(runs, opened, executor));
        all.put("migration", new RuntimeMigration());
        all.put("renewals", new Renewals());
        all.put("adoption", new Adoption(options.data()));
        return all;
    }

    /** Ends the watch over the routes directory, and what was loaded from there; to be called first. */
    void endReloading() {
        reloading.ifPresent(Reloading::close);
    }

    /** Ends what listens to the journal; to be called before it is closed. */
    void endObservation() {
        if (observation != null) {
            observation.close();
        }
    }

    /** Ends the links to runners; steps that they carry out are found again by the next start. */
    void endAccess() {
        if (access != null) {
            access.close();
        }
    }

    private void bindTriggers(CamelContext context, Runs runs, Journal opened, Metrics metrics) throws Exception {
        Registry registry = context.getRegistry();
        Submissions submissions = registry.lookupByNameAndType("submissions", Submissions.class);
        Inbox.beans(submissions, runs, opened, Duration.ofMillis(number(context, "caravan.inbox.settle-millis")), executor)
                .forEach(registry::bind);
        context.addService(registry.lookupByName("inboxClaims"));
        // Camel's HTTP server takes the Vert.x that is there.
        vertx = GuardedVertx.with(limits(context), setting(context, "caravan.http.tls-cert"), setting(context, "caravan.http.tls-key"));
        registry.bind("vertx", vertx.vertx());
        registry.bind("guardedVertx", vertx);
        login = LoginSettings.from(name -> setting(context, name), System.getenv()).map(Login::with);
        trial = trial(context);
        registry.bind("http",
                new Http(context, new LoadedRoutes(context, files), files, runs, submissions, opened, metrics,
                        this::routesProblem, options.data(), !options.tokens().get().isEmpty(), login, about(context)));
        // The name that camel-micrometer looks for, where a user adds it.
        registry.bind("metricsRegistry", metrics.registry());
    }

    /** Where who opens the page reaches another port as well, and as whom is known there. */
    private Optional<Trial> trial(CamelContext context) throws UnknownHostException {
        String host = setting(context, "camel.server.host");
        boolean fits = !options.rehearsal() && login.isEmpty() && setting(context, "caravan.http.tls-cert").isBlank()
                && InetAddress.getByName(host).isLoopbackAddress();
        return options.trial().filter(any -> fits).map(make -> make.apply(options, host));
    }

    /** Ends the engine that is tried, if there is one. */
    void endTrial() {
        trial.ifPresent(Trial::close);
    }

    /** A rehearsal on the command line keeps its journal in a directory of that name below the one that it is given. */
    private AboutEngine about(CamelContext context) {
        Path data = options.data().toAbsolutePath().normalize();
        Path named = options.rehearsal() ? data.getParent() : data;
        boolean known = !options.rehearsal() || data.endsWith("rehearsal");
        return new AboutEngine(options.rehearsal(), Path.of(setting(context, "caravan.inbox")), Optional.of("caravan "
                + (options.rehearsal() ? "rehearse" : "apply") + " -f spec.yaml --data " + ShellWord.of(named.toString())
                + options.journal().url().map(url -> " --journal " + ShellWord.of(url)).orElse("")).filter(any -> known),
                trial);
    }

    @Override
    public void afterConfigure(BaseMainSupport main) {
        CamelContext context = main.getCamelContext();
        try {
            if (options.triggers()) {
                HttpFilters.install(context, vertx, limits(context), options.tokens(), login,
                        context.getRegistry().lookupByNameAndType("runs", Runs.class), journal.join(),
                        context.getRegistry().lookupByNameAndType("http", Http.class));
            }
            WorkflowLoader.loadRoutes(context, files);
        } catch (Exception e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    /** Not before: the server is stopped by Vert.x's threads. */
    @Override
    public void afterStop(BaseMainSupport main) {
        if (vertx != null) {
            vertx.vertx().close();
        }
    }

    private Optional<String> routesProblem() {
        return reloading.flatMap(Reloading::problem);
    }

    /** Begins to look for changed route files, and to show the steps that may come; to be called once that Camel has started. */
    void started(CamelContext context) {
        observation.metrics().ifPresent(metrics -> metrics.expect(
                context.getRegistry().lookupByNameAndType("runs", Runs.class).actions().all().stream().map(Action::name).toList(),
                context.getEndpoints().stream().filter(StepEndpoint.class::isInstance).map(step -> ((StepEndpoint) step).getName())
                        .distinct().toList()));
        reloading.ifPresent(each -> each.begin(number(context, "caravan.routes.look-millis")));
    }

    private static boolean isOn(CamelContext context, String name) {
        return Boolean.parseBoolean(setting(context, name).trim());
    }

    private static Allowed allowed(CamelContext context) {
        try {
            return Allowed.of(setting(context, "caravan.http.allow"));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("the setting caravan.http.allow cannot be used: " + e.getMessage(), e);
        }
    }

    private static ServerLimits limits(CamelContext context) {
        return ServerLimits.from(name -> setting(context, name));
    }

    private static String setting(CamelContext context, String name) {
        return context.resolvePropertyPlaceholders("{{" + name + "}}");
    }

    private static OptionalInt limit(CamelContext context, String setting) {
        String text = setting(context, setting).trim();
        return text.isEmpty() ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(text));
    }

    private static int number(CamelContext context, String setting) {
        return Integer.parseInt(setting(context, setting).trim());
    }
}
