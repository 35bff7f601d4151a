package dev.caravan.login;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jwt.JWT;
import com.nimbusds.oauth2.sdk.AuthorizationCode;
import com.nimbusds.oauth2.sdk.AuthorizationCodeGrant;
import com.nimbusds.oauth2.sdk.AuthorizationGrant;
import com.nimbusds.oauth2.sdk.GeneralException;
import com.nimbusds.oauth2.sdk.ParseException;
import com.nimbusds.oauth2.sdk.ResponseType;
import com.nimbusds.oauth2.sdk.Scope;
import com.nimbusds.oauth2.sdk.TokenRequest;
import com.nimbusds.oauth2.sdk.TokenResponse;
import com.nimbusds.oauth2.sdk.auth.ClientAuthentication;
import com.nimbusds.oauth2.sdk.auth.ClientAuthenticationMethod;
import com.nimbusds.oauth2.sdk.auth.ClientSecretBasic;
import com.nimbusds.oauth2.sdk.auth.ClientSecretPost;
import com.nimbusds.oauth2.sdk.auth.Secret;
import com.nimbusds.oauth2.sdk.http.HTTPRequest;
import com.nimbusds.oauth2.sdk.http.HTTPResponse;
import com.nimbusds.oauth2.sdk.id.ClientID;
import com.nimbusds.oauth2.sdk.id.Issuer;
import com.nimbusds.oauth2.sdk.id.State;
import com.nimbusds.oauth2.sdk.pkce.CodeChallengeMethod;
import com.nimbusds.oauth2.sdk.pkce.CodeVerifier;
import com.nimbusds.openid.connect.sdk.AuthenticationRequest;
import com.nimbusds.openid.connect.sdk.Nonce;
import com.nimbusds.openid.connect.sdk.OIDCTokenResponse;
import com.nimbusds.openid.connect.sdk.OIDCTokenResponseParser;
import com.nimbusds.openid.connect.sdk.UserInfoRequest;
import com.nimbusds.openid.connect.sdk.UserInfoResponse;
import com.nimbusds.openid.connect.sdk.claims.IDTokenClaimsSet;
import com.nimbusds.openid.connect.sdk.claims.UserInfo;
import com.nimbusds.openid.connect.sdk.op.OIDCProviderMetadata;
import com.nimbusds.openid.connect.sdk.validators.IDTokenValidator;
import dev.caravan.login.Attempts.Attempt;
import java.io.IOException;
import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The provider, asked over HTTP. Thread-safe. */
final class Provider {
    private final LoginSettings settings;
    private final ProviderHttp http;
    private final Issuer issuer;
    private final ClientID client;

    Provider(LoginSettings settings) {
        this.settings = settings;
        this.http = new ProviderHttp(settings.authority());
        this.issuer = new Issuer(settings.issuer());
        this.client = new ClientID(settings.client());
    }

    /** What is asked of it, and may go wrong in all the ways of the library. */
    private interface Question<T> {
        T ask() throws IOException, GeneralException, ParseException, java.text.ParseException, JOSEException, BadJOSEException,
                LoginFailed;
    }

    /** Where a browser is to go, so that its user can agree. */
    URI address(Attempt attempt) throws LoginFailed {
        return asked(() -> new AuthenticationRequest.Builder(new ResponseType(ResponseType.Value.CODE),
                new Scope(settings.scopes().toArray(String[]::new)), client, settings.redirect())
                .endpointURI(metadata().getAuthorizationEndpointURI())
                .state(new State(attempt.state()))
                .nonce(new Nonce(attempt.nonce()))
                .codeChallenge(new CodeVerifier(attempt.verifier()), CodeChallengeMethod.S256)
                .build().toURI());
    }

    /** What it says of the person who agreed: the claims of its ID token, which was checked, then those of the user info. */
    Map<String, Object> claims(String code, Attempt attempt) throws LoginFailed {
        return asked(() -> {
            OIDCProviderMetadata metadata = metadata();
            OIDCTokenResponse tokens = tokens(metadata, code, attempt);
            IDTokenClaimsSet token = checked(metadata, tokens.getOIDCTokens().getIDToken(), attempt);
            Map<String, Object> claims = new HashMap<>(token.toJSONObject());
            if (!settings.roles().isIn(claims) && metadata.getUserInfoEndpointURI() != null) {
                userInfo(metadata, tokens, token).forEach(claims::putIfAbsent);
            }
            return claims;
        });
    }

