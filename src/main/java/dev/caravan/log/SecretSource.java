package dev.caravan.log;

import dev.caravan.spec.Secret;
import java.util.Collection;
import java.util.List;

/** Somebody who knows secrets that no log may have. */
public interface SecretSource {
    /** What it knows at this moment. Called on any thread. */
    Collection<Secret> secrets();

    /** What stays whole although a secret is in it, such as the names of hosts. Called on any thread. */
    default Collection<String> names() {
        return List.of();
    }
}
