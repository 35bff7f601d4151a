package dev.caravan.runner;

import dev.caravan.digest.Sha256;
import dev.caravan.remote.HostOrder;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The engine's side of {@link Texts}: which of them a zone's runner was sent. It may have missed or forgotten some all the same. It then
 * says so, and gets the order once more with all of its texts. For one thread.
 */
final class SentTexts {
    /** Each digest has its text with it. */
    private static final int MOST = 1_000;

    private final Map<String, String> digests = new HashMap<>();
    private final Set<String> sent = new HashSet<>();
    private String runner = "";

    /** An order that names its texts. @param texts those to send along, by digest */
    record Named(HostOrder order, Map<String, String> texts) {
        List<String> toSend() {
            return List.copyOf(texts.values());
        }
    }

    /** The order as it is sent to that runner. @param whole whether it has all of its texts with it */
    Named named(HostOrder order, String to, boolean whole) {
        if (!to.equals(runner) || digests.size() > MOST) {
            runner = to;
            sent.clear();
            digests.clear();
        }
        Map<String, String> texts = new LinkedHashMap<>();
        HostOrder named = Texts.replaced(order, text -> {
            String digest = digests.computeIfAbsent(text, Sha256::hex);
            if (whole || !sent.contains(digest)) {
                texts.put(digest, text);
            }
            return digest;
        });
        return new Named(named, texts);
    }

    /** The broker took it. */
    void sent(Named order) {
        sent.addAll(order.texts().keySet());
    }
}
