package dev.caravan.bundle;

import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** The images that Kubernetes objects name: the values of their fields {@code image}. */
public final class ManifestImages {
    private static final int LARGEST = 16 << 20;

    private ManifestImages() {}

    /** @param manifest YAML that was read as objects before */
    public static Set<String> of(String manifest) {
        Set<String> images = new TreeSet<>();
        LoadSettings settings = LoadSettings.builder().setCodePointLimit(LARGEST).build();
        new Load(settings).loadAllFromString(manifest).forEach(document -> collect(document, images));
        return images;
    }

    private static void collect(Object value, Set<String> images) {
        if (value instanceof Map<?, ?> map) {
            map.forEach((key, each) -> {
                if ("image".equals(key) && each instanceof String image && !image.isBlank()) {
                    images.add(image);
                } else {
                    collect(each, images);
                }
            });
        } else if (value instanceof Collection<?> list) {
            list.forEach(each -> collect(each, images));
        }
    }
}
