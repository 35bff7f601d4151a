package dev.caravan.http;

import dev.caravan.access.Caller;
import dev.caravan.access.Role;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.auth.User;
import java.util.Optional;
import org.apache.camel.Message;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpConstants;

/**
 * Who asks, in the form in which Vert.x keeps it of a request and Camel passes it to routes: a user's own routes find it in the header
 * {@code CamelVertxPlatformHttpAuthenticatedUser}.
 */
final class CallerUser {
    private static final String NAME = "username";
    private static final String ROLE = "role";
    private static final String TOKEN = "token";
    private static final String SESSION = "session";

    private CallerUser() {}

    static User of(Caller caller) {
        JsonObject principal = new JsonObject().put(ROLE, caller.role().word()).put(TOKEN, caller.token());
        caller.name().ifPresent(name -> principal.put(NAME, name));
        caller.session().ifPresent(session -> principal.put(SESSION, session));
        return User.create(principal);
    }

    /** Who sent that message, or that one of whom nothing is known. */
    static Caller of(Message message, Caller unknown) {
        User user = message.getHeader(VertxPlatformHttpConstants.AUTHENTICATED_USER, User.class);
        if (user == null) {
            return unknown;
        }
        JsonObject principal = user.principal();
        return new Caller(Optional.ofNullable(principal.getString(NAME)), Role.of(principal.getString(ROLE)).orElse(Role.VIEW),
                principal.getBoolean(TOKEN), Optional.ofNullable(principal.getString(SESSION)));
    }
}
