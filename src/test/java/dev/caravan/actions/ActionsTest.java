package dev.caravan.actions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.actions.Action.ResumeFrom;
import dev.caravan.history.Shows;
import dev.caravan.history.Undoes;
import dev.caravan.routes.RouteFiles;
import dev.caravan.tables.InvalidData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What files of routes/actions declare, and what is said of wrong ones. */
class ActionsTest {
    private static final String FILE = """
            - route:
                id: polish
                description: Polishes the hosts.
                note: |
                  title: Polish the hosts
                  changesHosts: true
                  parameters:
                    shade: {type: string, default: pale, oneOf: [pale, dark], description: how it looks}
                    pause: {type: duration, default: 2m, description: between hosts}
                    coats: {type: integer, required: true, description: how often}
                    wax: {type: boolean, description: whether to use wax}
                    rooms: {type: hosts, description: only these}
                from:
                  uri: direct:polish
                  steps:
                    - log: done
            """;

    @TempDir
    private Path directory;

    private Actions with(String text) throws IOException {
        Files.writeString(Files.createDirectories(directory.resolve("actions")).resolve("polish.camel.yaml"), text);
        return Actions.of(RouteFiles.with(directory));
    }

    @Test
    void theBuiltInOnes() throws NoSuchAction {
        Actions actions = Actions.of(RouteFiles.builtIn());

        assertThat(actions.all()).extracting(Action::name)
                .containsExactly("adopt", "apply", "backup", "backups", "bundle", "certificates", "change-endpoint",
                        "force-unlock", "migrate-runtime", "plan", "renew-certificates", "reset", "restore", "rollback-run");
        assertThat(actions.all()).filteredOn(Action::asksFirst).extracting(Action::name)
                .containsExactly("force-unlock", "migrate-runtime", "reset", "restore", "rollback-run");
        assertThat(actions.all()).filteredOn(action -> !action.changesHosts()).extracting(Action::name)
                .containsExactly("adopt", "backup", "backups", "bundle", "certificates", "plan");
        assertThat(actions.all()).filteredOn(Action::plan).extracting(Action::name).containsExactly("certificates", "plan");
        assertThat(actions.all()).filteredOn(Action::isRecorded).extracting(Action::name)
                .containsExactly("apply", "change-endpoint", "force-unlock", "migrate-runtime", "renew-certificates", "restore");
        assertThat(actions.require("apply").resumeFrom()).isEqualTo(ResumeFrom.CHECKPOINT);
        assertThat(actions.require("reset").undoes()).isEqualTo(Undoes.CLUSTER);
        assertThat(actions.rollback().name()).isEqualTo("rollback-run");
        assertThat(actions.named(Optional.empty()).name()).isEqualTo("apply");
        assertThat(Offer.values()).extracting(offer -> actions.offered(offer).orElseThrow().name())
                .containsExactly("apply", "plan", "certificates", "renew-certificates", "backup", "restore");
        assertThat(actions.all()).filteredOn(action -> action.shows() != Shows.FACTS)
                .extracting(action -> action.name() + " " + action.shows().word())
                .containsExactly("adopt nothing", "apply spec", "plan drift");
    }

    @Test
    void aUsersActionIsOfferedBeforeABuiltInOne() throws Exception {
        Actions actions = with(FILE.replace("title:", "offeredFor: [renewal, plan]\n      shows: drift\n      title:"));

        assertThat(actions.requireOffered(Offer.RENEWAL).name()).isEqualTo("polish");
        assertThat(actions.requireOffered(Offer.PLAN).shows()).isEqualTo(Shows.DRIFT);
        assertThat(actions.requireOffered(Offer.SPEC).name()).isEqualTo("apply");
    }

    /** Copies of earlier versions do not say what their actions show, and where they are offered. */
    @Test
    void aFileThatReplacesABuiltInOneIsOfferedWhereThatIs() throws Exception {
        String apply = RouteFiles.builtIn().text("actions/apply.camel.yaml").orElseThrow();
        String former = apply.replaceAll(" +(shows|offeredFor): .*\n", "").replace("        plan: {type", "        proof: {type");
        assertThat(former).doesNotContain("offeredFor", "plan: {");
        Path copy = Files.createDirectories(directory.resolve("actions")).resolve("apply.camel.yaml");
        Files.writeString(copy, former);
        assertThat(Actions.of(RouteFiles.with(directory)).named(Optional.empty()).shows()).isEqualTo(Shows.SPEC);

        Files.writeString(copy, former.replace("title:", "offeredFor: []\n      title:"));
        Actions without = Actions.of(RouteFiles.with(directory));
        assertThatThrownBy(() -> without.named(Optional.empty())).isInstanceOf(NoSuchAction.class)
                .hasMessageContaining("no action declares offeredFor: [spec]; name one of adopt, apply");
    }

    @Test
    void anActionThatNamesPreflightAsEarlierVersionsDidIsResumedFromTheCheckpoint() throws Exception {
        String former = FILE.replace("title:", "resumeFrom: preflight\n      title:");
        assertThat(with(former).require("polish").resumeFrom())
                .isEqualTo(ResumeFrom.CHECKPOINT);
    }

    @Test
    void aNameOfEarlierVersionsStandsForThePresentOne() throws NoSuchAction {
        assertThat(Actions.of(RouteFiles.builtIn()).require("rollback").name()).isEqualTo("rollback-run");
    }

    @Test
    void anUnchangedCopyOfABuiltInFileIsStillBuiltIn() throws Exception {
        String apply = RouteFiles.builtIn().text("actions/apply.camel.yaml").orElseThrow();
        Path copy = Files.createDirectories(directory.resolve("actions")).resolve("apply.camel.yaml");

        Files.writeString(copy, apply);
        assertThat(Actions.of(RouteFiles.with(directory)).require("apply").builtIn()).isTrue();

        Files.writeString(copy, apply + "# ours" + System.lineSeparator());
        assertThat(Actions.of(RouteFiles.with(directory)).require("apply").builtIn()).isFalse();
    }

