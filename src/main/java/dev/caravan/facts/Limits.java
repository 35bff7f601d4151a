package dev.caravan.facts;

import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;

/**
 * What a host must have at least. A spec cannot change these; the user who runs Caravan can, by the properties that
 * {@link #from(Function)} reads.
 *
 * @param controlPlaneMemoryMib kubeadm's own limit, which it gives as 1700 MB and counts in MiB (ControlPlaneMem in its constants)
 * @param workerMemoryMib       kubeadm has none; a machine sold as 1 GB passes, and kubelet, runtime and kube-proxy fit
 * @param controlPlaneCpus      kubeadm's own limit (ControlPlaneNumCPU)
 * @param workerCpus            kubeadm has none
 * @param controlPlaneDiskMib   free space where packages and images go: about 1 GiB unpacked, and etcd
 * @param workerDiskMib         the same without the control plane's images
 * @param runMib                free space of /run, where steps keep their logs and runtimes their state
 * @param clockSkew             how far two hosts' clocks may be apart: certificates are valid from the moment they are made
 */
public record Limits(
        long controlPlaneMemoryMib,
        long workerMemoryMib,
        int controlPlaneCpus,
        int workerCpus,
        long controlPlaneDiskMib,
        long workerDiskMib,
        long runMib,
        Duration clockSkew) {

    public static Limits defaults() {
        return new Limits(1700, 700, 2, 1, 3000, 2000, 16, Duration.ofSeconds(30));
    }

    /**
     * The defaults with what the properties say instead: {@code caravan.preflight.min-memory-mib.control-plane} and
     * {@code .worker}, {@code min-cpus.control-plane} and {@code .worker}, {@code min-disk-mib.control-plane} and {@code .worker},
     * {@code min-disk-mib.run}, {@code max-clock-skew-seconds}, all with the prefix {@code caravan.preflight.}.
     *
     * @param property gives a property's value by its name
     * @throws IllegalArgumentException if a value is not a whole number of 0 or more
     */
    public static Limits from(Function<String, Optional<String>> property) {
        Limits defaults = defaults();
        Reader read = (name, otherwise) -> number(property, name, otherwise);
        return new Limits(
                read.value("min-memory-mib.control-plane", defaults.controlPlaneMemoryMib),
                read.value("min-memory-mib.worker", defaults.workerMemoryMib),
                Math.toIntExact(read.value("min-cpus.control-plane", defaults.controlPlaneCpus)),
                Math.toIntExact(read.value("min-cpus.worker", defaults.workerCpus)),
                read.value("min-disk-mib.control-plane", defaults.controlPlaneDiskMib),
                read.value("min-disk-mib.worker", defaults.workerDiskMib),
                read.value("min-disk-mib.run", defaults.runMib),
                Duration.ofSeconds(read.value("max-clock-skew-seconds", defaults.clockSkew.toSeconds())));
    }

    private interface Reader {
        long value(String name, long otherwise);
    }

    private static long number(Function<String, Optional<String>> property, String name, long otherwise) {
        String key = "caravan.preflight." + name;
        Optional<String> value = property.apply(key).map(String::strip).filter(text -> !text.isEmpty());
        if (value.isPresent() && !value.get().matches("[0-9]{1,9}")) {
            throw new IllegalArgumentException(key + " is " + value.get() + "; it takes a whole number of 0 or more");
        }
        return value.map(Long::parseLong).orElse(otherwise);
    }
}
