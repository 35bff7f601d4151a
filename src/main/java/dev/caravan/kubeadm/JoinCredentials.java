package dev.caravan.kubeadm;

import dev.caravan.spec.Secret;
import java.util.Optional;

/**
 * What a host needs to join. Minted for a join and revoked after it, never stored.
 *
 * @param token          a bootstrap token, {@code [a-z0-9]{6}.[a-z0-9]{16}}
 * @param caCertificate  the CA's certificate as PEM in base64
 * @param certificateKey 32 bytes in hex, where the host becomes a control plane
 */
public record JoinCredentials(Secret token, String caCertificate, Optional<Secret> certificateKey) {}
