package dev.caravan.access;

import dev.caravan.digest.Sha256;
import dev.caravan.spec.Secret;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The tokens that HTTP asks for. Their file has either one line, which is the token of everybody and opens everything, or a line
 * {@code NAME ROLE TOKEN} for each who may ask; empty lines and lines that begin with {@code #} are passed over. Immutable.
 */
public final class Tokens {
    private static final Pattern NAMES = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._@-]{0,63}");
    private static final int LONGEST = 1000;

    private final List<Token> tokens;

    /**
     * @param name   empty for the one token of everybody
     * @param digest of one length, so that the time of a comparison tells nothing about the token
     */
    private record Token(Optional<String> name, Role role, Secret secret, byte[] digest) {
        static Token of(Optional<String> name, Role role, Secret secret) {
            return new Token(name, role, secret, Sha256.of(secret.reveal()));
        }

        Caller caller() {
            return new Caller(name, role, true);
        }
    }

    /** A token file cannot be used; the message says what is wrong in which line, and repeats nothing of it. */
    public static final class Unreadable extends Exception {
        Unreadable(String message) {
            super(message);
        }
    }

    private Tokens(List<Token> tokens) {
        this.tokens = List.copyOf(tokens);
    }

    /** No token is asked for. */
    public static Tokens none() {
        return new Tokens(List.of());
    }

    /** One token, for everybody and everything. */
    public static Tokens of(Secret token) {
        return new Tokens(List.of(Token.of(Optional.empty(), Role.ADMIN, token)));
    }

    /**
     * Those of a token file.
     *
     * @throws Unreadable if it has none, or a line of it is not {@code NAME ROLE TOKEN}
     */
    public static Tokens read(String text) throws Unreadable {
        List<String> lines = text.lines().map(String::strip).toList();
        List<String> used = lines.stream().filter(line -> !line.isEmpty() && !line.startsWith("#")).toList();
        if (used.isEmpty()) {
            throw new Unreadable("holds no token");
        }
        if (used.size() == 1 && !isEntry(used.get(0))) {
            return of(new Secret(used.get(0)));
        }
        List<Token> read = new ArrayList<>();
        Set<String> names = new HashSet<>();
        Set<String> secrets = new HashSet<>();
        for (int i = 0; i < lines.size(); i++) {
            if (used.contains(lines.get(i))) {
                Token token = entry(lines.get(i), "line " + (i + 1));
                if (!names.add(token.name().orElseThrow()) || !secrets.add(token.secret().reveal())) {
                    throw new Unreadable("has in line " + (i + 1) + " a name or a token that an earlier line has, too");
                }
                read.add(token);
            }
        }
        return new Tokens(read);
    }

    private static boolean isEntry(String line) {
        String[] words = line.split("\\s+");
        return words.length == 3 && Role.of(words[1]).isPresent();
    }

    private static Token entry(String line, String place) throws Unreadable {
        String[] words = line.split("\\s+");
        if (words.length != 3 || !NAMES.matcher(words[0]).matches() || words[2].length() > LONGEST) {
            throw new Unreadable("has a " + place + " that is not NAME ROLE TOKEN, with a name of letters, digits and . _ @ -");
        }
        Role role = Role.of(words[1])
                .orElseThrow(() -> new Unreadable("has in " + place + " no role: it is view, operate or admin"));
        return Token.of(Optional.of(words[0]), role, new Secret(words[2]));
    }

    /** Whether no token is asked for. */
    public boolean isEmpty() {
        return tokens.isEmpty();
    }

    /** The token, if there is only one: what a client sends. */
    public Optional<Secret> only() {
        return tokens.size() == 1 ? Optional.of(tokens.get(0).secret()) : Optional.empty();
    }

    public Collection<Secret> secrets() {
        return tokens.stream().map(Token::secret).toList();
    }

    /** Who presents this. Takes as long whichever of the tokens it is, if it is one. */
    public Optional<Caller> caller(String presented) {
        byte[] digest = Sha256.of(presented);
        Optional<Caller> found = Optional.empty();
        for (Token token : tokens) {
            if (MessageDigest.isEqual(token.digest(), digest)) {
                found = Optional.of(token.caller());
            }
        }
        return found;
    }
}
