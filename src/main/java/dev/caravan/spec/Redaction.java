package dev.caravan.spec;

import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/** Which values of a spec are secret, and what is shown in their place. */
final class Redaction {
    static final String PLACEHOLDER = "***";

    /** Those of the ssh section, and those that kubeadm's documents know. */
    private static final Set<String> SECRET_KEYS =
            Set.of("password", "sudopassword", "passphrase", "token", "tlsbootstraptoken", "certificatekey");

    /** USER:PASSWORD@ in a URL or in a jump host. */
    private static final Pattern USER_INFO = Pattern.compile("[^\\s/@:,]+:[^\\s/@]*@");

    private Redaction() {}

    static boolean isSecretKey(String key) {
        return SECRET_KEYS.contains(key.toLowerCase(Locale.ROOT));
    }

    static String withoutUserInfo(String text) {
        return USER_INFO.matcher(text).replaceAll(PLACEHOLDER + "@");
    }
}
