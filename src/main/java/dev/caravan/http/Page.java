package dev.caravan.http;

import dev.caravan.digest.Sha256;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPOutputStream;

/**
 * The web page: {@code web/index.html} with the style sheet and the scripts that it names put into it, so that it needs nothing from
 * elsewhere, and a policy that lets the browser run nothing else and make no markup of text.
 */
final class Page {
    private static final String DIRECTORY = "web/";
    /** In the page's header. */
    private static final String HOSTS = "{{hosts}}";
    /** RFC 9110, 12.5.3: named, and not with the weight 0. */
    private static final Pattern GZIP = Pattern.compile("(?i)(?:^|,)\\s*gzip\\s*(?:,|$|;\\s*q=(?!0(?:\\.0*)?\\s*(?:,|$)))");
    private static final Pattern NAMED =
            Pattern.compile("<link rel=\"stylesheet\" href=\"([a-z]+\\.css)\" />|<script src=\"([a-z]+\\.js)\"></script>");

    private final byte[] html;
    private final byte[] compressed;
    private final String policy;

    /** @param rehearsal whether the hosts are simulated: its header says so */
    Page(boolean rehearsal) {
        List<String> styles = new ArrayList<>();
        List<String> scripts = new ArrayList<>();
        String text = NAMED.matcher(read("index.html")).replaceAll(named -> Matcher.quoteReplacement(named.group(1) != null
                ? element("style", read(named.group(1)), styles)
                : element("script", read(named.group(2)), scripts)));
        this.html = text.replace(HOSTS, rehearsal ? "Rehearsal: simulated hosts" : "Real hosts").getBytes(StandardCharsets.UTF_8);
        this.compressed = gzip(html);
        this.policy = "default-src 'none'; connect-src 'self'; img-src data:; script-src " + String.join(" ", scripts) + "; style-src "
                + String.join(" ", styles)
                + "; require-trusted-types-for 'script'; trusted-types 'none'; base-uri 'none'; form-action 'none'; "
                + "frame-ancestors 'none'";
    }

    /** Compressed for those who take that: it was once, as the engine began. */
    Reply answer(Request request) {
        boolean small = request.header("accept-encoding").map(GZIP.asPredicate()::test).orElse(false);
        Reply reply = new Reply(200, "text/html; charset=utf-8", small ? compressed : html,
                Map.of("Content-Security-Policy", policy, "Vary", "Accept-Encoding"));
        return small ? reply.header("Content-Encoding", "gzip") : reply;
    }

    private static byte[] gzip(byte[] content) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
            out.write(content);
        } catch (IOException e) {
            throw new UncheckedIOException("nothing is written but memory", e);
        }
        return bytes.toByteArray();
    }

    private static String read(String name) {
        try (InputStream in = Page.class.getClassLoader().getResourceAsStream(DIRECTORY + name)) {
            if (in == null) {
                throw new IllegalStateException("the page's file " + name + " is missing from this build");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("the page's file " + name + " cannot be read", e);
        }
    }

    /** The element, whose content's hash joins those that the policy lets pass. */
    private static String element(String name, String content, List<String> hashes) {
        if (content.contains("</" + name)) {
            throw new IllegalStateException("the page's " + name + " would end before its end");
        }
        hashes.add(hash(content));
        return "<" + name + ">" + content + "</" + name + ">";
    }

    private static String hash(String content) {
        return "'sha256-" + Base64.getEncoder().encodeToString(Sha256.of(content)) + "'";
    }
}
