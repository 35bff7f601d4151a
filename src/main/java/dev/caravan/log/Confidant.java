package dev.caravan.log;

import dev.caravan.spec.Secret;
import java.util.Collection;

/** Somebody who knows secrets that no log may have. */
public interface Confidant {
    /** What it knows at this moment. Called on any thread. */
    Collection<Secret> secrets();
}