    @Test
    void aFileOfAUserIsAnActionAndItsParametersAreTyped() throws Exception {
        Action polish = with(FILE).require("polish");

        assertThat(polish.builtIn()).isFalse();
        assertThat(polish.description()).isEqualTo("Polishes the hosts.");
        assertThat(polish.call(Map.of("coats", "3", "pause", "1h")).parameters())
                .containsExactlyInAnyOrderEntriesOf(Map.of("shade", "pale", "pause", 3600L, "coats", 3L));
        assertThat(polish.call(Map.of("coats", "3", "wax", "true")).parameters()).containsEntry("wax", true);
        assertThat(polish.call(Map.of("coats", "3")).limitedTo()).isEmpty();
        assertThat(polish.call(Map.of("coats", "3", "rooms", "h2,h3")).limitedTo()).containsExactly("h2", "h3");
    }

    /** So that a resumed run gets the very same. */
    @Test
    void valuesAsTextsGiveTheSameValues() throws Exception {
        Action polish = with(FILE).require("polish");
        Action.ActionCall call = polish.call(Map.of("coats", "3", "pause", "1h", "wax", "false"));

        assertThat(polish.call(call.texts())).isEqualTo(call);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "shade=dark         | the parameter coats of polish is missing: it is a whole number, for example 3",
        "coats=many         | the parameter coats of polish cannot be \"many\": it is a whole number",
        "coats=3 shade=red  | it is one of pale, dark",
        "coats=3 wax=yes    | it is true or false",
        "coats=3 pause=soon | it is a duration, for example 90s, 10m or 2h",
        "coats=3 rooms=a;b  | it is names of hosts with commas between them, for example h2,h3",
        "coats=3 shde=dark  | polish has no parameter shde; did you mean shade?",
        "coats=3 x=y        | polish has no parameter x; it has shade, pause, coats, wax, rooms"
    })
    void wrongParametersAreNamedWithWhatWouldBeRight(String given, String said) throws Exception {
        Map<String, String> parameters = new java.util.LinkedHashMap<>();
        for (String each : given.strip().split(" ")) {
            parameters.put(each.split("=")[0], each.split("=")[1]);
        }
        Action polish = with(FILE).require("polish");

        assertThatThrownBy(() -> polish.call(parameters)).isInstanceOf(InvalidParameters.class).hasMessageContaining(said);
    }

    @Test
    void anUnknownActionIsNamedWithThoseThatThereAre() throws IOException {
        Actions actions = with(FILE);

        assertThatThrownBy(() -> actions.require("polsh")).isInstanceOf(NoSuchAction.class)
                .hasMessage("there is no action \"polsh\"; did you mean polish? Known: adopt, apply, backup, backups, bundle, "
                        + "certificates, change-endpoint, force-unlock, migrate-runtime, plan, polish, renew-certificates, reset, restore, "
                        + "rollback-run");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "changesHosts: true  | changesHost: true          | line 6: unknown key changesHost",
        "changesHosts: true  | changesHosts: perhaps      | line 6: \"perhaps\" is not known; known: true, false",
        "changesHosts: true  | asksFirst: true            | line 5: changesHosts is missing",
        "type: integer       | type: number               | line 10: \"number\" is not known; known: string, integer, boolean, duration, h",
        "default: 2m         | default: soon              | line 9: \"soon\" is no default of pause; it is a duration",
        "changesHosts: true  | undoes: run                | line 6: an action that undoes a run needs the parameter run",
        "coats: {            | action: {                  | line 10: a parameter cannot be called action",
        "required: true      | required: true, default: 3 | line 10: a required parameter has no default",
        "type: duration      | type: hosts                | line 9: the parameter pause of type hosts is required or has a default",
        "id: polish          | id: polsh                  | line 2: the route of this file must have the id polish",
        "uri: direct:polish  | uri: direct:polsh          | the route must begin with direct:polish",
        "note:               | group:                     | line 1: the route declares no action"
    })
    void aWrongDeclarationIsRefusedWithFileAndLine(String right, String wrong, String said) throws IOException {
        assertThat(FILE).contains(right.strip());

        assertThatThrownBy(() -> with(FILE.replace(right.strip(), wrong.strip()))).isInstanceOf(InvalidData.class)
                .hasMessageContaining("actions/polish.camel.yaml").hasMessageContaining(said.strip());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "offeredFor: [walls]   | \"walls\" is not known; known: spec, plan, certificates, renewal, backup, restore",
        "offeredFor: [restore] | an action that is offered for restore needs the parameter backup; under parameters: backup: {type: string",
        "shows: all            | \"all\" is not known; known: facts, spec, drift, nothing"
    })
    void aPlaceThatDoesNotExistOrThatNeedsAParameterIsRefused(String line, String said) {
        assertThatThrownBy(() -> with(FILE.replace("title:", line.strip() + "\n      title:"))).isInstanceOf(InvalidData.class)
                .hasMessageContaining("line 5: ").hasMessageContaining(said.strip());
    }

    /** The note is a part of Camel's own model, so tools that keep that keep it. */
    @Test
    void camelTakesTheDeclarationAndKeepsIt() throws Exception {
        try (DefaultCamelContext context = new DefaultCamelContext()) {
            PluginHelper.getRoutesLoader(context).loadRoutes(ResourceHelper.fromString("polish.camel.yaml", FILE));

            assertThat(context.getRouteDefinition("polish").getNote()).startsWith("title: Polish the hosts\nchangesHosts: true\n");
        }
    }
}
