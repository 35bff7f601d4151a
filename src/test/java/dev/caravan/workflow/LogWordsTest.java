package dev.caravan.workflow;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LogWordsTest {
    /** kube-proxy 1.37.2 where it may not write a limit. */
    @Test
    void givesTheLastErrorOfKlogWithoutTimeAndPlace() {
        String log = """
                I1128 07:46:30.101010       1 server_linux.go:53] "Using iptables proxy"
                E1128 07:46:30.222222       1 run.go:72] "command failed" err="open /proc/sys/net/netfilter/nf_conntrack_max: permission denied"
                I1128 07:46:30.303030       1 server.go:9] "Shutting down"
                """;

        assertThat(LogWords.last(log))
                .contains("\"command failed\" err=\"open /proc/sys/net/netfilter/nf_conntrack_max: permission denied\"");
    }

    @Test
    void givesTheLastLineWhereNoneSpeaksOfAnError() {
        assertThat(LogWords.last("starting\n\nno route yet, bye\n  \n")).contains("no route yet, bye");
        assertThat(LogWords.last("panic: nil map\ngoroutine 1 [running]:\n")).contains("panic: nil map");
    }

    @Test
    void saysNothingWhereTheLogDoesNot() {
        assertThat(LogWords.last("\n \n")).isEmpty();
        assertThat(LogWords.last(null)).isEmpty();
        assertThat(LogWords.last("x".repeat(1000)).orElseThrow()).hasSize(301);
    }
}
