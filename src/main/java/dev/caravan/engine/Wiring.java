package dev.caravan.engine;

import dev.caravan.facts.Limits;
import dev.caravan.facts.Preflight;
import dev.caravan.http.Entrance;
import dev.caravan.http.GuardedVertx;
import dev.caravan.http.Http;
import dev.caravan.http.ServerLimits;
import dev.caravan.inbox.Inbox;
import dev.caravan.journal.Journal;
import dev.caravan.routes.LoadedRoutes;
import dev.caravan.routes.RouteFiles;
import dev.caravan.routes.RouteFiles.RouteFile;
import dev.caravan.run.HostSlots;
import dev.caravan.run.Runs;
import dev.caravan.run.Submissions;
import dev.caravan.run.Variables;
import dev.caravan.spec.Allowed;
import dev.caravan.ssh.CaravanSshComponent;
import dev.caravan.ssh.SshSessions;
import dev.caravan.step.FailureRules;
import dev.caravan.step.StepRunner;
import dev.caravan.workflow.FactsKeeper;
import dev.caravan.workflow.Hosts;
import dev.caravan.workflow.KubeadmDocuments;
import dev.caravan.workflow.NetworkDocuments;
import dev.caravan.workflow.PreflightCheck;
import dev.caravan.workflow.Rollback;
import dev.caravan.workflow.ScriptEnvironment;
import dev.caravan.workflow.Verification;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.apache.camel.CamelContext;
import org.apache.camel.main.BaseMainSupport;
import org.apache.camel.main.MainListenerSupport;
import org.apache.camel.spi.Registry;
import org.apache.camel.spi.Resource;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;

/** Gives Camel the beans that routes name, once its settings are known, and then the routes themselves. */
final class Wiring extends MainListenerSupport {
    private final EngineOptions options;
    private final RouteFiles files;
    private final CompletableFuture<Journal> journal;
    private final SshSessions sessions;
    private final Executor executor;
    private GuardedVertx vertx;

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
        Path data = options.data();
        StepRunner steps = new StepRunner(
                sessions, options.dial(), files, FailureRules.read(files.text("failures.yaml").orElse("[]")), new ScriptEnvironment(),
                new HostSlots(number(context, "caravan.hosts-at-a-time")), data.resolve("logs"), executor);
        Registry registry = context.getRegistry();
        registry.bind("steps", steps);
        registry.bind(Variables.EXECUTOR, executor);
        registry.bind("sshSessions", sessions);
        // camel-ssh names itself for that scheme too; which of the two a jar finds first is nobody's choice.
        context.addComponent("ssh", new CaravanSshComponent());
        registry.bind("hosts", new Hosts());
        registry.bind("facts", new FactsKeeper());
        registry.bind("preflight", new PreflightCheck(new Preflight(Limits.from(name -> context.getPropertiesComponent().resolveProperty(name)))));
        registry.bind("kubeadm", new KubeadmDocuments());
        registry.bind("network", new NetworkDocuments());
        registry.bind("rollback", new Rollback());
        registry.bind("verify", new Verification(data, Duration.ofSeconds(number(context, "caravan.verify.seconds"))));
        registry.bind("routeFiles", files);
        Journal opened = journal.get();
        registry.bind("journal", opened);
        Runs runs = new Runs(context, opened, steps, options.rehearsal());
        registry.bind("runs", runs);
        registry.bind("submissions", new Submissions(runs, opened, allowed(context)));
        if (options.triggers()) {
            bindTriggers(context, runs, opened);
        }
    }

    private void bindTriggers(CamelContext context, Runs runs, Journal opened) throws Exception {
        Registry registry = context.getRegistry();
        Submissions submissions = registry.lookupByNameAndType("submissions", Submissions.class);
        Inbox.beans(submissions, runs, opened, Duration.ofMillis(number(context, "caravan.inbox.settle-millis")), executor).forEach(registry::bind);
        context.addService(registry.lookupByName("inboxClaims"));
        // Camel's HTTP server takes the Vert.x that is there.
        vertx = GuardedVertx.with(limits(context), setting(context, "caravan.http.tls-cert"), setting(context, "caravan.http.tls-key"));
        registry.bind("vertx", vertx);
        registry.bind("http", new Http(context, new LoadedRoutes(context, files), runs, submissions, opened, options.data()));
    }

    @Override
    public void afterConfigure(BaseMainSupport main) {
        CamelContext context = main.getCamelContext();
        List<Resource> resources = new ArrayList<>();
        for (RouteFile file : files.routes()) {
            String location = file.origin().map(path -> "file:" + path).orElse("classpath:routes/" + file.name());
            resources.add(ResourceHelper.resolveResource(context, location));
        }
        try {
            if (options.triggers()) {
                Entrance.install(context, vertx, limits(context), options.token(), context.getRegistry().lookupByNameAndType("runs", Runs.class), journal.join());
            }
            PluginHelper.getRoutesLoader(context).loadRoutes(resources);
        } catch (Exception e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    /** Not before: the server is stopped by Vert.x's threads. */
    @Override
    public void afterStop(BaseMainSupport main) {
        if (vertx != null) {
            vertx.close();
        }
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

    private static int number(CamelContext context, String setting) {
        return Integer.parseInt(setting(context, setting).trim());
    }
}
