package dev.caravan.rehearsal;

import dev.caravan.digest.Sha256;
import java.io.IOException;
import java.io.StringWriter;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPrivateKey;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.bouncycastle.asn1.sec.SECObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.util.io.pem.PemObject;

/**
 * The certificate authority of a rehearsed cluster, made for each rehearsal, with one certificate for the API server
 * and one for the administrator. The keys are ECDSA P-256, which kubeadm can make too; RSA keys would take seconds.
 */
final class Authority {
    /** As kubeadm has it for certificates. */
    private static final Duration VALID = Duration.ofDays(365);
    private static final Duration CLOCK_SLACK = Duration.ofMinutes(5);
    private static final int KEY_BITS = 256;
    private static final char[] NO_PASSWORD = new char[0];

    private final Issued ca;
    private final Issued server;
    private final Issued admin;

    private record Issued(X509Certificate certificate, KeyPair keys) {}

    Authority() {
        try {
            KeyPair keys = newKeys();
            X500Name name = new X500Name("CN=kubernetes");
            X509v3CertificateBuilder builder = builder(name, name, keys)
                    .addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
            this.ca = new Issued(sign(builder, keys), keys);
            this.server = issue("CN=kube-apiserver", KeyPurposeId.id_kp_serverAuth);
            this.admin = issue("O=system:masters,CN=kubernetes-admin", KeyPurposeId.id_kp_clientAuth);
        } catch (GeneralSecurityException | OperatorCreationException | CertIOException e) {
            throw new IllegalStateException("the rehearsed cluster's certificates could not be made", e);
        }
    }

    private Issued issue(String name, KeyPurposeId purpose)
            throws GeneralSecurityException, OperatorCreationException, CertIOException {
        KeyPair keys = newKeys();
        GeneralNames names = new GeneralNames(new GeneralName[] {
            new GeneralName(GeneralName.iPAddress, "127.0.0.1"), new GeneralName(GeneralName.dNSName, "localhost")
        });
        X509v3CertificateBuilder builder = builder(new X500Name("CN=kubernetes"), new X500Name(name), keys)
                .addExtension(Extension.subjectAlternativeName, false, names)
                .addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(purpose));
        return new Issued(sign(builder, ca.keys()), keys);
    }

    private static KeyPair newKeys() throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(KEY_BITS);
        return generator.generateKeyPair();
    }

    private static X509v3CertificateBuilder builder(X500Name issuer, X500Name subject, KeyPair keys) {
        Instant now = Instant.now();
        return new JcaX509v3CertificateBuilder(
                issuer,
                new BigInteger(64, new SecureRandom()),
                Date.from(now.minus(CLOCK_SLACK)),
                Date.from(now.plus(VALID)),
                subject,
                keys.getPublic());
    }

    private static X509Certificate sign(X509v3CertificateBuilder builder, KeyPair by)
            throws GeneralSecurityException, OperatorCreationException {
        return new JcaX509CertificateConverter()
                .getCertificate(builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(by.getPrivate())));
    }

    /** The CA's public-key hash as {@code kubeadm join} takes it. */
    String hash() {
        return "sha256:" + Sha256.hex(ca.keys().getPublic().getEncoded());
    }

    /**
     * Writes ca.crt, ca.key, ca.pub, server.crt, admin.crt, admin.key (PEM) and ca.hash for the stand-ins, and for each node a
     * certificate with its name; whatever holds a private key is 0600.
     */
    void writeTo(Path directory, List<String> nodes) throws IOException {
        writeNodes(directory, nodes);
        Files.writeString(directory.resolve("ca.pub"), pem(ca.keys().getPublic()));
        Files.writeString(directory.resolve("ca.crt"), pem(ca.certificate()));
        writePrivate(directory.resolve("ca.key"), pem(privateKey(ca)));
        Files.writeString(directory.resolve("server.crt"), pem(server.certificate()));
        Files.writeString(directory.resolve("admin.crt"), pem(admin.certificate()));
        writePrivate(directory.resolve("admin.key"), pem(privateKey(admin)));
        Files.writeString(directory.resolve("ca.hash"), hash() + "\n");
    }

    /** A certificate for each of these nodes. */
    void writeNodes(Path directory, List<String> nodes) throws IOException {
        Files.createDirectories(directory.resolve("nodes"));
        for (String node : nodes) {
            writePrivate(directory.resolve("nodes").resolve(node + ".pem"), nodePem(node));
        }
    }

    /** As kubelet keeps it, certificate first; the comment is for machines without openssl. */
    private String nodePem(String node) throws IOException {
        try {
            Issued issued = issue("O=system:nodes,CN=system:node:" + node, KeyPurposeId.id_kp_clientAuth);
            return "# subject=CN=system:node:" + node + ",O=system:nodes\n" + pem(issued.certificate()) + pem(privateKey(issued));
        } catch (GeneralSecurityException | OperatorCreationException e) {
            throw new IOException("node " + node + " could not be given a certificate", e);
        }
    }

    /** As kubeadm writes it: the key names its curve (RFC 5915, section 3), which Java's own form leaves out. */
    private static PemObject privateKey(Issued of) throws IOException {
        BigInteger value = ((ECPrivateKey) of.keys().getPrivate()).getS();
        return new PemObject(
                "EC PRIVATE KEY",
                new org.bouncycastle.asn1.sec.ECPrivateKey(KEY_BITS, value, SECObjectIdentifiers.secp256r1).getEncoded());
    }

    private static void writePrivate(Path file, String text) throws IOException {
        Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(file, text);
    }

    private static String pem(Object object) throws IOException {
        StringWriter text = new StringWriter();
        try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
            writer.writeObject(object);
        }
        return text.toString();
    }

    /** For the API server: its certificate, and trust in clients that this authority certified. */
    SSLContext serverContext() {
        try {
            KeyStore own = emptyStore();
            own.setKeyEntry("server", server.keys().getPrivate(), NO_PASSWORD, new Certificate[] {server.certificate(), ca.certificate()});
            KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(own, NO_PASSWORD);
            KeyStore trusted = emptyStore();
            trusted.setCertificateEntry("ca", ca.certificate());
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(trusted);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("TLS for the rehearsed API server could not be set up", e);
        }
    }

    private static KeyStore emptyStore() throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, NO_PASSWORD);
        return store;
    }
}
