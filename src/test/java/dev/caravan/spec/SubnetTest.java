package dev.caravan.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class SubnetTest {
    @Test
    void findsOverlaps() {
        assertThat(Subnet.parse("10.0.0.0/8").overlaps(Subnet.parse("10.96.0.0/12")))
                .isTrue();
        assertThat(Subnet.parse("10.96.0.0/12").overlaps(Subnet.parse("10.0.0.0/8")))
                .isTrue();
        assertThat(Subnet.parse("10.244.0.0/16").overlaps(Subnet.parse("10.96.0.0/12")))
                .isFalse();
        assertThat(Subnet.parse("fd00::/48").overlaps(Subnet.parse("fd00:0:0:1::/64")))
                .isTrue();
        assertThat(Subnet.parse("::/0").overlaps(Subnet.parse("0.0.0.0/0")))
                .as("of different families")
                .isFalse();
    }

    @Test
    void cutsBlocksForNodes() {
        Subnet pods = Subnet.parse("10.244.0.0/16");

        assertThat(pods.blocks(24)).isEqualTo(256);
        assertThat(pods.block(0, 24)).hasToString("10.244.0.0/24");
        assertThat(pods.block(255, 24)).hasToString("10.244.255.0/24");
        assertThat(Subnet.parse("200.1.0.0/16").block(2, 24)).hasToString("200.1.2.0/24");
        assertThat(Subnet.parse("10.0.0.0/25").blocks(24)).isEqualTo(BigInteger.ZERO);
        assertThat(Subnet.parse("fd00::/48").block(1, 64)).isEqualTo(Subnet.parse("fd00:0:0:1::/64"));
        assertThatThrownBy(() -> pods.block(256, 24)).isInstanceOf(IllegalArgumentException.class);
    }

    @Property(tries = 300)
    void blocksLieInsideAndApart(
            @ForAll @IntRange(min = 0, max = 255) int first, @ForAll @IntRange(min = 0, max = 255) int second) {
        Subnet pods = Subnet.parse("10.244.0.0/16");

        assertThat(pods.contains(pods.block(first, 24).network())).isTrue();
        assertThat(pods.block(first, 24).overlaps(pods.block(second, 24))).isEqualTo(first == second);
    }

    @Test
    void refusesWhatIsNoNetwork() {
        for (String text : List.of(
                "",
                "10.0.0.0",
                "10.0.0/8",
                "10.0.0.0/",
                "10.0.0.0/33",
                "10.0.0.0/-1",
                "10.0.0.0/08",
                "localhost/8",
                "fd00::/129",
                "::1%lo/64",
                "1::2::3/64")) {
            assertThatThrownBy(() -> Subnet.parse(text)).as(text).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void tellsAddressesFromNamesWithoutAskingAnyone() {
        for (String text : List.of("192.0.2.1", "0.0.0.0", "255.255.255.255", "::1", "2001:db8::192.0.2.1")) {
            assertThat(IpAddress.is(text)).as(text).isTrue();
        }
        for (String text : List.of(
                "", "localhost", "192.0.2.256", "192.0.2", "1", "h1.example.org", "192.0.2.1:22", "::g", "beef")) {
            assertThat(IpAddress.is(text)).as(text).isFalse();
        }
        assertThat(IpAddress.withPort("2001:db8::1", 6443)).isEqualTo("[2001:db8::1]:6443");
    }
}
