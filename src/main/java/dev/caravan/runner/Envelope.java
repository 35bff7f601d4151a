package dev.caravan.runner;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.caravan.runner.KeyFiles.Other;
import dev.caravan.runner.KeyFiles.Own;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.bouncycastle.crypto.AsymmetricCipherKeyPair;
import org.bouncycastle.crypto.InvalidCipherTextException;
import org.bouncycastle.crypto.hpke.HPKE;
import org.bouncycastle.crypto.params.AsymmetricKeyParameter;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.bouncycastle.crypto.params.Ed25519PublicKeyParameters;
import org.bouncycastle.crypto.params.X25519PrivateKeyParameters;
import org.bouncycastle.crypto.signers.Ed25519Signer;
import org.bouncycastle.crypto.util.PrivateKeyFactory;
import org.bouncycastle.crypto.util.PublicKeyFactory;

/**
 * What a message looks like on the broker: a JSON object that says from whom to whom, and holds the rest encrypted to the receiver and
 * signed by the sender:
 *
 * <pre>{"caravan":"runner/3","from":"engine","to":"site-a","key":"...","body":"...","signature":"..."}</pre>
 *
 * It is encrypted by HPKE (RFC 9180: X25519, HKDF-SHA256, AES-256-GCM) as Bouncy Castle has it, since putting a key agreement, a key
 * derivation and a cipher together by hand is where such schemes go wrong; a new key for each message. The signature (Ed25519, by Bouncy
 * Castle, which takes a fraction of the JDK's time) covers all members, and is verified before anything is decrypted. Thread-safe.
 */
