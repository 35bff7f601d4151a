package dev.caravan.engine;

import dev.caravan.actions.Actions;
import dev.caravan.facts.Limits;
import dev.caravan.facts.Preflight;
import dev.caravan.observe.LogContext;
import dev.caravan.remote.HostAccess;
import dev.caravan.remote.StepRetries;
import dev.caravan.remote.StepRunner;
import dev.caravan.remote.StopSteps;
import dev.caravan.routes.LooseEnds;
import dev.caravan.routes.RouteFiles;
import dev.caravan.routes.RouteFiles.RouteFile;
import dev.caravan.routes.ScriptSyntax;
import dev.caravan.run.HostSlots;
import dev.caravan.run.Variables;
import dev.caravan.run.Workflow;
import dev.caravan.runner.RunnerSettings;
import dev.caravan.ssh.CaravanSshComponent;
import dev.caravan.ssh.SshSessions;
import dev.caravan.step.FailureRules;
import dev.caravan.tables.KubernetesTable;
import dev.caravan.tables.NetworkTable;
import dev.caravan.tables.PreflightTable;
import dev.caravan.workflow.Bundles;
import dev.caravan.workflow.Bundling;
import dev.caravan.workflow.Checkpoint;
import dev.caravan.workflow.ClusterSettings;
import dev.caravan.workflow.DeprecatedApis;
import dev.caravan.workflow.HostProxies;
import dev.caravan.workflow.KubeadmDocuments;
import dev.caravan.workflow.NetworkDocuments;
import dev.caravan.workflow.PreflightCheck;
import dev.caravan.workflow.Probes;
import dev.caravan.workflow.RuntimeUpgrade;
import dev.caravan.workflow.ScriptEnvironment;
import dev.caravan.workflow.Upgrades;
import dev.caravan.workflow.Verification;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.main.BaseMainSupport;
import org.apache.camel.main.Main;
import org.apache.camel.main.MainListenerSupport;
import org.apache.camel.main.SimpleMainShutdownStrategy;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.spi.CliConnectorFactory;
import org.apache.camel.spi.Registry;
import org.apache.camel.spi.Resource;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;

/** Loads versions of the routes directory. All share connections, slots and the beans that routes name. Thread-safe. */
final class WorkflowLoader {
    private final EngineOptions options;
    private final SshSessions sessions;
    private final HostAccess access;
    private final HostSlots slots;
    private final Executor executor;
    private final Map<String, Object> beans;
    private final Bundles bundles;

    /**
     * @param access how orders reach hosts
     * @param beans  what routes name, besides what belongs to the files themselves
     */
    WorkflowLoader(EngineOptions options, SshSessions sessions, HostAccess access, HostSlots slots, Executor executor,
            Map<String, Object> beans) {
        this.options = options;
        this.access = access;
        this.sessions = sessions;
        this.slots = slots;
        this.executor = executor;
        this.beans = new LinkedHashMap<>(beans);
        this.bundles = new Bundles(sessions, options.dial(), options.data(), options.triggers());
        this.beans.put("bundle", bundles);
    }

    /** A Camel with the engine's settings, which begins nothing by itself on signals. */
    static Main camel(EngineOptions options) {
        Main main = new Main() {
            @Override
            protected CamelContext createCamelContext() {
                CamelContext context = super.createCamelContext();
                context.setClassResolver(new RememberingClassResolver(context));
                return context;
            }
        };
        // Signals mean something else to a run than to Camel: they ask it to stop, and it takes its time. Camel's default strategy, set
        // to ignore them, still keeps each Main in a shutdown hook until the process ends (4.18.0).
        main.setShutdownStrategy(new SimpleMainShutdownStrategy());
        main.setDefaultPropertyPlaceholderLocation(RunnerSettings.FILES);
        options.routes()
                .ifPresent(directory -> main.addOverrideProperty("caravan.routes", directory.toAbsolutePath().normalize().toString()));
        main.addOverrideProperty("camel.server.file-upload-directory",
                options.data().toAbsolutePath().normalize().resolve("uploads").toString());
        options.properties().forEach(main::addOverrideProperty);
        return main;
    }

    /** Lets only those routes start that others send to. */
    static void withoutTriggers(Main main) {
        main.configure().setRouteFilterIncludePattern("direct:*");
    }

