package dev.caravan.runner;

import dev.caravan.digest.Sha256;
import dev.caravan.remote.HostOrder;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The runner's side of {@link Texts}: those that engines sent, by the digests that it makes itself. So no engine can replace a text that
 * another one means. What was not used for longest is forgotten first. Thread-safe.
 */
final class KeptTexts {
    private final long most;
    private final LinkedHashMap<String, String> kept = new LinkedHashMap<>(64, 0.75f, true);
    private long size;

    /** @param most so many characters are kept */
    KeptTexts(long most) {
        this.most = most;
    }

    /** What is ordered, with the texts that it names. Empty if one of them is neither in the message nor kept. */
    synchronized Optional<HostOrder> whole(Message.Order message) {
        Map<String, String> texts = new HashMap<>();
        if (message.texts() != null) {
            message.texts().forEach(text -> texts.put(Sha256.hex(text), text));
        }
        boolean[] lacks = {false};
        HostOrder whole = Texts.replaced(message.order(), digest -> {
            // A text that came again is not a second copy in memory.
            String text = kept.getOrDefault(digest, texts.get(digest));
            lacks[0] |= text == null;
            return text;
        });
        texts.forEach(this::keep);
        return lacks[0] ? Optional.empty() : Optional.of(whole);
    }

    private void keep(String digest, String text) {
        if (kept.putIfAbsent(digest, text) == null) {
            size += text.length();
        }
        var oldest = kept.entrySet().iterator();
        while (size > most) {
            size -= oldest.next().getValue().length();
            oldest.remove();
        }
    }
}
