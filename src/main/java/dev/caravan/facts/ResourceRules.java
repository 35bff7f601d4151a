package dev.caravan.facts;

import dev.caravan.facts.Survey.Seen;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Processors, memory and disk space. */
final class ResourceRules {
    /** Below this share of free space the kubelet evicts pods and deletes images (imagefs.available, by default). */
    private static final int EVICTION_PERCENT = 15;

    private ResourceRules() {}

    static List<Finding> cpus(Survey survey) {
        List<Finding> findings = new ArrayList<>();
        for (Seen seen : survey.hosts()) {
            boolean controlPlane = seen.host().isControlPlane();
            int least = controlPlane ? survey.limits().controlPlaneCpus() : survey.limits().workerCpus();
            int cpus = seen.facts().machine().cpus();
            if (cpus < least) {
                findings.add(new Finding(
                        List.of(seen.name()),
                        "cpus",
                        controlPlane && !survey.kubeadmIgnores("NumCPU") ? Severity.REFUSES : Severity.WARNS,
                        cpus + " CPU" + (cpus == 1 ? "" : "s") + ", and a " + role(seen) + " needs " + least,
                        "Give the machine more CPUs."));
            }
        }
        return findings;
    }

    static List<Finding> memory(Survey survey) {
        List<Finding> findings = new ArrayList<>();
        for (Seen seen : survey.hosts()) {
            boolean controlPlane = seen.host().isControlPlane();
            long least = controlPlane ? survey.limits().controlPlaneMemoryMib() : survey.limits().workerMemoryMib();
            long memory = seen.facts().machine().memoryMib();
            if (memory < least) {
                findings.add(new Finding(
                        List.of(seen.name()),
                        "memory",
                        controlPlane && survey.kubeadmIgnores("Mem") ? Severity.WARNS : Severity.REFUSES,
                        "too little memory: " + memory + " MiB, and a " + role(seen) + " needs " + least,
                        "Give the machine more memory, or lower caravan.preflight.min-memory-mib."
                                + (controlPlane ? "control-plane" : "worker") + "."));
            }
        }
        return findings;
    }

    /** A node of this cluster has its packages and images already: there, little space is no reason to stop. */
    static List<Finding> disk(Survey survey) {
        List<Finding> findings = new ArrayList<>();
        for (Seen seen : survey.hosts()) {
            needs(survey, seen).forEach((disk, least) -> {
                Severity severity = seen.isMember() ? Severity.WARNS : Severity.REFUSES;
                if (disk.freeMib() < least) {
                    findings.add(new Finding(
                            List.of(seen.name()),
                            "disk",
                            severity,
                            "too little space on " + disk.mountPoint() + ": " + disk.freeMib() + " MiB free, " + least + " needed",
                            "Make room there."));
                } else if (disk.path().equals("/var/lib") && disk.freePercent() < EVICTION_PERCENT) {
                    findings.add(new Finding(
                            List.of(seen.name()),
                            "disk",
                            Severity.WARNS,
                            "only " + disk.freePercent() + " % of " + disk.mountPoint() + " is free",
                            "Below " + EVICTION_PERCENT + " % the kubelet deletes images and evicts pods. Make room there."));
                }
            });
        }
        return findings;
    }

    private static Map<Facts.Disk, Long> needs(Survey survey, Seen seen) {
        Limits limits = survey.limits();
        Map<Facts.Disk, Long> needs = new LinkedHashMap<>();
        for (Facts.Disk disk : seen.facts().disks()) {
            switch (disk.path()) {
                case "/var/lib" -> needs.put(disk, seen.host().isControlPlane() ? limits.controlPlaneDiskMib() : limits.workerDiskMib());
                case "/run" -> needs.put(disk, limits.runMib());
                default -> { }
            }
        }
        return needs;
    }

    private static String role(Seen seen) {
        return seen.host().isControlPlane() ? "control plane" : "worker";
    }
}
