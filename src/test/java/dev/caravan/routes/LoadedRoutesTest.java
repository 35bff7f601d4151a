package dev.caravan.routes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.routes.LoadedRoutes.LoadedRoute;
import java.util.List;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is told of loaded routes, and what is not. */
class LoadedRoutesTest {
    @ParameterizedTest
    @CsvSource({
        "direct:facts, direct:facts",
        "step:kubeadm-join?stdin=true&timeout=15m, step:kubeadm-join?stdin=true&timeout=15m",
        "gate:control-plane?action=await&waitsFor=it, gate:control-plane?action=await&waitsFor=it",
        "https://hooks.example.com/services/T000/s3cret?key=s3cret, https://hooks.example.com",
        "ftp://user:s3cret@files.example.com/specs?password=s3cret, ftp://files.example.com",
        "telegram:bots?authorizationToken=s3cret, telegram:bots",
        "kafka:specs?brokers=example.com, kafka:specs",
        "slack:#ops/s3cret, slack:#ops",
        "platform-http:/api/v1?x=y, platform-http:/api/v1",
        "'', ''"})
    void ofOthersAddressesTheOptionsUsersAndPathsAreKept(String uri, String told) {
        assertThat(LoadedRoutes.address(uri)).isEqualTo(told);
    }

    @Test
    void valuesThatRoutesSetAreNotShown() throws Exception {
        try (DefaultCamelContext context = BareContext.make()) {
            context.addRoutes(new RouteBuilder() {
                @Override
                public void configure() {
                    from("direct:a").routeId("a").description("tells nobody")
                            .setHeader("Authorization", constant("Bearer s3cret")).setVariable("x", simple("s3cret"))
                            .setBody(constant("s3cret")).log("s3cret")
                            .toD("https://example.com/${body}?token=s3cret")
                            .filter(simple("${body} == 1")).to("mock:x").end();
                }
            });
            List<LoadedRoute> routes = new LoadedRoutes(context, RouteFiles.builtIn()).all();
            assertThat(routes.toString()).contains("tells nobody", "setHeader", "mock:x", "${body} == 1").doesNotContain("s3cret");
        }
    }
}
