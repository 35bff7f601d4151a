package dev.caravan.bundle;

import java.io.IOException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The name of an image, as pods have it. Immutable.
 *
 * @param registry   HOST or HOST:PORT
 * @param repository its path there
 * @param reference  a tag, or a digest
 */
record ImageName(String registry, String repository, String reference) {
    private static final Pattern FORM = Pattern.compile("(?<path>[a-z0-9][A-Za-z0-9._:/-]{0,250}?)"
            + "(:(?<tag>[A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?(@(?<digest>sha256:[0-9a-f]{64}))?");
    private static final Pattern REPOSITORY = Pattern.compile("[a-z0-9]+([._-]+[a-z0-9]+)*(/[a-z0-9]+([._-]+[a-z0-9]+)*)*");

    /** @throws IOException if it is none */
    static ImageName parse(String name) throws IOException {
        Matcher parts = FORM.matcher(name);
        if (!parts.matches()) {
            throw new IOException(name + " is no name of an image");
        }
        String path = parts.group("path");
        int slash = path.indexOf('/');
        String first = slash < 0 ? "" : path.substring(0, slash);
        boolean named = first.contains(".") || first.contains(":") || first.equals("localhost");
        String registry = named ? first : "docker.io";
        String repository = named ? path.substring(slash + 1) : path;
        if (registry.equals("docker.io") && !repository.contains("/")) {
            repository = "library/" + repository;
        }
        if (!REPOSITORY.matcher(repository).matches()) {
            throw new IOException(name + " is no name of an image");
        }
        String digest = parts.group("digest");
        String tag = parts.group("tag");
        return new ImageName(registry, repository, digest != null ? digest : tag != null ? tag : "latest");
    }

    /** Whether the reference is a digest, which no registry can point elsewhere. */
    boolean isByDigest() {
        return reference.startsWith("sha256:");
    }
}
