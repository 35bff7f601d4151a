package dev.caravan.facts;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;

/** Reads the outputs of facts.sh, whose head describes each of them. */
final class FactsParser {
    /** Of any length, or with an exponent, a number could take minutes to read. */
    private static final Pattern SECONDS = Pattern.compile("[0-9]{1,12}([.][0-9]{1,12})?");
    private static final int SHOWN = 200;

    private final Map<String, String> outputs;

    FactsParser(Map<String, String> outputs) {
        this.outputs = outputs;
    }

    Facts parse(Instant sent, Instant received) {
        return new Facts(
                operatingSystem(),
                machine(),
                each("disk", 4, part -> new Facts.Disk(part[0], part[1], Long.parseLong(part[2]), Long.parseLong(part[3]))),
                each("interface", 5, FactsParser::networkInterface),
                new Facts.Clock(clock(), sent, received),
                lines("swap"),
                each("listening", 4, FactsParser::listener),
                lines("firewall"),
                kubernetes(),
                runtimes(),
                new Facts.PodNetwork(lines("cniConfig"), optional("podCidr")),
                each("reach", 4, FactsParser::reach),
                each("neighbour", 2, part -> new Facts.Neighbour(part[0], part[1].toLowerCase(Locale.ROOT))),
                new AddressFamilies(links(),
                        each("advertised", 2, part -> new AddressFamilies.Advertised(part[0], Integer.parseInt(part[1]))),
                        optional("nodeIp").map(text -> List.of(text.split(","))).orElse(List.of())),
                new Facts.Kernel(lines("cgroupController"), lines("moduleMissing")));
    }

    private Facts.OperatingSystem operatingSystem() {
        return new Facts.OperatingSystem(
                text("osId"),
                text("osVersion"),
                text("osIdLike"),
                text("family"),
                required("kernel"),
                text("init"),
                text("selinux"),
                optional("cgroupVersion").map(value -> (int) number("cgroupVersion")).orElse(0),
                text("osCodeName"));
    }

    private Facts.Machine machine() {
        return new Facts.Machine(
                required("architecture"),
                (int) number("cpus"),
                number("memoryMib"),
                each("machine", 2, part -> new Facts.Identity(part[0], part[1].toLowerCase(Locale.ROOT))).stream().findFirst(),
                required("hostname"),
                text("bootId"),
                optional("machineId"));
    }

    private Facts.Kubernetes kubernetes() {
        List<String> files = lines("kubernetes");
        return new Facts.Kubernetes(
                optional("kubeletVersion"),
                optional("kubeadmVersion"),
                optional("kubectlVersion"),
                files.contains("kubelet.conf"),
                files.contains("admin.conf"),
                files.contains("kube-apiserver.yaml"),
                optional("caHash"),
                optional("nodeName"),
                optional("apiServer"),
                optional("adminServer"),
                optional("apiServerVersion"),
                optional("etcdVersion"),
                optional("kubeletReplaced").isPresent(),
                each("certificate", 2, part -> new Facts.Certificate(Instant.ofEpochSecond(Long.parseLong(part[0])), part[1]))
                         .stream().findFirst());
    }

    private Facts.ContainerRuntimes runtimes() {
        return new Facts.ContainerRuntimes(
                each("runtime", 3, part -> new Facts.ContainerRuntime(part[0], part[1], part[2].equals("active"))),
                lines("socket"),
                optional("dockerDaemon"),
                optional("nodeRuntime"));
    }

    private static Facts.NetworkInterface networkInterface(String[] part) {
        return new Facts.NetworkInterface(
                part[0],
                part[1].toLowerCase(Locale.ROOT),
                part[2],
                part[3].equals("-") ? Optional.empty() : Optional.of(part[3]),
                part[4].equals("-") ? List.of() : List.of(part[4].split(",")));
    }

    private Map<String, List<String>> links() {
        Map<String, List<String>> links = new LinkedHashMap<>();
        each("linkAddresses", 2, part -> Map.entry(part[0], List.of(part[1].split(","))))
                .forEach(link -> links.put(link.getKey(), link.getValue()));
        return links;
    }

    /** The process comes last, as its name may hold spaces. */
    private static Facts.Listener listener(String[] part) {
        return new Facts.Listener(
                part[0],
                Integer.parseInt(part[1]),
                part[2].equals("-") ? 0 : Integer.parseInt(part[2]),
                part[3].equals("-") ? "" : part[3]);
    }

    private static Facts.Reach reach(String[] part) {
        return new Facts.Reach(
                part[0],
                Integer.parseInt(part[1]),
                part[2],
                Facts.Outcome.valueOf(part[3].toUpperCase(Locale.ROOT).replace('-', '_')));
    }

    private Instant clock() {
        String value = required("clock");
        if (!SECONDS.matcher(value).matches()) {
            throw unreadable("clock", value, null);
        }
        return Instant.ofEpochMilli(new BigDecimal(value).movePointRight(3).longValue());
    }

    private String text(String name) {
        return outputs.getOrDefault(name, "").strip();
    }

    private Optional<String> optional(String name) {
        return Optional.of(text(name)).filter(value -> !value.isEmpty());
    }

    private String required(String name) {
        return optional(name).orElseThrow(() -> new IllegalArgumentException("the step facts gave no output " + name));
    }

    private long number(String name) {
        String value = required(name);
        try {
            return Long.parseLong(value);
        } catch (NumberFormatException notANumber) {
            throw unreadable(name, value, notANumber);
        }
    }

    private List<String> lines(String name) {
        return text(name).lines().map(String::strip).filter(line -> !line.isEmpty()).toList();
    }

    /** One item for each line of the output, from its words; the last word takes the rest of the line. */
    private <T> List<T> each(String name, int words, Function<String[], T> item) {
        return lines(name).stream()
                .map(line -> {
                    String[] part = line.split(" +", words);
                    try {
                        return item.apply(part);
                    } catch (IllegalArgumentException | ArrayIndexOutOfBoundsException notThisForm) {
                        throw unreadable(name, Arrays.toString(part), notThisForm);
                    }
                })
                .toList();
    }

    private static IllegalArgumentException unreadable(String name, String value, RuntimeException cause) {
        return new IllegalArgumentException("the step facts gave an output " + name + " that cannot be read: "
                + (value.length() <= SHOWN ? value : value.substring(0, SHOWN) + " ..."), cause);
    }
}
