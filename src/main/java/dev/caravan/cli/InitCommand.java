package dev.caravan.cli;

import dev.caravan.init.FirstSpec;
import dev.caravan.init.FirstSpec.FirstHost;
import dev.caravan.init.Login;
import dev.caravan.init.Questions;
import dev.caravan.init.Seen;
import dev.caravan.spec.InvalidSpec;
import dev.caravan.spec.ShellWord;
import dev.caravan.spec.SpecReader;
import dev.caravan.ssh.SshSessions;
import dev.caravan.ssh.SshTarget;
import dev.caravan.tables.KubernetesTable;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code caravan init}. */
@Command(name = "init",
        description = {
            "Asks what a first spec needs, looks at the hosts if some are named, and writes the spec.",
            "",
            "An empty answer takes the default in brackets. Nothing is changed on a host. The host names become the names of the nodes."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  caravan init",
            "  caravan init root@192.0.2.11 root@192.0.2.12 root@192.0.2.13 -o demo.yaml",
            "  caravan init ops@192.0.2.11 --yes -o demo.yaml    asks nothing"
        })
final class InitCommand implements Callable<Integer> {
    private static final int SEVERAL = 3;
    private static final List<String> NETWORKS = List.of("flannel", "calico", "bridge", "none");
    private static final List<String> MIRRORS = List.of("community", "aliyun");

    @Mixin
    private CommonOptions common;

    @Parameters(paramLabel = "HOST", arity = "0..*", description = "USER@ADDRESS or USER@ADDRESS:PORT; the first ones are control planes.")
    private List<String> hosts = List.of();

    @Option(names = {"-o", "--out"}, paramLabel = "FILE", description = "Where the spec goes; it must not exist (default: NAME.yaml).")
    private Path out;

    @Option(names = "--ssh-key", paramLabel = "FILE", description = "The private key (default: ~/.ssh/id_ed25519).")
    private Optional<String> key = Optional.empty();

    @Option(names = "--known-hosts", paramLabel = "FILE", description = "The hosts' keys (default: ~/.ssh/known_hosts).")
    private Optional<String> knownHosts = Optional.empty();

