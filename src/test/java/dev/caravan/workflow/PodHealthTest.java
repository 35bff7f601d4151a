package dev.caravan.workflow;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.TolerationBuilder;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Pods that are not Ready: which are waited for, and which never will be. */
class PodHealthTest extends NodesAndPods {
    @Test
    void aPodThatRunsAndIsNotReadyIsWaitedForByNameAndNode() {
        Pod coredns = pod("coredns-y", "Running", true);
        coredns.getSpec().setNodeName("h2");
        coredns.getStatus().getConditions().get(0).setStatus("False");
        pods.add(coredns);

        assertThat(missing()).containsExactly("pod coredns-y on h2 to be ready");
        assertThat(permanent()).containsExactly(false);
    }

    @Test
    void aPodThatIsBeingDeletedAndTheProbesOwnAreNotLookedAt() {
        Pod goes = pod("coredns-old", "Running", false);
        goes.getMetadata().setDeletionTimestamp("2026-01-01T00:00:00Z");
        Pod probe = pod("caravan-probe-h1", "Pending", false);
        probe.getMetadata().setLabels(Map.of("app", "caravan-probe"));
        pods.addAll(List.of(goes, probe));

        assertThat(missing()).isEmpty();
    }

    /** The scheduler's words are kube-scheduler's of 1.37 and of 1.20. */
    @Test
    void taintsThatKeepAPodFromEveryNodeArePermanentAndNamed() {
        nodes.set(0, tainted(nodes.get(0), "node-role.kubernetes.io/control-plane:NoSchedule", "dedicated=infra:NoSchedule"));
        nodes.set(1, tainted(nodes.get(1), "dedicated=infra:NoSchedule"));
        pods.add(pending("0/2 nodes are available: 2 node(s) had untolerated taint(s). no new claims to deallocate, preemption: 0/2 nodes "
                        + "are available: 2 Preemption is not helpful for scheduling.",
                new TolerationBuilder().withKey("node-role.kubernetes.io/control-plane").withEffect("NoSchedule").build(),
                new TolerationBuilder().withKey("CriticalAddonsOnly").withOperator("Exists").build()));

        assertThat(missing()).singleElement().asString()
                .startsWith("pod coredns-y to have a node: it tolerates none of the taints dedicated=infra:NoSchedule (0/2 nodes are "
                        + "available");
        assertThat(permanent()).containsExactly(true);
    }

    @Test
    void aTaintIsNotPermanentWhereANodeIsFreeOrMayBeOrAToleratedOne() {
        String said = "0/2 nodes are available: 1 node(s) had taint {node.kubernetes.io/not-ready: }, that the pod didn't tolerate, 1 "
                + "Insufficient cpu.";
        nodes.set(0, tainted(nodes.get(0), "dedicated=infra:NoSchedule"));
        pods.add(pending(said));
        assertThat(permanent()).as("h2 has no taint").containsExactly(false);

        nodes.set(1,
                tainted(nodes.get(1), "node.kubernetes.io/not-ready:NoSchedule", "node.cilium.io/agent-not-ready:NoExecute",
                        "soft:PreferNoSchedule"));
        assertThat(permanent()).as("h2's pass").containsExactly(false);

        nodes.set(1, tainted(nodes.get(1), "dedicated=infra:NoSchedule"));
        pods.set(1, pending(said, new TolerationBuilder().withKey("dedicated").withOperator("Equal").withValue("infra").build()));
        assertThat(permanent()).as("tolerated").containsExactly(false);

        pods.set(1, pending(said, new TolerationBuilder().withOperator("Exists").build()));
        assertThat(permanent()).as("tolerates all").containsExactly(false);

        pods.set(1, pending(said));
        nodes.set(1, tainted(node("h2", "v1.20.2", "False", Map.of()), "dedicated=infra:NoSchedule"));
        assertThat(permanent()).as("a node may still come").containsExactly(false, false);
    }

