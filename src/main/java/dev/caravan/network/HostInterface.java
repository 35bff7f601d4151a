package dev.caravan.network;

import dev.caravan.spec.Cluster;
import dev.caravan.spec.Cluster.Cni;
import java.io.IOException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which interface of the hosts flannel and Calico use, in their released manifests: the one that the spec names, or that of each node's
 * address, if the spec has internal addresses. By themselves both take the one of the default route, or the first one.
 */
final class HostInterface {
    private static final Pattern FLANNEL_ARGUMENT = Pattern.compile("^( *)- --kube-subnet-mgr\n", Pattern.MULTILINE);
    private static final Pattern FLANNEL_VARIABLE = Pattern.compile("^( *)- name: POD_NAME\n", Pattern.MULTILINE);
    private static final Pattern CALICO_VARIABLE = Pattern.compile("^( *)- name: IP\n *value: \"autodetect\"\n", Pattern.MULTILINE);

    private HostInterface() {}

    /**
     * The manifest for this cluster.
     *
     * @throws IOException if it is not in the form that is known, so that the network would use another interface
     */
    static String put(String manifest, Cluster cluster) throws IOException {
        Optional<String> name = cluster.network().networkInterface();
        boolean internal = cluster.hosts().stream().anyMatch(host -> !host.internalAddresses().isEmpty());
        if (name.isEmpty() && !internal) {
            return manifest;
        }
        if (cluster.network().cni() == Cni.FLANNEL) {
            return flannel(manifest, name);
        }
        return cluster.network().cni() == Cni.CALICO ? calico(manifest, name) : manifest;
    }

    /** flannel takes an interface's name or its address (Documentation/configuration.md, --iface). */
    private static String flannel(String manifest, Optional<String> name) throws IOException {
        String put = beside(manifest, FLANNEL_ARGUMENT, "$1- --iface=" + Matcher.quoteReplacement(name.orElse("$(NODE_ADDRESS)")) + "\n");
        return name.isPresent() ? put : beside(put, FLANNEL_VARIABLE,
                "$1- name: NODE_ADDRESS\n$1  valueFrom:\n$1    fieldRef:\n$1      fieldPath: status.hostIP\n");
    }

    /** The name is a regular expression (docs.tigera.io, "Configure IP autodetection"). */
    private static String calico(String manifest, Optional<String> name) throws IOException {
        String method = name.map(text -> "interface=^" + text.replace(".", "\\.") + "$").orElse("kubernetes-internal-ip");
        return beside(manifest, CALICO_VARIABLE,
                "$1- name: IP_AUTODETECTION_METHOD\n$1  value: '" + Matcher.quoteReplacement(method) + "'\n");
    }

    /** Puts text before what is found, which is once in the manifest. */
    private static String beside(String manifest, Pattern found, String text) throws IOException {
        Matcher matcher = found.matcher(manifest);
        if (matcher.results().count() != 1) {
            throw new IOException("the network's manifest has no place for the interface: it does not have \"" + found + "\" once");
        }
        return matcher.reset().replaceFirst(text + "$0");
    }
}