    private <T> T asked(Question<T> question) throws LoginFailed {
        try {
            return question.ask();
        } catch (IOException e) {
            throw LoginFailed.ofProvider("The OpenID provider " + issuer + " cannot be reached: " + e.getMessage() + ".", e);
        } catch (BadJOSEException | JOSEException e) {
            throw LoginFailed.ofProvider("The token of the OpenID provider " + issuer + " is not accepted: " + e.getMessage() + ".", e);
        } catch (GeneralException | java.text.ParseException | IllegalArgumentException e) {
            throw LoginFailed.ofProvider("The OpenID provider " + issuer + " does not answer as OpenID Connect has it: " + e.getMessage()
                    + ".", e);
        }
    }

    private OIDCProviderMetadata metadata() throws IOException, GeneralException, LoginFailed {
        HTTPResponse answer = new HTTPRequest(HTTPRequest.Method.GET, OIDCProviderMetadata.resolveURL(issuer)).send(http);
        answer.ensureStatusCode(HTTPResponse.SC_OK);
        OIDCProviderMetadata metadata = OIDCProviderMetadata.parse(answer.getBodyAsJSONObject());
        if (!issuer.equals(metadata.getIssuer())) {
            throw LoginFailed.ofProvider("The OpenID provider names itself " + metadata.getIssuer() + ", and caravan.oidc.issuer is "
                    + issuer + ".", null);
        }
        return metadata;
    }

    private OIDCTokenResponse tokens(OIDCProviderMetadata metadata, String code, Attempt attempt)
            throws IOException, ParseException, LoginFailed {
        AuthorizationGrant grant = new AuthorizationCodeGrant(new AuthorizationCode(code), settings.redirect(),
                new CodeVerifier(attempt.verifier()));
        TokenResponse answer = OIDCTokenResponseParser.parse(request(metadata, grant).toHTTPRequest().send(http));
        if (!answer.indicatesSuccess()) {
            throw LoginFailed.ofProvider("The OpenID provider " + issuer + " gives no token: "
                    + Optional.ofNullable(answer.toErrorResponse().getErrorObject().getCode()).orElse("it does not say why") + ".", null);
        }
        return (OIDCTokenResponse) answer.toSuccessResponse();
    }

    private TokenRequest request(OIDCProviderMetadata metadata, AuthorizationGrant grant) {
        URI endpoint = metadata.getTokenEndpointURI();
        if (settings.secret().isEmpty()) {
            return new TokenRequest.Builder(endpoint, client, grant).build();
        }
        Secret secret = new Secret(settings.secret().get().reveal());
        List<ClientAuthenticationMethod> methods = metadata.getTokenEndpointAuthMethods();
        // Where a provider does not say what it takes, it is Basic.
        boolean basic = methods == null || methods.contains(ClientAuthenticationMethod.CLIENT_SECRET_BASIC);
        ClientAuthentication known = basic ? new ClientSecretBasic(client, secret) : new ClientSecretPost(client, secret);
        return new TokenRequest.Builder(endpoint, known, grant).build();
    }

    /** Signed with a key that the provider has now, for this client, by this issuer, not expired, and of this attempt. */
    private IDTokenClaimsSet checked(OIDCProviderMetadata metadata, JWT token, Attempt attempt)
            throws IOException, GeneralException, java.text.ParseException, JOSEException, BadJOSEException {
        // Neither unsigned nor by the client's own secret.
        if (!(token.getHeader().getAlgorithm() instanceof JWSAlgorithm signed)
                || !JWSAlgorithm.Family.RSA.contains(signed) && !JWSAlgorithm.Family.EC.contains(signed)) {
            throw new BadJOSEException("it is not signed with a key of RSA or of an elliptic curve");
        }
        HTTPResponse keys = new HTTPRequest(HTTPRequest.Method.GET, metadata.getJWKSetURI()).send(http);
        keys.ensureStatusCode(HTTPResponse.SC_OK);
        return new IDTokenValidator(issuer, client, signed, JWKSet.parse(keys.getBody())).validate(token, new Nonce(attempt.nonce()));
    }

    private Map<String, Object> userInfo(OIDCProviderMetadata metadata, OIDCTokenResponse tokens, IDTokenClaimsSet token)
            throws IOException, ParseException, LoginFailed {
        UserInfoResponse answer = UserInfoResponse.parse(new UserInfoRequest(metadata.getUserInfoEndpointURI(),
                tokens.getOIDCTokens().getBearerAccessToken()).toHTTPRequest().send(http));
        UserInfo info = answer.indicatesSuccess() ? answer.toSuccessResponse().getUserInfo() : null;
        if (info == null) {
            return Map.of();
        }
        // OpenID Connect Core 1.0, 5.3.2: else it may be somebody else's.
        if (!info.getSubject().equals(token.getSubject())) {
            throw LoginFailed.ofProvider("The OpenID provider " + issuer + " answers with the user info of somebody else.", null);
        }
        return info.toJSONObject();
    }
}
