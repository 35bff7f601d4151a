package dev.caravan.spec;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/** Words that output is full of: to hide one of them everywhere would hide what the output says. */
final class CommonWords {
    /** What commands, units, paths and messages are made of, besides the words of the spec's own schema. */
    private static final String LISTED = """
            action address addresses admin again alias api apiserver apply apps apt arch args attempt attempts audit auth available
            backup backups bare base bash before began begun bin body boot bridge build busy cache calico cancelled caravan cause
            centos certificate certificates cgroup cgroupfs change changed changes check checked checksum cilium client clock close
            cluster clusters code command commands common config configuration configured connect connection connections containerd
            container containers content control copy coredns could count create created cri crictl curl daemon data date days debian
            default delete deleted deny deploy device directory disabled disk dnf dns docker dockerd done down download downloaded drain
            driver drop email enable enabled encrypted ended engine entry error errors etcd etcdctl event events every example exec exit
            exited expired facts failed failure failures false feature fetch fetched fewer file files find finding findings first
            flannel follow force found free from front gate group groups health healthy hello help high home host hostname hosts http
            https image images inbox index info init install installed interface internal invalid iptables ipvs join joined journal json
            kernel keep keys kill kind kube kubeadm kubeconfig kubectl kubelet kubernetes label labels lacks last leader left less level
            lib library limit line lines link links linux list listen listening load loaded local lock locked login logs loopback
            machine main manage managed manager manifest manifests master maximum memory message metrics minikube mirror missing mode
            module modules mount move name names namespace network networks newest next nginx node nodes none notes nothing object
            objects offline online open openssl operator option options order other output owner package packages page parameter
            passed passphrase passwd password path patch pause pending permission permissions pipe plain plan platform plugin pods
            policy pool port ports postgres preflight prepare present present private probe process product profile program progress
            protocol proxy public pull pulled purge quiet quota range read reading ready reason reboot rebooted record records
            redhat refused registry release released remedy remote remove removed renew renewed replace repo repository request
            required reset resource restart restarted restore restored result retries retry right rocky role rolled rollback root
            route routes rules running runs runtime schema script scripts search secret secrets section secure security selinux server
            servers service services session settings setup shared shell short show size skip skipped slow socket soft solo source
            space spec stable stack started state states static status step steps stop stopped storage stored subnet succeeded sudo
            support swap switch sync sysctl system systemd systemctl table tags tail taint taints target task tasks temp template
            temporary test tests text thread time timeout timer title token took tools total trace true trust ubuntu under
            unit units unknown unset update updated upgrade upgraded uptime usage user users using usr valid value values var verify
            version versions view virtual volume volumes wait waiting waits warning when where which will wipe with word work worker
            workers workflow write written wrong yaml year your yum zone
            """;
    private static final Set<String> WORDS = words();

    private CommonWords() {}

    static boolean contain(String text) {
        return WORDS.contains(text.toLowerCase(Locale.ROOT));
    }

    private static Set<String> words() {
        Set<String> words = new HashSet<>(Arrays.asList(LISTED.strip().split("\\s+")));
        try {
            ofSchema(new ObjectMapper().readTree(Schema.text()), words);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("the schema of the spec is not JSON", e);
        }
        return words;
    }

    /** The keys that a spec may have, and the words that may stand for values. */
    private static void ofSchema(JsonNode node, Set<String> words) {
        node.path("properties").fieldNames().forEachRemaining(name -> words.add(name.toLowerCase(Locale.ROOT)));
        node.path("enum").forEach(word -> words.add(word.asText().toLowerCase(Locale.ROOT)));
        node.forEach(child -> ofSchema(child, words));
    }
}