    @Override
    public Integer call() throws Exception {
        Questions questions = new Questions(common.yes ? Optional.empty()
                : Optional.of(new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))), System.err);
        try {
            List<Login> logins = logins(questions);
            List<FirstHost> named = named(logins, look(logins));
            String name = questions.ask("Name of the cluster", "demo", InitCommand::nameProblem);
            FirstSpec spec = spec(questions, name, named);
            write(spec, out == null ? Path.of(name + ".yaml") : out);
            return 0;
        } catch (Questions.Unanswered e) {
            throw new UserError(e.getMessage() + "; name the hosts in the command, and --yes takes the defaults of the rest");
        }
    }

    private List<Login> logins(Questions questions) throws IOException, Questions.Unanswered, UserError {
        List<String> words = hosts.isEmpty()
                ? List.of(questions.ask("Hosts, as USER@ADDRESS, separated by spaces", "", InitCommand::hostsProblem).split("\\s+"))
                : hosts;
        Optional<String> problem = hostsProblem(String.join(" ", words));
        if (problem.isPresent()) {
            throw new UserError(problem.get());
        }
        return words.stream().map(Login::parse).toList();
    }

    private static Optional<String> hostsProblem(String words) {
        Set<String> seen = new HashSet<>();
        for (String word : words.strip().split("\\s+")) {
            try {
                if (!seen.add(Login.parse(word).address())) {
                    return Optional.of(word + " is there twice");
                }
            } catch (IllegalArgumentException e) {
                return Optional.of(e.getMessage());
            }
        }
        return Optional.empty();
    }

    private static Optional<String> nameProblem(String name) {
        return name.matches("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?") ? Optional.empty()
                : Optional.of("lower-case letters, digits and dashes, at most 63");
    }

    /* The spec that gives the way to the hosts has only their addresses: it is read for the defaults of SSH. */
    private List<Seen> look(List<Login> logins) throws UserError, InvalidSpec {
        List<FirstHost> numbered = new ArrayList<>();
        for (Login login : logins) {
            numbered.add(new FirstHost("h" + (numbered.size() + 1), login, ""));
        }
        FirstSpec bare = new FirstSpec("demo", version(), 1, Optional.empty(), "none", "community", key, knownHosts, numbered);
        String script = common.routeFiles().script(Seen.SCRIPT).orElseThrow();
        List<CompletableFuture<Seen>> looks = new ArrayList<>();
        List<Seen> all = new ArrayList<>();
        try (SshSessions sessions = new SshSessions()) {
            SpecReader.read(bare.yaml(), "spec").hosts()
                    .forEach(host -> looks.add(Seen.look(sessions, SshTarget.of(host), script).toCompletableFuture()));
            for (int at = 0; at < looks.size(); at++) {
                Seen seen = looks.get(at).join();
                all.add(seen);
                System.err.println("  " + logins.get(at) + "  "
                        + seen.problem().map(problem -> "could not be looked at: " + problem).orElse(seen.remark()));
                seen.advice().forEach(line -> System.err.println("      " + line));
            }
        }
        return all;
    }

    /* By their own names where these are of use and differ. */
    private static List<FirstHost> named(List<Login> logins, List<Seen> seen) {
        Set<String> taken = new HashSet<>();
        List<FirstHost> named = new ArrayList<>();
        for (int at = 0; at < logins.size(); at++) {
            String numbered = "h" + (at + 1);
            String name = seen.get(at).name().filter(own -> !taken.contains(own)).orElse(numbered);
            for (int more = 2; !taken.add(name); more++) {
                name = numbered + "-" + more;
            }
            named.add(new FirstHost(name, logins.get(at), seen.get(at).remark()));
        }
        return named;
    }

    private FirstSpec spec(Questions questions, String name, List<FirstHost> named) throws IOException, Questions.Unanswered, UserError {
        String version = questions.ask("Version of Kubernetes", version(), InitCommand::versionProblem);
        int controlPlanes = Integer.parseInt(
                questions.ask("How many control planes", "1", answer -> controlPlanesProblem(answer, named.size())));
        Optional<String> endpoint = controlPlanes == 1 ? Optional.empty() : Optional.of(questions.ask(
                "Their endpoint: a free address that Caravan keeps, or HOST:PORT of a load balancer", "", answer -> Optional.empty()));
        String cni = questions.ask("Pod network: " + String.join(", ", NETWORKS), NETWORKS.get(0), answer -> oneOf(NETWORKS, answer));
        String mirror = questions.ask("Packages and images from: " + String.join(", ", MIRRORS), MIRRORS.get(0),
                answer -> oneOf(MIRRORS, answer));
        return new FirstSpec(name, version, controlPlanes, endpoint, cni, mirror, key, knownHosts, named);
    }

    private String version() throws UserError {
        return KubernetesTable.of(common.routeFiles()).offered();
    }

    private static Optional<String> versionProblem(String version) {
        return version.matches("1\\.[0-9]{1,3}\\.[0-9]{1,3}") ? Optional.empty() : Optional.of("three numbers, for example 1.37.2");
    }

    private static Optional<String> controlPlanesProblem(String answer, int hosts) {
        return answer.matches("[1-9][0-9]{0,2}") && Integer.parseInt(answer) <= hosts ? Optional.empty()
                : Optional.of("a number from 1 to " + hosts + "; etcd needs an odd one, and " + SEVERAL + " survive the loss of one");
    }

    private static Optional<String> oneOf(List<String> words, String answer) {
        return words.contains(answer) ? Optional.empty() : Optional.of("one of " + String.join(", ", words));
    }

    private static void write(FirstSpec spec, Path file) throws UserError, IOException, InvalidSpec {
        String text = spec.yaml();
        SpecReader.read(text, file.toString());
        try {
            Files.writeString(file, text, StandardOpenOption.CREATE_NEW);
        } catch (FileAlreadyExistsException e) {
            throw new UserError(file + " exists; name another file with -o");
        } catch (IOException e) {
            throw new UserError("cannot write " + file + ": " + CaravanCommand.message(e));
        }
        String named = ShellWord.of(file.toString());
        System.out.println(file + " describes the cluster " + spec.name() + ". Look at it, then:");
        System.out.println("  caravan plan -f " + named + "     what would change on the hosts");
        System.out.println("  caravan apply -f " + named + "    changes it");
    }
}
