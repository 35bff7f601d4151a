package dev.caravan.tables;

import dev.caravan.spec.Cluster.RuntimeName;
import dev.caravan.tables.Minor.CgroupV1;
import dev.caravan.tables.Minor.DualStack;
import dev.caravan.tables.Minor.Ipvs;
import dev.caravan.tables.Minor.Least;
import dev.caravan.tables.Minor.PackageSignatures;
import dev.caravan.tables.Minor.Packager;
import dev.caravan.tables.Minor.Removed;
import dev.caravan.tables.Minor.Sockets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** Reads one row: what it says, and for the rest what the row before it says. */
final class MinorRow {
    /** Those that Caravan can write. */
    static final List<String> KUBEADM_APIS = List.of("v1beta1", "v1beta2", "v1beta3", "v1beta4");

    /** Those whose packages kube-install.sh knows. */
    private static final List<String> COMMANDS = List.of("conntrack", "iptables", "ip");

    private static final String[] KEYS = {"kubeadmApi", "kernel", "cgroupV1", "runtimes", "containerd", "criOMinorsApart", "sockets",
        "cgroupDriver", "etcd", "etcdUpgradeFrom", "kubeletMinorsOlder", "controlPlaneTaints", "commands", "kubeletAsksAmazon",
        "apiServerLosesWatches", "repositories", "dualStack", "ipvs", "nftablesKernel", "packageSignatures", "removes"};

    private static final List<RuntimeName> RUNTIMES = List.of(RuntimeName.DOCKER, RuntimeName.CONTAINERD, RuntimeName.CRI_O);

    private final Value row;
    private final Map<String, Value> fields;
    private final Minor before;

    private MinorRow(Value row, Minor before) {
        this.row = row;
        this.fields = row.fields(KEYS);
        this.before = before;
    }

    /** @param before the row before it; null for the first, which must say everything */
    static Minor read(int number, Value row, Minor before) {
        return new MinorRow(row, before).minor(number);
    }

    private Minor minor(int number) {
        return new Minor(
                number,
                field("kubeadmApi", Minor::kubeadmApi, value -> value.oneOf(KUBEADM_APIS, word -> word)),
                field("kernel", Minor::kernel, MinorRow::least),
                field("cgroupV1", Minor::cgroupV1, value -> value.constant(CgroupV1.values())),
                field("runtimes", Minor::runtimes, value -> value.items().stream()
                        .map(item -> item.oneOf(RUNTIMES, RuntimeName::word)).toList()),
                field("containerd", Minor::containerd, MinorRow::least),
                field("criOMinorsApart", Minor::criOMinorsApart, Value::number),
                field("sockets", Minor::sockets, value -> value.constant(Sockets.values())),
                field("cgroupDriver", Minor::cgroupDriver, value -> value.oneOf(List.of("cgroupfs", "systemd"), word -> word)),
                field("etcd", Minor::etcd, Value::version),
                // Each etcd has its own: what the row before says is not for this one.
                version(fields, "etcdUpgradeFrom")
                        .or(() -> fields.containsKey("etcd") || before == null ? Optional.empty() : before.etcdUpgradeFrom()),
                field("kubeletMinorsOlder", Minor::kubeletMinorsOlder, Value::number),
                field("controlPlaneTaints", Minor::controlPlaneTaints,
                        value -> value.items().stream().map(key -> key.text("[a-z0-9./-]+", "node-role.kubernetes.io/control-plane"))
                                .toList()),
                field("commands", Minor::commands,
                        value -> value.items().stream().map(item -> item.oneOf(COMMANDS, word -> word)).toList()),
                field("kubeletAsksAmazon", Minor::kubeletAsksAmazon, MinorRow::yes),
                // Tables that users copied before this key was there do not have it.
                fields.containsKey("apiServerLosesWatches") ? yes(fields.get("apiServerLosesWatches"))
                        : before != null && before.apiServerLosesWatches(),
                field("repositories", Minor::repositories,
                        value -> value.items().stream().map(item -> item.constant(Packager.values())).toList()),
                field("dualStack", Minor::dualStack, value -> value.constant(DualStack.values())),
                field("ipvs", Minor::ipvs, value -> value.constant(Ipvs.values())),
                version(fields, "nftablesKernel").or(() -> Optional.ofNullable(before).flatMap(Minor::nftablesKernel)),
                field("packageSignatures", Minor::packageSignatures, value -> value.constant(PackageSignatures.values())),
                removed(number));
    }

    private static boolean yes(Value value) {
        return value.oneOf(List.of("yes", "no"), word -> word).equals("yes");
    }

    private <T> T field(String name, Function<Minor, T> inherited, Function<Value, T> read) {
        if (fields.containsKey(name)) {
            return read.apply(fields.get(name));
        }
        if (before == null) {
            throw row.wrong("the oldest minor has no " + name, "its row must say everything");
        }
        return inherited.apply(before);
    }

    private static Least least(Value value) {
        Map<String, Value> fields = value.fields("refuseBelow", "warnBelow");
        return new Least(version(fields, "refuseBelow"), version(fields, "warnBelow"));
    }

    private static Optional<String> version(Map<String, Value> fields, String name) {
        return Optional.ofNullable(fields.get(name)).map(Value::version);
    }

    private Removed removed(int number) {
        Map<String, Value> removes = Optional.ofNullable(fields.get("removes"))
                .map(value -> value.fields("kubeadmFeatureGates", "featureGates", "kubeletFlags"))
                .orElse(Map.of());
        Removed earlier = before == null ? new Removed(Map.of(), Map.of(), Map.of()) : before.removed();
        return new Removed(
                with(earlier.kubeadmFeatureGates(), removes.get("kubeadmFeatureGates"), number),
                with(earlier.featureGates(), removes.get("featureGates"), number),
                with(earlier.kubeletFlags(), removes.get("kubeletFlags"), number));
    }

    private static Map<String, Integer> with(Map<String, Integer> earlier, Value names, int number) {
        Map<String, Integer> all = new LinkedHashMap<>(earlier);
        if (names != null) {
            names.items().forEach(name -> all.put(name.text("[A-Za-z0-9][A-Za-z0-9-]*", "pod-infra-container-image"), number));
        }
        return all;
    }
}
