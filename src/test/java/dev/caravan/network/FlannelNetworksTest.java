package dev.caravan.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** By the net-conf.json of the released kube-flannel.yml. */
class FlannelNetworksTest {
    private static final String RELEASED = """
            {
              "Network": "10.244.0.0/16",
              "EnableNFTables": false,
              "Backend": {
                "Type": "vxlan"
              }
            }
            """;

    @Test
    void oneIpv4Network() throws Exception {
        JsonNode configuration = with("10.42.0.0/16");

        assertThat(configuration.get("Network").textValue()).isEqualTo("10.42.0.0/16");
        assertThat(configuration.has("EnableIPv6")).isFalse();
        assertThat(configuration.has("EnableIPv4")).as("true by default").isFalse();
    }

    @Test
    void bothFamiliesInEitherOrder() throws Exception {
        for (String podSubnet : new String[] {"10.42.0.0/16,fd00:42::/56", "fd00:42::/56,10.42.0.0/16"}) {
            JsonNode configuration = with(podSubnet);

            assertThat(configuration.get("Network").textValue()).isEqualTo("10.42.0.0/16");
            assertThat(configuration.get("EnableIPv6").booleanValue()).isTrue();
            assertThat(configuration.get("IPv6Network").textValue()).isEqualTo("fd00:42::/56");
            assertThat(configuration.get("Backend").get("Type").textValue()).isEqualTo("vxlan");
        }
    }

    @Test
    void ipv6Alone() throws Exception {
        JsonNode configuration = with("fd00:42::/56");

        assertThat(configuration.has("Network")).isFalse();
        assertThat(configuration.get("EnableIPv4").booleanValue()).isFalse();
        assertThat(configuration.get("EnableIPv6").booleanValue()).isTrue();
        assertThat(configuration.get("IPv6Network").textValue()).isEqualTo("fd00:42::/56");
    }

    /** A later release may write it in another way; without this, the network would have the released addresses without a word. */
    @Test
    void aManifestThatDoesNotHaveTheReleasedNetworkIsRefused() {
        String other = RELEASED.replace("\"Network\": ", "\"Network\":");

        assertThatThrownBy(() -> FlannelNetworks.put(other, "10.244.0.0/16", "10.42.0.0/16")).isInstanceOf(IOException.class)
                .hasMessage("the network's manifest has no place for the pod subnet: it does not have '\"Network\": \"10.244.0.0/16\",'");
    }

    private static JsonNode with(String podSubnet) throws Exception {
        return new ObjectMapper().readTree(FlannelNetworks.put(RELEASED, "10.244.0.0/16", podSubnet));
    }
}