    /** Gives a Camel what the routes of these files name. */
    Workflow bind(CamelContext context, RouteFiles files) {
        KubernetesTable versions = KubernetesTable.of(files);
        Actions actions = Actions.of(files);
        FailureRules rules = rules(files);
        ScriptEnvironment environment = new ScriptEnvironment(versions, Optional.of(bundles));
        StepRunner steps = new StepRunner(access, files, rules, environment, slots, options.data(), executor);
        Registry registry = context.getRegistry();
        registry.bind("steps", steps);
        registry.bind("stopSteps", new StopSteps(steps));
        registry.bind("stepRetries", new StepRetries(steps));
        registry.bind("routeFiles", files);
        registry.bind("failureRules", rules);
        registry.bind(Variables.EXECUTOR, executor);
        registry.bind("sshSessions", sessions);
        beans.forEach(registry::bind);
        registry.bind("settings", new ClusterSettings(versions));
        registry.bind("checkpoint", new Checkpoint());
        registry.bind("runtimes", new RuntimeUpgrade());
        Upgrades upgrades = new Upgrades(versions, environment);
        registry.bind("upgrade", upgrades);
        registry.bind("verify", new Verification(upgrades));
        tables(context, registry, files, versions);
        registry.bind("bundling", new Bundling(options.data(), options.triggers(), NetworkTable.of(files)));
        // camel-ssh names itself for that scheme too; which of the two a jar finds first is nobody's choice.
        context.addComponent("ssh", new CaravanSshComponent(sessions, options.dial()));
        context.getCamelContextExtension().addInterceptStrategy(new LogContext());
        return new Workflow(context, steps, actions);
    }

    /** The beans that read the tables of {@code routes/data}, which belong to these files. */
    private void tables(CamelContext context, Registry registry, RouteFiles files, KubernetesTable versions) {
        NetworkTable networks = NetworkTable.of(files);
        NetworkDocuments network = new NetworkDocuments(networks, Optional.of(bundles));
        Limits limits = Limits.from(name -> context.getPropertiesComponent().resolveProperty(name));
        registry.bind("network", network);
        registry.bind("probes", new Probes(versions));
        registry.bind("kubeadm", new KubeadmDocuments(versions));
        registry.bind("proxy", new HostProxies(versions));
        Preflight preflight = new Preflight(limits, versions, networks, PreflightTable.of(files));
        registry.bind("preflight", new PreflightCheck(preflight, versions, network, Optional.of(bundles)));
        registry.bind("deprecated", new DeprecatedApis(preflight, versions));
    }

    private static FailureRules rules(RouteFiles files) {
        String name = "errors/failures.yaml";
        try {
            return FailureRules.read(files.text(name).orElse("[]"));
        } catch (IOException | RuntimeException e) {
            throw new IllegalArgumentException(files.all().get(name).from() + " cannot be used: " + FailureRules.explain(e), null);
        }
    }

    /** Where that file's text comes from, for Camel. */
    static Resource resource(CamelContext context, RouteFiles files, RouteFile file) {
        return file.origin().isEmpty()
                ? ResourceHelper.resolveResource(context, "classpath:routes/" + file.name())
                : ResourceHelper.fromString("file:" + file.origin().get(), files.text(file.name()).orElseThrow());
    }

    /**
     * Loads the routes of these files into a context that has not started.
     *
     * @throws Exception where they cannot work: what they name is not there, or a shell cannot read a script
     */
    static void loadRoutes(CamelContext context, RouteFiles files) throws Exception {
        ModelCamelContext model = (ModelCamelContext) context;
        List<RouteDefinition> all = new ArrayList<>(model.getRouteDefinitions());
        // Triggers are looked at in any case: a service takes its own one by one, later.
        Function<RouteDefinition, Boolean> filter = model.getRouteFilter();
        model.setRouteFilter(route -> all.add(route) && (filter == null || filter.apply(route)));
        PluginHelper.getRoutesLoader(context).loadRoutes(files.routes().stream().map(file -> resource(context, files, file)).toList());
        model.setRouteFilter(filter);
        List<String> wrong = Stream.concat(LooseEnds.of(model, all, files).stream(), ScriptSyntax.errors(files).stream()).toList();
        if (!wrong.isEmpty()) {
            throw new IllegalStateException(String.join(System.lineSeparator(), wrong));
        }
    }

    /** A version in a Camel of its own, without triggers; stopping that ends it. */
    record Loaded(Main main, Workflow workflow) {}

    /**
     * Loads and starts the routes of these files, beside those that are loaded already.
     *
     * @throws CannotStart where a file is not as it should be; nothing is left of it then
     */
    Loaded load(RouteFiles files, String name) throws CannotStart {
        Main main = camel(options);
        withoutTriggers(main);
        Map.of("camel.main.name", name, "camel.server.enabled", "false", "camel.management.enabled", "false")
                .forEach(main::addOverrideProperty);
        Listener listener = new Listener(files);
        main.addMainListener(listener);
        try {
            main.start();
            return new Loaded(main, listener.workflow);
        } catch (Exception e) {
            CannotStart why = new CannotStart(Reason.of(e, main.getCamelContext()), e);
            main.stop();
            throw why;
        }
    }

    private final class Listener extends MainListenerSupport {
        private final RouteFiles files;
        private Workflow workflow;

        private Listener(RouteFiles files) {
            this.files = files;
        }

        @Override
        public void beforeConfigure(BaseMainSupport main) {
            CamelContext context = main.getCamelContext();
            workflow = bind(context, files);
            context.getCamelContextExtension().getContextPlugin(CliConnectorFactory.class).setEnabled(false);
        }

        @Override
        public void afterConfigure(BaseMainSupport main) {
            try {
                loadRoutes(main.getCamelContext(), files);
            } catch (Exception e) {
                throw new IllegalStateException(e.getMessage(), e);
            }
        }
    }
}
