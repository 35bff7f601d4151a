package dev.caravan.kubeadm;

import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.common.FlowStyle;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.nodes.Tag;
import org.snakeyaml.engine.v2.representer.StandardRepresenter;
import org.snakeyaml.engine.v2.schema.CoreSchema;

/** Writes documents as YAML that a YAML 1.1 parser, as kubeadm's is, reads as the same values. */
final class YamlDocuments {
    private static final DumpSettings SETTINGS = DumpSettings.builder()
            .setSchema(new CoreSchema())
            .setDefaultFlowStyle(FlowStyle.BLOCK)
            .setIndicatorIndent(2)
            .setIndentWithIndicator(true)
            .setSplitLines(false)
            .setDereferenceAliases(true)
            .build();

    private YamlDocuments() {}

    /** The documents with {@code ---} between them, in the given order, keys in the maps' order. */
    static String write(List<Map<String, Object>> documents) {
        StringBuilder text = new StringBuilder();
        for (Map<String, Object> document : documents) {
            text.append(text.isEmpty() ? "" : "---\n").append(new Dump(SETTINGS, new Quoting()).dumpToString(document));
        }
        return text.toString();
    }

    /** Puts text in quotes wherever a YAML 1.1 parser might take it for something else. */
    private static final class Quoting extends StandardRepresenter {
        private static final Pattern WORD = Pattern.compile("[A-Za-z/][A-Za-z0-9._/@-]*(:[A-Za-z0-9._/@-]+)*");
        private static final Pattern ADDRESS =
                Pattern.compile("[0-9]+\\.[0-9]+\\.[0-9]+\\.[0-9]+([:/][0-9A-Za-z._/-]+)?");
        private static final Pattern OTHER_MEANING = Pattern.compile("(?i)y|n|yes|no|on|off|true|false|null");

        Quoting() {
            super(SETTINGS);
            representers.put(String.class, data -> {
                String text = data.toString();
                boolean plain =
                        (WORD.matcher(text).matches() || ADDRESS.matcher(text).matches())
                                && !OTHER_MEANING.matcher(text).matches();
                return representScalar(Tag.STR, text, plain ? ScalarStyle.PLAIN : ScalarStyle.DOUBLE_QUOTED);
            });
        }
    }
}
