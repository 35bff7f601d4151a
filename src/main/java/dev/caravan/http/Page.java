package dev.caravan.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The web page: one file that needs nothing from elsewhere, and a policy that lets the browser run nothing else. */
final class Page {
    private static final String FILE = "web/index.html";

    private final byte[] html;
    private final String policy;

    Page() {
        this.html = read();
        String text = new String(html, StandardCharsets.UTF_8);
        this.policy = "default-src 'none'; connect-src 'self'; img-src data:; script-src " + hash(text, "script") + "; style-src " + hash(text, "style")
                + "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    }

    Reply answer() {
        return new Reply(200, "text/html; charset=utf-8", html, Map.of("Content-Security-Policy", policy));
    }

    private static byte[] read() {
        try (InputStream in = Page.class.getClassLoader().getResourceAsStream(FILE)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException("the page cannot be read", e);
        }
    }

    /** The one element of that name, as a content security policy names it. */
    private static String hash(String text, String element) {
        Matcher matcher = Pattern.compile("<" + element + ">(.*?)</" + element + ">", Pattern.DOTALL).matcher(text);
        if (!matcher.find()) {
            throw new IllegalStateException("the page has no element " + element);
        }
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(matcher.group(1).getBytes(StandardCharsets.UTF_8));
            return "'sha256-" + Base64.getEncoder().encodeToString(digest) + "'";
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
