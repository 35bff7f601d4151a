package dev.caravan.journal;

/** Characters that not every database takes: U+0000, and halves of surrogate pairs. Programs on hosts print them. */
final class Characters {
    private Characters() {}

    /** With U+FFFD in their place. */
    static String storable(String text) {
        return replaced(text, false);
    }

    /** The same of JSON, where they can be written as escapes. */
    static String storableJson(String json) {
        return replaced(json, true);
    }

    private static String replaced(String text, boolean escaped) {
        StringBuilder storable = null;
        for (int i = 0; i < text.length(); i++) {
            char at = text.charAt(i);
            boolean pair = Character.isHighSurrogate(at) && i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1));
            if (at == 0 || Character.isSurrogate(at) && !pair) {
                storable = storable == null ? new StringBuilder(text.substring(0, i)) : storable;
                storable.append(escaped ? String.format("\\u%04x", (int) at) : "\ufffd");
            } else if (storable != null) {
                storable.append(at);
            }
            if (pair) {
                i++;
                if (storable != null) {
                    storable.append(text.charAt(i));
                }
            }
        }
        return storable == null ? text : storable.toString();
    }
}
