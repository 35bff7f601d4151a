package dev.caravan.testkit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The routes of {@link Serving}: a workflow that waits, routes of a user, and one that is broken. */
final class ServedRoutes {
    private static final String WORKFLOW = """
            - route:
                id: run
                from:
                  uri: direct:run
                  steps:
                    - to:
                        uri: gate:test
                        parameters:
                          action: await
                          waitsFor: the test
            """;
    private static final String OWN_ROUTE = """
            - route:
                id: own
                from:
                  uri: platform-http:/own
                  steps:
                    - setBody:
                        description: Says whose it is.
                        constant: own
            """;
    private static final String ECHO_ROUTE = """
            - route:
                id: echo
                from:
                  uri: platform-http:/echo
                  steps:
                    - setBody:
                        simple: "headers: ${headers}"
            """;
    /** An action that declares all that can be declared of a parameter. */
    private static final String ACTION = """
            - route:
                id: polish
                description: Polishes the hosts.
                note: |
                  title: Polish the hosts
                  changesHosts: true
                  asksFirst: true
                  formerly: [rub]
                  parameters:
                    shade: {type: string, default: pale, oneOf: [pale, dark], description: how it is to look}
                    pause: {type: duration, default: 2m, description: how long to wait between hosts}
                    coats: {type: integer, required: true, description: how often}
                    wax: {type: boolean, default: false, description: whether to use wax}
                from:
                  uri: direct:polish
                  steps:
                    - log: "${variable.parameters[shade]}"
            """;
    private static final String BROKEN_ROUTE = """
            - route:
                id: broken
                from:
                  uri: platform-http:/broken
                  steps:
                    - throwException:
                        exceptionType: java.lang.IllegalStateException
                        message: broken on purpose
            """;

    private ServedRoutes() {}

    /** Writes them into that directory. */
    static void write(Path routes) throws IOException {
        Files.writeString(routes.resolve("run.camel.yaml"), WORKFLOW);
        Files.writeString(routes.resolve("own.camel.yaml"), OWN_ROUTE);
        Files.writeString(routes.resolve("echo.camel.yaml"), ECHO_ROUTE);
        Files.writeString(Files.createDirectories(routes.resolve("actions")).resolve("polish.camel.yaml"), ACTION);
        Files.writeString(routes.resolve("broken.camel.yaml"), BROKEN_ROUTE);
    }
}