    /** The words are those of kube-controller-manager's ReplicaSets, as API servers of 1.2x and 1.3x refuse a pod. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "ReplicaFailure | True | pods \"coredns-7d764666f9-x2x\" is forbidden: exceeded quota: few, requested: pods=1, used: pods=6, "
                + "limited: pods=6 | true",
        "ReplicaFailure | True | pods \"coredns-7d764666f9-x2x\" is forbidden: failed quota: few: must specify limits.cpu for: "
                + "coredns | true",
        "ReplicaFailure | True | pods \"coredns-7d764666f9-x2x\" is forbidden: violates PodSecurity \"restricted:latest\": "
                + "seccompProfile | true",
        "ReplicaFailure | True | admission webhook \"deny.example.com\" denied the request: no pods here | true",
        "ReplicaFailure | True | pods \"coredns-x\" is forbidden: ValidatingAdmissionPolicy 'no' with binding 'no' denied request: no pods "
                + "here | true",
        "ReplicaFailure | True | pods \"coredns-x\" is forbidden: maximum memory usage per Container is 64Mi, but limit is 170Mi | true",
        "ReplicaFailure | True | pods \"coredns-x\" is forbidden: status unknown for quota: few, resources: pods | false",
        "ReplicaFailure | True | pods \"coredns-x\" is forbidden: error looking up service account kube-system/coredns: serviceaccount "
                + "\"coredns\" not found | false",
        "ReplicaFailure | True | Internal error occurred: failed calling webhook \"w.example.com\": connect: connection refused | false",
        "Progressing | False | ReplicaSet \"coredns-7d764666f9\" has timed out progressing. | false"})
    void aCoreDnsWithoutAPodIsNamedAtOnceWithItsCause(String type, String status, String message, boolean isPermanent) {
        dns = Optional.of(coredns(2, type, status, message));

        assertThat(missing()).containsExactly("a pod of deployment coredns to be created (" + message + ")");
        assertThat(permanent()).containsExactly(isPermanent);
    }

    @Test
    void aCoreDnsWithoutAPodIsWaitedForWhereNothingIsSaidAndNotAskedForWhereNoneIsWanted() {
        dns = Optional.of(coredns(2, "Progressing", "True", "Created new replica set"));
        assertThat(missing()).containsExactly("a pod of deployment coredns to be created");
        assertThat(permanent()).containsExactly(false);

        dns.get().setStatus(null);
        assertThat(missing()).containsExactly("a pod of deployment coredns to be created");

        dns = Optional.of(coredns(0, "Progressing", "True", "Created new replica set"));
        assertThat(missing()).isEmpty();

        dns = Optional.of(coredns(2, "ReplicaFailure", "True", "pods \"coredns-y\" is forbidden: exceeded quota: few"));
        Pod one = pod("coredns-x", "Running", true);
        one.getMetadata().setLabels(Map.of("k8s-app", "kube-dns"));
        pods.add(one);
        assertThat(missing()).as("what it lacks is said of the pod that is there").isEmpty();
    }

    /** kubelet's words with containerd 2 and with dockershim, and of a registry that does not answer. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "ErrImagePull | failed to pull and unpack image \"r.example/pause:9\": failed to resolve reference \"r.example/pause:9\": "
                + "r.example/pause:9: not found | true",
        "ErrImagePull | rpc error: code = Unknown desc = Error response from daemon: manifest for r.example/pause:9 not found: manifest "
                + "unknown: manifest unknown | true",
        "ImagePullBackOff | Back-off pulling image \"r.example/pause:9\": ErrImagePull: pull access denied, repository does not exist or "
                + "may require authorization | true",
        "ErrImageNeverPull | Container image \"r.example/pause:9\" is not present with pull policy of Never | true",
        "InvalidImageName | Failed to apply default image tag \"R:9:9\": couldn't parse image name | true",
        "ErrImagePull | failed to do request: Head \"https://r.example/v2/pause/manifests/9\": dial tcp 192.0.2.1:443: connect: connection "
                + "refused | false",
        "ImagePullBackOff | Back-off pulling image \"r.example/pause:9\" | false"})
    void anImageThatIsNotThereIsPermanentAndARegistryThatIsAwayIsNot(String reason, String message, boolean isPermanent) {
        pods.add(waiting(reason, message, 0));

        assertThat(missing()).singleElement().asString().startsWith("pod kube-proxy-x on h2 to run (" + reason + ": ")
                .contains(message.substring(0, 40));
        assertThat(permanent()).containsExactly(isPermanent);
    }

    @Test
    void aCrashLoopIsNamedAtOnceAndPermanentAfterSomeCrashes() {
        pods.add(waiting("CrashLoopBackOff", "back-off 10s restarting failed container=kube-proxy", 1));
        assertThat(missing()).containsExactly("pod kube-proxy-x on h2 to run (CrashLoopBackOff: kube-proxy ended 1 times, the last time "
                + "with status 1)");
        assertThat(permanent()).containsExactly(false);

        pods.set(1, waiting("CrashLoopBackOff", "back-off 2m40s restarting failed container=kube-proxy", 5));
        assertThat(permanent()).containsExactly(true);
        assertThat(PodHealth.crashing(pods.get(1))).isPresent();
    }
}
