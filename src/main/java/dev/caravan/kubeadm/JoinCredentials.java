package dev.caravan.kubeadm;

import dev.caravan.spec.Secret;
import java.util.Optional;

/**
 * What a host needs to join. Minted for a join and revoked after it, never stored.
 *
 * @param token          a bootstrap token, {@code [a-z0-9]{6}.[a-z0-9]{16}}
 * @param caCertHash     {@code sha256:} and the hash of the CA's public key
 * @param certificateKey 32 bytes in hex, where the host becomes a control plane
 */
public record JoinCredentials(Secret token, String caCertHash, Optional<Secret> certificateKey) {}
