package dev.caravan.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class SpecEditTest {
    private static final String FLOW = """
            # the \uD83D\uDE80 cluster
            apiVersion: caravan/v1
            kind: Cluster
            metadata: {name: demo}
            spec:
              kubernetes: {version: 1.36.1, podSubnet: 10.244.0.0/16} # pinned
              hosts:
                - {name: h1, address: 192.0.2.11, roles: [control-plane]}
                - {name: h2, address: 192.0.2.12, roles: [worker], state: present} # the last one

              onFailure: keep
            """;
    private static final String BLOCK = """
            apiVersion: caravan/v1
            kind: Cluster
            metadata:
              name: demo
            spec:
              kubernetes:
                version: '1.36.1'
              hosts:
              - name: h1
                address: 192.0.2.11
                roles:
                - control-plane
              - address: 192.0.2.12
                name: h2 # the second
                roles:
                - worker
            """;

    private static SpecEdit edit(String text) throws Exception {
        return SpecEdit.of(text, "test");
    }

    private static Cluster read(String text) throws Exception {
        return SpecReader.read(text, "test");
    }

    @Test
    void onlyTheVersionBecomesAnother() throws Exception {
        assertThat(edit(FLOW).withVersion("1.37.2")).isEqualTo(FLOW.replace("1.36.1", "1.37.2"));
        assertThat(edit(BLOCK).withVersion("1.37.2")).isEqualTo(BLOCK.replace("'1.36.1'", "1.37.2"));
    }

    @Test
    void aHostIsToBeAbsent() throws Exception {
        assertThat(edit(FLOW).withState("h1", "absent")).isEqualTo(FLOW.replace("name: h1,", "name: h1, state: absent,"));
        assertThat(edit(FLOW).withState("h2", "absent")).isEqualTo(FLOW.replace("state: present", "state: absent"));
        String block = edit(BLOCK).withState("h2", "lost");
        assertThat(block).isEqualTo(BLOCK.replace("    name: h2 # the second", "    name: h2\n    state: lost # the second"));
        assertThat(read(block).everyHost()).hasSize(2);
    }

    @Test
    void aHostIsAddedBehindTheOthers() throws Exception {
        String added = "- {name: h3, address: 192.0.2.13, roles: [worker]}";
        assertThat(edit(FLOW).withHost("h3", "192.0.2.13", "worker"))
                .isEqualTo(FLOW.replace("# the last one\n", "# the last one\n    " + added + "\n"));
        assertThat(edit(BLOCK).withHost("h3", "192.0.2.13", "worker")).isEqualTo(BLOCK + "  " + added + "\n");
        String json = """
                {"apiVersion": "caravan/v1", "kind": "Cluster", "metadata": {"name": "demo"}, "spec": {"kubernetes": {"version": "1.36.1"},
                 "hosts": [{"name": "h1", "address": "192.0.2.11", "roles": ["control-plane"]}]}}
                """;
        assertThat(read(edit(json).withHost("h3", "192.0.2.13", "worker")).hosts()).extracting(Host::name).containsExactly("h1", "h3");
        assertThat(edit(FLOW.stripTrailing()).withHost("10", "fd00::3", "worker"))
                .contains("{name: \"10\", address: \"fd00::3\", roles: [worker]}");
    }

    @Test
    void whatIsNotThereIsSaid() throws Exception {
        assertThatThrownBy(() -> edit(FLOW).withState("h9", "absent")).hasMessage("the spec has no host h9");
        assertThatThrownBy(() -> edit("spec: {hosts: 3}").withHost("h3", "192.0.2.13", "worker"))
                .hasMessage("the spec has no list of hosts");
        assertThatThrownBy(() -> edit("kind: x").withVersion("1.37.2")).hasMessage("the spec has no spec");
        assertThatThrownBy(() -> edit(": [")).isInstanceOf(InvalidSpec.class);
    }

    @Test
    void theHostsThatLeaveAreKnown() throws Exception {
        assertThat(SpecEdit.hostsThatLeave(edit(BLOCK).withState("h2", "lost"))).containsExactly("h2");
        assertThat(SpecEdit.hostsThatLeave(edit(FLOW).withState("h1", "absent"))).containsExactly("h1");
        assertThat(SpecEdit.hostsThatLeave(FLOW)).isEmpty();
        assertThat(SpecEdit.hostsThatLeave(": [")).isEmpty();
    }

    @Test
    void nothingButAWordIsWritten() {
        for (String word : new String[] {"a, b: c", "a}", "\"", "a\nb", "", "a #b", "${env:X}"}) {
            assertThatThrownBy(() -> edit(FLOW).withHost(word, "192.0.2.13", "worker")).isInstanceOf(SpecEdit.NotThere.class);
        }
    }
}
