package dev.caravan.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateNotYetValidException;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManagerFactory;

/** Which servers' certificates are trusted, and what it means where one is not. */
final class ServerTls {
    /** What Java says of it. */
    private static final Pattern WRONG_NAME = Pattern.compile("No subject alternative|No name matching");

    private ServerTls() {
    }

    /**
     * Trusts what the certificates in that file signed, and themselves; nobody else.
     *
     * @param authorities PEM
     */
    static SSLContext trusting(Path authorities) throws UserError {
        try (InputStream pem = Files.newInputStream(authorities)) {
            Collection<? extends Certificate> certificates = CertificateFactory.getInstance("X.509").generateCertificates(pem);
            if (certificates.isEmpty()) {
                throw new UserError("--server-ca " + authorities + " holds no certificate; it takes one or more in PEM");
            }
            KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
            trusted.load(null, null);
            for (Certificate certificate : certificates) {
                trusted.setCertificateEntry(Integer.toString(trusted.size()), certificate);
            }
            TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            managers.init(trusted);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, managers.getTrustManagers(), null);
            return context;
        } catch (CertificateException e) {
            throw new UserError("--server-ca " + authorities + " cannot be read as certificates in PEM: " + e.getMessage());
        } catch (IOException e) {
            throw new UserError("cannot read --server-ca " + authorities
                    + (Files.exists(authorities) ? ": may this user read it?" : ": there is no such file"));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java has no TLS", e);
        }
    }

    /** Why no TLS came about with a server, and what to do. */
    static String explain(SSLException failure) {
        List<Throwable> causes = Stream.iterate((Throwable) failure, Objects::nonNull, Throwable::getCause).toList();
        for (Throwable cause : causes) {
            String said = String.valueOf(cause.getMessage());
            if (cause instanceof CertificateExpiredException || cause instanceof CertificateNotYetValidException) {
                return "its certificate is not valid now: " + said;
            }
            if (cause instanceof CertificateException && WRONG_NAME.matcher(said).find()) {
                return "its certificate is for another name (" + said + "): ask it by one that is in the certificate";
            }
            if (said.contains("unrecognized SSL message") || said.contains("Unrecognized SSL message")) {
                return "it does not speak TLS there: is it http:// and not https://?";
            }
        }
        if (causes.stream().map(cause -> String.valueOf(cause.getMessage()))
                .anyMatch(said -> said.startsWith("PKIX path building failed") || said.contains("signature check failed"))) {
            return "its certificate is not signed by an authority that is trusted here. With --server-ca FILE, give that authority's "
                    + "certificate, or the server's own if it is self-signed";
        }
        return CaravanCommand.message(failure);
    }
}
