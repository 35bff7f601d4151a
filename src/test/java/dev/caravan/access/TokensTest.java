package dev.caravan.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.spec.Secret;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokensTest {
    @Test
    void oneLineIsTheTokenOfEverybody() throws Exception {
        Tokens tokens = Tokens.read("from-file\n");
        assertThat(tokens.caller("from-file")).contains(new Caller(Optional.empty(), Role.ADMIN, true));
        assertThat(tokens.caller("from-fil")).isEmpty();
        assertThat(tokens.caller("")).isEmpty();
        assertThat(tokens.only()).contains(new Secret("from-file"));
    }

    @Test
    void severalLinesNameWhoMayDoWhat() throws Exception {
        Tokens tokens = Tokens.read("# who\r\nann admin s3cret\r\n\nci@build.example\tview  other\n");
        assertThat(tokens.caller("s3cret")).contains(new Caller(Optional.of("ann"), Role.ADMIN, true));
        assertThat(tokens.caller("other")).contains(new Caller(Optional.of("ci@build.example"), Role.VIEW, true));
        assertThat(tokens.caller("ann admin s3cret")).isEmpty();
        assertThat(tokens.only()).isEmpty();
        assertThat(tokens.secrets()).containsExactlyInAnyOrder(new Secret("s3cret"), new Secret("other"));
    }

    @Test
    void oneNamedLineIsOne() throws Exception {
        assertThat(Tokens.read("ann view s3cret").caller("s3cret")).contains(new Caller(Optional.of("ann"), Role.VIEW, true));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\n# only a comment\n", "s3cret-1\ns3cret-2",
        "ann admin s3cret\nbob s3cret", "ann admin s3cret\nbob owner s3cret-2",
        "ann admin s3cret\nbob view s3cret", "ann admin s3cret\nann view s3cret-2", "ann admin s3cret\n<b> view s3cret-2",
        "ann admin s3cret\nbob view s3cret 2"})
    void whatIsNoTokenFileIsRefusedAndNotRepeated(String text) {
        assertThatThrownBy(() -> Tokens.read(text)).isInstanceOf(Tokens.Unreadable.class).hasMessageNotContaining("s3cret");
    }

    @Test
    void aRoleHasTheRightsOfThoseBeforeIt() {
        assertThat(Role.ADMIN.includes(Role.VIEW)).isTrue();
        assertThat(Role.OPERATE.includes(Role.OPERATE)).isTrue();
        assertThat(Role.VIEW.includes(Role.OPERATE)).isFalse();
        assertThat(Role.of("operate")).contains(Role.OPERATE);
        assertThat(Role.of("Admin")).isEmpty();
    }
}
