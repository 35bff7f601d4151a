package dev.caravan.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.caravan.testkit.Serving;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A client in TypeScript that OpenAPI Generator makes of the served description: it compiles with all checks of tsc, and a program that
 * uses it does so against a real server. The generator is taken from the local Maven repository, tsc and node are programs of the machine;
 * without them the test is skipped, and says how to get them.
 */
@Tag("long")
class TypeScriptClientTest {
    private static final String GENERATOR = "7.17.0";
    private static final String PROGRAM = """
            import {Configuration, RunsApi, ClustersApi, Run, ResponseError} from './client';

            async function main(base: string): Promise<void> {
              const runs = new RunsApi(new Configuration({basePath: base}));
              const spec = {apiVersion: 'caravan/v1', kind: 'Cluster', metadata: {name: 'typed'},
                spec: {kubernetes: {version: '1.20.2'}, hosts: [{name: 'h1', address: '192.0.2.77', roles: ['control-plane']}]}} as const;
              const begun = await runs.beginRun({cluster: spec as any, action: 'apply', idempotencyKey: 'typed-1'});
              const run: Run = await runs.showRun({id: begun.id.slice(0, 6)});
              const possible: Array<string> = run.possible;
              const listed = await runs.listRuns({cluster: 'typed', limit: 5});
              await runs.cancelRun({id: run.id});
              const clusters = await new ClustersApi(new Configuration({basePath: base})).listClusters();
              let refused = '';
              try {
                await runs.beginRun({cluster: {} as any});
              } catch (problem) {
                refused = problem instanceof ResponseError ? String(problem.response.status) : String(problem);
              }
              console.log([run.action, run.cluster, possible.join('+'), listed.runs.length, clusters.clusters[0].name, refused].join(' '));
            }

            main(process.argv[2]).catch(async problem => {
              console.log(problem instanceof ResponseError ? problem.response.url + ' ' + await problem.response.text() : problem);
              process.exit(1);
            });
            """;
    private static final String SETTINGS = """
            {"compilerOptions": {"target": "es2020", "module": "commonjs", "lib": ["es2020", "dom"], "strict": true, "outDir": "out",
             "types": []}, "files": ["use.ts", "process.d.ts"]}
            """;

    @TempDir
    Path directory;

    @Test
    void aGeneratedClientCompilesAndWorks() throws Exception {
        Path generator = Path.of(System.getenv().getOrDefault("HOME", "/"), ".m2/repository/org/openapitools/openapi-generator-cli",
                GENERATOR, "openapi-generator-cli-" + GENERATOR + ".jar");
        assumeTrue(Files.exists(generator), "mvn dependency:get -Dtransitive=false -Dartifact=org.openapitools:openapi-generator-cli:"
                + GENERATOR);
        assumeTrue(isThere("tsc") && isThere("node"), "apt-get install node-typescript");
        try (Serving serving = Serving.start(directory, Optional.empty())) {
            Client client = new Client(serving);
            Path description = directory.resolve("openapi.json");
            Files.writeString(description, client.http().send(HttpRequest.newBuilder(serving.uri("/api/v1/openapi.json")).build(),
                    BodyHandlers.ofString()).body());
            // Without them it needs TypeScript 4.9; the types are the same.
            execute("java", "-jar", generator.toString(), "generate", "-i", description.toString(), "-g", "typescript-fetch", "-o",
                    "client", "--additional-properties=withoutRuntimeChecks=true");
            Files.writeString(directory.resolve("use.ts"), PROGRAM);
            Files.writeString(directory.resolve("process.d.ts"), "declare const process: {argv: string[], exit(status: number): void};\n");
            Files.writeString(directory.resolve("tsconfig.json"), SETTINGS);
            execute("tsc", "-p", "tsconfig.json");
            assertThat(execute("node", "out/use.js", serving.uri("").toString())).isEqualTo("apply typed cancel 1 typed 422");
        }
    }

    private static boolean isThere(String program) {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(":")).anyMatch(each -> Files.isExecutable(Path.of(each, program)));
    }

    private String execute(String... command) throws IOException, InterruptedException {
        Path output = directory.resolve("output");
        Process process = new ProcessBuilder(new ArrayList<>(List.of(command))).directory(directory.toFile()).redirectErrorStream(true)
                .redirectOutput(output.toFile()).start();
        try {
            assertThat(process.waitFor(5, TimeUnit.MINUTES)).as("%s ends", List.of(command)).isTrue();
        } finally {
            process.destroyForcibly();
        }
        assertThat(process.exitValue()).as(Files.readString(output)).isZero();
        return Files.readString(output).strip();
    }
}
