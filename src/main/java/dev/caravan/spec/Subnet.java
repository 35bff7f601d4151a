package dev.caravan.spec;

import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A network in CIDR notation. Immutable.
 *
 * @param network the network's first address
 * @param prefix  how many leading bits are the network's: 0 to 32, or 0 to 128
 */
public record Subnet(InetAddress network, int prefix) {

    /** @throws IllegalArgumentException if it is none; the message says why, fit for people */
    public static Subnet parse(String text) {
        int slash = text.indexOf('/');
        Optional<InetAddress> address = slash < 0 ? Optional.empty() : IpAddress.parse(text.substring(0, slash));
        if (address.isEmpty() || !text.substring(slash + 1).matches("0|[1-9][0-9]{0,2}")) {
            throw new IllegalArgumentException("not a network in CIDR notation");
        }
        int prefix = Integer.parseInt(text.substring(slash + 1));
        int bits = address.get().getAddress().length * 8;
        if (prefix > bits) {
            throw new IllegalArgumentException("the prefix is longer than the address, which has " + bits + " bits");
        }
        return new Subnet(address.get(), prefix);
    }

    /** One network, or two with a comma between them, as kubeadm takes them. */
    public static List<Subnet> parseList(String text) {
        return Arrays.stream(text.split(",", -1))
                .map(String::trim)
                .map(Subnet::parse)
                .toList();
    }

    public boolean isIpv6() {
        return bits() == 128;
    }

    public boolean contains(InetAddress address) {
        return address.getAddress().length * 8 == bits()
                && number(address)
                        .shiftRight(bits() - prefix)
                        .equals(number(network).shiftRight(bits() - prefix));
    }

    public boolean overlaps(Subnet other) {
        return contains(other.network) || other.contains(network);
    }

    /** The same network with nothing set behind the prefix: 10.1.0.0/16 for 10.1.2.3/16. */
    public Subnet canonical() {
        return new Subnet(address(number(network).shiftRight(bits() - prefix).shiftLeft(bits() - prefix)), prefix);
    }

    /** How many networks of that prefix this one holds; 0 if it is smaller than one. */
    public BigInteger blocks(int blockPrefix) {
        return blockPrefix < prefix ? BigInteger.ZERO : BigInteger.TWO.pow(blockPrefix - prefix);
    }

    /** @throws IllegalArgumentException if there is no block of that index, counted from 0 */
    public Subnet block(int index, int blockPrefix) {
        if (index < 0 || BigInteger.valueOf(index).compareTo(blocks(blockPrefix)) >= 0) {
            throw new IllegalArgumentException(this + " holds no /" + blockPrefix + " number " + index);
        }
        BigInteger offset = BigInteger.valueOf(index).shiftLeft(bits() - blockPrefix);
        return new Subnet(address(number(canonical().network).add(offset)), blockPrefix);
    }

    /** Its first address, as a number. */
    public BigInteger first() {
        return number(canonical().network);
    }

    /** Its last address, as a number. */
    public BigInteger last() {
        return first().add(BigInteger.TWO.pow(bits() - prefix)).subtract(BigInteger.ONE);
    }

    @Override
    public String toString() {
        return IpAddress.text(network) + "/" + prefix;
    }

    private int bits() {
        return network.getAddress().length * 8;
    }

    private static BigInteger number(InetAddress address) {
        return new BigInteger(1, address.getAddress());
    }

    private InetAddress address(BigInteger number) {
        byte[] bytes = new byte[bits() / 8];
        byte[] digits = number.toByteArray();
        int length = Math.min(digits.length, bytes.length);
        System.arraycopy(digits, digits.length - length, bytes, bytes.length - length, length);
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("an address has 4 or 16 bytes", e);
        }
    }
}
