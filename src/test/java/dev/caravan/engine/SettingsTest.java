package dev.caravan.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.routes.BareContext;
import java.util.List;
import java.util.Properties;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.api.Test;

class SettingsTest {
    private static DefaultCamelContext with(String name, String value) {
        DefaultCamelContext context = BareContext.make();
        Properties properties = new Properties();
        properties.put(name, value);
        context.getPropertiesComponent().setInitialProperties(properties);
        return context;
    }

    @ParameterizedTest
    @CsvSource({
        "caravan.hosts-at-a-time, x, CARAVAN_HOSTS_AT_A_TIME", "caravan.hosts-at-a-time, 0, from 1", "caravan.hosts-at-a-time, '', is empty",
        "caravan.inbox.settle-millis, -5, CARAVAN_INBOX_SETTLE_MILLIS", "caravan.http.requests-per-second, abc, whole number", "caravan.routes.look-millis, 0, from 1",
        "caravan.verify.seconds, 99999999999999999999, to 86400", "caravan.preflight.min-cpus.worker, 1.5, whole number", "caravan.camel-tools, maybe, true or false"})
    void aValueThatCannotBeIsRefusedByTheSettingsName(String name, String value, String said) throws Exception {
        try (DefaultCamelContext context = with(name, value)) {
            assertThatThrownBy(() -> Settings.check(context)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining(name).hasMessageContaining(said);
        }
    }

    @ParameterizedTest
    @CsvSource({"caravan.hosts-at-a-time, 1", "caravan.inbox.settle-millis, 0", "caravan.preflight.min-cpus.worker, ''", "caravan.camel-tools, ' TRUE '", "caravan.http.streams, ' 512 '"})
    void othersAreTaken(String name, String value) throws Exception {
        try (DefaultCamelContext context = with(name, value)) {
            assertThatCode(() -> Settings.check(context)).doesNotThrowAnyException();
        }
    }

    @Test
    void aNameThatNothingReadsIsToldWithTheNearestOneAndVariablesOfOthersAreNot() throws Exception {
        try (DefaultCamelContext context = with("caravan.host-at-a-time", "4")) {
            assertThat(Settings.unknown(context.getPropertiesComponent(), List.of("caravan.verify.secondz", "caravan.verify.seconds", "java.home"),
                    List.of("CARAVAN_HTTP_REQUEST_PER_SECOND", "CARAVAN_TOKEN", "CARAVAN_LOG_LEVEL", "CARAVAN_PORT_8080_TCP", "CARAVAN_HTTP_STREAMS"))).containsExactly(
                    "there is no setting caravan.host-at-a-time; did you mean caravan.hosts-at-a-time?",
                    "there is no setting caravan.verify.secondz; did you mean caravan.verify.seconds?",
                    "nothing reads the variable CARAVAN_HTTP_REQUEST_PER_SECOND; did you mean CARAVAN_HTTP_REQUESTS_PER_SECOND?");
        }
    }
}
