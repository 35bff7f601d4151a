package dev.caravan.login;

/** Somebody could not be logged in; the message says why, in a sentence that anybody may see. */
public final class LoginFailed extends Exception {
    private final boolean ofProvider;

    private LoginFailed(String message, boolean ofProvider, Throwable cause) {
        super(message, cause);
        this.ofProvider = ofProvider;
    }

    /** They may not. */
    static LoginFailed refused(String message) {
        return new LoginFailed(message, false, null);
    }

    /** The provider cannot be reached, or what it answers is not what it should be. */
    static LoginFailed ofProvider(String message, Throwable cause) {
        return new LoginFailed(message, true, cause);
    }

    /** Whether it is the provider's fault, or the way to it. */
    public boolean isOfProvider() {
        return ofProvider;
    }
}