final class Envelope {
    /** The version of messages. A side that does not know it refuses the message. */
    static final String VERSION = "runner/3";
    /** A message on the broker, in characters. */
    static final int LARGEST = 48 << 20;
    private static final JsonMapper JSON = JsonMapper.builder(com.fasterxml.jackson.core.JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder().maxStringLength(LARGEST).maxNestingDepth(20).build()).build()).build();

    private final String name;
    private final Ed25519PrivateKeyParameters signing;
    private final AsymmetricCipherKeyPair sealing;
    private final Map<String, Keys> others;

    Envelope(Own own, Map<String, Other> others) {
        this.name = own.name();
        try {
            this.signing = (Ed25519PrivateKeyParameters) PrivateKeyFactory.createKey(own.signing().getEncoded());
            X25519PrivateKeyParameters secret = (X25519PrivateKeyParameters) PrivateKeyFactory.createKey(own.sealing().getEncoded());
            this.sealing = new AsymmetricCipherKeyPair(secret.generatePublicKey(), secret);
            Map<String, Keys> keys = new HashMap<>();
            for (Map.Entry<String, Other> other : others.entrySet()) {
                keys.put(other.getKey(), Keys.of(other.getValue()));
            }
            this.others = Map.copyOf(keys);
        } catch (IOException e) {
            throw new IllegalStateException("the keys of " + name + " cannot be used", e);
        }
    }

    /* Public keys of one of the others. */
    private record Keys(String name, Ed25519PublicKeyParameters signing, AsymmetricKeyParameter sealing) {
        private static Keys of(Other other) throws IOException {
            return new Keys(other.name(), (Ed25519PublicKeyParameters) PublicKeyFactory.createKey(other.signing().getEncoded()),
                    PublicKeyFactory.createKey(other.sealing().getEncoded()));
        }
    }

    private record Sealed(@JsonProperty(required = true) String caravan, @JsonProperty(required = true) String from,
            @JsonProperty(required = true) String to, @JsonProperty(required = true) byte[] key,
            @JsonProperty(required = true) byte[] body, @JsonProperty(required = true) byte[] signature) {}

    /** A message of a sender who is trusted and is who it says. */
    record Opened(String from, byte[] content) {}

    /** A message that is not taken. The message says why, and holds nothing of it. */
    static final class Refused extends Exception {
        private static final long serialVersionUID = 1L;

        Refused(String message) {
            super(message);
        }
    }

    /** Of the others whose public keys are there. */
    Set<String> names() {
        return others.keySet();
    }

    String seal(String to, byte[] content) {
        byte[] header = header(VERSION, name, to);
        try {
            byte[][] sealed = hpke().seal(others.get(to).sealing(), header, header, content, null, null, null);
            Ed25519Signer signer = new Ed25519Signer();
            signer.init(true, signing);
            update(signer, signed(header, sealed[1], sealed[0]));
            return JSON.writeValueAsString(new Sealed(VERSION, name, to, sealed[1], sealed[0], signer.generateSignature()));
        } catch (InvalidCipherTextException | IOException e) {
            throw new IllegalStateException("a message to " + to + " cannot be encrypted", e);
        }
    }

    /** @throws Refused if it is not for this side, not of a sender that it trusts, or not as it was sent */
    Opened open(String text) throws Refused {
        Sealed sealed = read(text);
        if (!sealed.caravan().equals(VERSION)) {
            throw new Refused("it is of version " + shortened(sealed.caravan()) + ", and this Caravan speaks " + VERSION
                    + ": run the same version of Caravan on both sides");
        }
        if (!sealed.to().equals(name)) {
            throw new Refused("it is for " + shortened(sealed.to()));
        }
        Keys sender = others.get(sealed.from());
        if (sender == null) {
            throw new Refused("it is from " + shortened(sealed.from()) + ", of whom there is no public key here");
        }
        byte[] header = header(VERSION, sealed.from(), name);
        try {
            Ed25519Signer verifier = new Ed25519Signer();
            verifier.init(false, sender.signing());
            update(verifier, signed(header, sealed.key(), sealed.body()));
            if (!verifier.verifySignature(sealed.signature())) {
                throw new Refused("its signature is not that of " + sender.name());
            }
            byte[] content = hpke().open(sealed.key(), sealing, header, header, sealed.body(), null, null, null);
            return new Opened(sender.name(), content);
        } catch (InvalidCipherTextException | RuntimeException e) {
            throw new Refused("it cannot be decrypted, or its signature is none: was it changed on the way, or encrypted for another key?");
        }
    }

    private static Sealed read(String text) throws Refused {
        if (text == null || text.length() > LARGEST) {
            throw new Refused(text == null ? "it is empty" : "it is larger than " + (LARGEST >> 20) + " MiB");
        }
        try {
            Sealed sealed = JSON.readValue(text, Sealed.class);
            boolean whole = sealed != null && sealed.caravan() != null && sealed.from() != null && sealed.to() != null
                    && sealed.key() != null && sealed.body() != null && sealed.signature() != null;
            if (whole) {
                return sealed;
            }
        } catch (JsonProcessingException e) {
            // said below: what is in it is nothing to show
        }
        throw new Refused("it is no message of Caravan's");
    }

    private static String shortened(String word) {
        return word.matches("[A-Za-z0-9/._-]{1,63}") ? word : "somebody else";
    }

    private static HPKE hpke() {
        return new HPKE(HPKE.mode_base, HPKE.kem_X25519_SHA256, HPKE.kdf_HKDF_SHA256, HPKE.aead_AES_GCM256);
    }

    private static void update(Ed25519Signer signer, byte[] bytes) {
        signer.update(bytes, 0, bytes.length);
    }

    /* Names have no line ends, so that no two headers are the same text. */
    private static byte[] header(String version, String from, String to) {
        return ("caravan " + version + "\n" + from + "\n" + to + "\n").getBytes(StandardCharsets.UTF_8);
    }

    /* The key of each message has one length for all. */
    private static byte[] signed(byte[] header, byte[] key, byte[] body) {
        ByteArrayOutputStream all = new ByteArrayOutputStream(header.length + key.length + body.length);
        all.writeBytes(header);
        all.writeBytes(key);
        all.writeBytes(body);
        return all.toByteArray();
    }
}
