package dev.caravan.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a route names and what is not there is found when routes are loaded, wherever the route names it. */
class LooseEndsTest {
    private static final String OTHERS = """
            - routeConfiguration:
                id: patient-errors
                onException:
                  - onException:
                      exception: [java.lang.Exception]
                      steps:
                        - to: direct:preflight
            - route:
                id: preflight
                from:
                  uri: direct
                  parameters:
                    name: preflight
                  steps:
                    - to: step:prepare
            """;

    @TempDir
    private Path directory;

    @BeforeEach
    void script() throws Exception {
        Files.createDirectories(directory.resolve("scripts"));
        Files.writeString(directory.resolve("scripts/prepare.sh"), "true\n");
    }

    /** @param step of a route {@code apply}, which begins in the first line of its file and this in the sixth */
    private List<String> with(String step, String configuration) throws Exception {
        try (DefaultCamelContext context = BareContext.make()) {
            context.setSourceLocationEnabled(true);
            Properties properties = new Properties();
            properties.put("target", "prefligth");
            context.getPropertiesComponent().setInitialProperties(properties);
            String apply = "- route:\n    id: apply\n" + configuration + "    from:\n      uri: direct:apply\n      steps:\n"
                    + step.indent(8);
            PluginHelper.getRoutesLoader(context).loadRoutes(ResourceHelper.fromString("file:mine/apply.camel.yaml", apply),
                    ResourceHelper.fromString("classpath:routes/others.camel.yaml", OTHERS));
            return LooseEnds.of(context, context.getRouteDefinitions(), RouteFiles.with(directory));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "- to: direct:prefligth",
        "- to: {uri: direct, parameters: {name: prefligth}}",
        "- to: \"direct:{{target}}\"",
        "- to: direct:prefligth?timeout=1",
        "- wireTap: {uri: direct:prefligth}",
        "- toD: direct:prefligth",
        "- enrich: {constant: direct:prefligth}",
        "- recipientList: {constant: \"direct:preflight,direct:prefligth\"}",
        "- choice: {when: [{simple: \"${body}\", steps: [{to: direct:preflight}]}], otherwise: {steps: [{to: direct:prefligth}]}}",
        "- doTry: {steps: [{to: direct:preflight}], doCatch: [{exception: [java.lang.Exception], steps: [{to: direct:prefligth}]}]}",
        "- doTry: {steps: [{to: direct:preflight}], doFinally: {steps: [{to: direct:prefligth}]}}",
        "- split: {simple: \"${body}\", steps: [{filter: {simple: \"${body}\", steps: [{to: direct:prefligth}]}}]}"})
    void aRouteThatNobodyHasIsNamedWithTheNearestOne(String step) throws Exception {
        assertThat(with(step, "")).singleElement().asString().startsWith("mine/apply.camel.yaml, line ")
                .endsWith(": no route begins with direct:prefligth; did you mean direct:preflight?");
    }

    @Test
    void theLineIsThatOfTheStep() throws Exception {
        assertThat(with("- to: direct:preflight\n- to: direct:nobody-has-it", ""))
                .containsExactly("mine/apply.camel.yaml, line 7: no route begins with direct:nobody-has-it");
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "- to: direct:preflight", "- to: step:prepare", "- to: step:other?script=prepare.sh", "- toD: \"direct:${variable.run.action}\"",
        "- to: mock:anything",
        "- to: direct:nobody?failIfNoConsumers=false", "- to: \"direct:{{missing}}\"", "- enrich: {simple: \"direct:${body}\"}"})
    void whatIsThereOrIsKnownOnlyInARunIsLeftAlone(String step) throws Exception {
        assertThat(with(step, "")).isEmpty();
    }

    @Test
    void aStepWithoutAScriptIsNamed() throws Exception {
        assertThat(with("- to: {uri: step:preparee, parameters: {timeout: 2m}}", "")).singleElement().asString()
                .contains("step:preparee has no script scripts/preparee.sh; did you mean scripts/prepare.sh?");
        assertThat(with("- to: step:prepare?script=preparre.sh", "")).singleElement().asString()
                .contains("step:prepare has no script scripts/preparre.sh; did you mean scripts/prepare.sh?");
    }

    @Test
    void aRouteConfigurationThatIsNotThereIsNamed() throws Exception {
        assertThat(with("- to: direct:preflight", "    routeConfigurationId: patient-errors\n")).isEmpty();
        assertThat(with("- to: direct:preflight", "    routeConfigurationId: patient-erorrs\n")).singleElement().asString()
                .contains("there is no routeConfiguration patient-erorrs; did you mean patient-errors?");
    }

    @Test
    void aScriptThatNoShellCanReadIsNamedWithItsLineAndOthersAreNotRun() throws Exception {
        Files.writeString(directory.resolve("scripts/facts.sh"), "if true; then\n  echo x\n");
        Files.writeString(directory.resolve("scripts/notes.txt"), "if");
        Files.writeString(directory.resolve("scripts/run.sh"), "touch " + directory.resolve("ran") + "\n");

        // dash refuses it; the sh of a host may be bash, and without one here nothing tells
        Files.writeString(directory.resolve("scripts/of-bash.sh"), Files.isExecutable(Path.of("/bin/bash")) ? "hosts=(h1 h2)\n" : "");
        assertThat(ScriptSyntax.errors(RouteFiles.with(directory))).singleElement().asString()
                .startsWith(directory.resolve("scripts/facts.sh") + ", line ").containsIgnoringCase("syntax error");
        assertThat(directory.resolve("ran")).doesNotExist();
        assertThat(ScriptSyntax.errors(RouteFiles.builtIn())).isEmpty();
    }
}
