package dev.caravan.history;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class HostWordsTest {
    @Test
    void theSameWordsOfTwoHostsAreEqual() {
        String first = HostWords.without("could not reach 10.0.0.1:6443 from h1: h1.", "h1", "10.0.0.1");
        assertThat(first).isEqualTo("could not reach ADDRESS:6443 from HOST: HOST.")
                .isEqualTo(HostWords.without("could not reach 10.0.0.2:6443 from h2: h2.", "h2", "10.0.0.2"));
        assertThat(HostWords.without("[fd00::1] and 10.0.0.1", "h1", List.of("10.0.0.1", "fd00::1"))).isEqualTo("[ADDRESS] and ADDRESS");
    }

    @Test
    void aNameOrAnAddressWithinALongerOneStays() {
        assertThat(HostWords.without("h10, h1-a, x.h1, h1.example.org and 10.0.0.11", "h1", "10.0.0.1"))
                .isEqualTo("h10, h1-a, x.h1, h1.example.org and 10.0.0.11");
        assertThat(HostWords.without("nothing of it", "", "")).isEqualTo("nothing of it");
        assertThat(HostWords.without("a$1 $h", "$h", "x")).isEqualTo("a$1 HOST");
    }
}
