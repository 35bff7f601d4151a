package dev.caravan.runner;

import dev.caravan.remote.HostAccess;
import dev.caravan.ssh.SshException;

/** Why an order to a zone was not carried out, or is not known to have been, in words for people. */
record ZoneFailures(String zone) {
    /** Whether it was carried out is not known. */
    SshException lost(Pending order, String why) {
        return new SshException(SshException.Kind.CONNECTION_LOST,
                "the connection to the runner of zone " + zone + " was lost: " + why + " (" + order + ")");
    }

    /** No runner took the order. */
    HostAccess.NoRunner none() {
        return new HostAccess.NoRunner("no runner of zone " + zone + " answers",
                "Start it on a machine in that zone: caravan runner --zone " + zone
                        + ". If it runs, look at its log, and whether both sides reach the broker.");
    }

    /** This process ends. */
    SshException closed() {
        return new SshException(SshException.Kind.CLOSED, "the link to zone " + zone + " was closed by this process");
    }
}
