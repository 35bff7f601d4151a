package dev.caravan.workflow;

import dev.caravan.workflow.ClusterHealth.Lack;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentCondition;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What CoreDNS lacks where it has no pod at all, in the words of its Deployment. Pure. */
final class DnsHealth {
    static final String NAMESPACE = "kube-system";
    static final String DEPLOYMENT = "coredns";

    /**
     * A pod that is refused like this is refused the next time as well: by a quota, by pod security, by a webhook or a policy, by the
     * limits of the namespace (kubernetes, plugin/pkg/admission/resourcequota, .../limitranger, pod-security-admission,
     * apiserver/pkg/admission/plugin). A webhook that does not answer or a service account that is not there yet may be transient.
     */
    private static final Pattern REFUSED = Pattern.compile(
            "exceeded quota: |failed quota: |violates PodSecurity |denied (the )?request|(minimum|maximum) \\S+ usage per ");

    private DnsHealth() {}

    /** Whether some pod is one of CoreDNS; what it lacks is then said of the pod. */
    static boolean hasPod(List<Pod> pods) {
        return pods.stream().map(pod -> pod.getMetadata().getLabels())
                .anyMatch(labels -> labels != null && "kube-dns".equals(labels.get("k8s-app")));
    }

    /**
     * What it lacks; nothing where it has a pod, or shall have none.
     *
     * @param deployment CoreDNS's; empty where the cluster has none, or it is not known
     */
    static Optional<Lack> lack(List<Pod> pods, Optional<Deployment> deployment) {
        if (hasPod(pods) || deployment.filter(DnsHealth::wantsPods).isEmpty()) {
            return Optional.empty();
        }
        Optional<DeploymentCondition> said = condition(deployment.get(), "ReplicaFailure", "True")
                .or(() -> condition(deployment.get(), "Progressing", "False"));
        String words = said.map(DeploymentCondition::getMessage).orElse("");
        String what = "a pod of deployment " + DEPLOYMENT + " to be created" + PodHealth.inBrackets(words);
        return Optional.of(new Lack(what, REFUSED.matcher(words).find(), Optional.empty()));
    }

    private static boolean wantsPods(Deployment deployment) {
        return deployment.getSpec() == null || deployment.getSpec().getReplicas() == null || deployment.getSpec().getReplicas() > 0;
    }

    private static Optional<DeploymentCondition> condition(Deployment deployment, String type, String status) {
        Stream<DeploymentCondition> all = deployment.getStatus() == null ? Stream.of() : deployment.getStatus().getConditions().stream();
        return all.filter(condition -> type.equals(condition.getType()) && status.equals(condition.getStatus()))
                .filter(condition -> condition.getMessage() != null).findFirst();
    }
}
