package dev.caravan.bundle;

import dev.caravan.bundle.BundleIndex.Image;
import dev.caravan.bundle.BundleIndex.PackageFile;
import dev.caravan.bundle.BundleIndex.SystemPackages;
import dev.caravan.bundle.TarReader.Place;
import dev.caravan.data.PrivateFiles;
import dev.caravan.data.Trees;
import dev.caravan.network.Proxies;
import dev.caravan.spec.Cluster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Puts a bundle together: what hosts have gathered, the images, the network's manifest. Nothing appears under the bundle's name before it
 * is complete. For one thread.
 */
public final class BundleMaker {
    /** What a host gathered: an archive of these folders and files. */
    private static final Set<String> GATHERED = Set.of("repositories", "sources", "keys", "packages");
    private static final int LARGEST_LIST = 16 << 20;

    private final Cluster cluster;
    private final String createdAt;
    private final Path work;
    private final Map<HostKind, Path> gathered = new LinkedHashMap<>();
    private final Set<String> images = new TreeSet<>();
    private final Map<String, byte[]> manifests = new TreeMap<>();

    /**
     * @param createdAt ISO 8601
     * @param work      a folder for what is fetched, which is removed at the end
     */
    public BundleMaker(Cluster cluster, String createdAt, Path work) {
        this.cluster = cluster;
        this.createdAt = createdAt;
        this.work = work;
    }

    /** Adds the archive that a host of that kind gathered. */
    public void add(HostKind kind, Path archive) {
        gathered.put(kind, archive);
    }

    /** Adds images by name. */
    public void addImages(Collection<String> names) {
        images.addAll(names);
    }

    /** Adds a manifest that is fetched from that address otherwise. */
    public void addManifest(String address, byte[] content) {
        manifests.put(address, content);
    }

    /**
     * Fetches the images and writes the bundle.
     *
     * @param signKey the private key that signs it, if it is to be signed
     * @return what is in it
     */
    public BundleIndex write(Path target, Optional<Path> signKey, Proxies proxies) throws IOException, InterruptedException {
        if (signKey.isPresent()) {
            Ed25519.sign(signKey.get(), new byte[0]); // before anything is fetched for nothing
        }
        Path blobs = work.resolve("blobs");
        PrivateFiles.makeDirectories(blobs);
        Set<String> architectures = new TreeSet<>();
        gathered.keySet().forEach(kind -> architectures.add(kind.imageArchitecture()));
        ImageSource source = new ImageSource(cluster, proxies, blobs);
        List<Image> copied = new ArrayList<>();
        for (String name : images) {
            copied.add(source.copy(name, architectures));
        }
        Path whole = target.resolveSibling("." + target.getFileName() + ".part");
        try {
            BundleIndex index = write(whole, copied, blobs, signKey);
            Files.move(whole, target, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
            return index;
        } finally {
            Files.deleteIfExists(whole);
            Trees.delete(work);
        }
    }

    private BundleIndex write(Path file, List<Image> copied, Path blobs, Optional<Path> signKey) throws IOException {
        try (TarWriter tar = new TarWriter(Files.newOutputStream(file))) {
            List<BundleFile> files = new ArrayList<>();
            List<SystemPackages> systems = new ArrayList<>();
            for (Map.Entry<HostKind, Path> each : gathered.entrySet()) {
                systems.add(packages(tar, each.getKey(), each.getValue(), files));
            }
            try (Stream<Path> all = Files.list(blobs)) {
                for (Path blob : all.sorted().toList()) {
                    try (InputStream in = Files.newInputStream(blob)) {
                        files.add(tar.add(Bundle.BLOBS + blob.getFileName(), Files.size(blob), in));
                    }
                }
            }
            files.add(text(tar, "images/oci-layout", "{\"imageLayoutVersion\": \"1.0.0\"}\n"));
            files.add(content(tar, "images/index.json", layout(copied, blobs)));
            Map<String, String> places = new TreeMap<>();
            for (Map.Entry<String, byte[]> manifest : manifests.entrySet()) {
                String path = "manifests/" + (places.size() + 1) + ".yaml";
                places.put(manifest.getKey(), path);
                files.add(content(tar, path, manifest.getValue()));
            }
            Map<String, String> digests = new LinkedHashMap<>();
            files.forEach(each -> digests.put(each.path(), each.sha256()));
            files.add(content(tar, Bundle.SBOM, Sbom.of(cluster.name(), createdAt, systems, copied, digests)));
            BundleIndex index = new BundleIndex(BundleIndex.FORMAT, cluster.name(), cluster.kubernetes().version(),
                    cluster.runtime().name().word(), createdAt, systems, copied, places, files);
            byte[] said = Bundle.JSON.writeValueAsBytes(index);
            content(tar, BundleIndex.NAME, said);
            if (signKey.isPresent()) {
                content(tar, Bundle.SIGNATURE, Ed25519.sign(signKey.get(), said));
            }
            return index;
        }
    }

    private static SystemPackages packages(TarWriter tar, HostKind kind, Path archive, List<BundleFile> files) throws IOException {
        String folder = Bundle.SYSTEMS + kind.id() + "/";
        try (FileChannel in = FileChannel.open(archive, StandardOpenOption.READ)) {
            Map<String, Place> there = TarReader.files(in);
            for (Map.Entry<String, Place> each : there.entrySet()) {
                if (!GATHERED.contains(each.getKey().split("/", 2)[0])) {
                    throw new IOException("what the host for " + kind + " gathered has a file that does not belong there: "
                            + each.getKey());
                }
                in.position(each.getValue().offset());
                files.add(tar.add(folder + each.getKey(), each.getValue().size(), Channels.newInputStream(in)));
            }
            return new SystemPackages(kind.id(), kind.system(), kind.architecture(), list(in, there, folder));
        }
    }

    private static List<PackageFile> list(FileChannel in, Map<String, Place> there, String folder) throws IOException {
        Place place = there.get("packages");
        if (place == null || place.size() > LARGEST_LIST) {
            throw new IOException("the host gathered no list of packages");
        }
        in.position(place.offset());
        String text = new String(Channels.newInputStream(in).readNBytes((int) place.size()), StandardCharsets.UTF_8);
        List<PackageFile> packages = new ArrayList<>();
        for (String line : text.lines().toList()) {
            String[] part = line.split(" ");
            if (part.length != 4 || !there.containsKey(part[3])) {
                throw new IOException("the host's list of packages has a line that is none: " + line.replaceAll("[^\\x20-\\x7e]", "?"));
            }
            packages.add(new PackageFile(part[0], part[1], part[2], folder + part[3]));
        }
        return packages;
    }

    /** What makes the folder an OCI layout, which other tools read. */
    private static byte[] layout(List<Image> images, Path blobs) throws IOException {
        List<Map<String, Object>> manifests = new ArrayList<>();
        for (Image image : images) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("mediaType", image.mediaType());
            one.put("digest", image.digest());
            one.put("size", Files.size(blobs.resolve(image.digest().substring("sha256:".length()))));
            one.put("annotations", Map.of("org.opencontainers.image.ref.name", image.name()));
            manifests.add(one);
        }
        return Bundle.JSON.writeValueAsBytes(Map.of("schemaVersion", 2, "mediaType", "application/vnd.oci.image.index.v1+json",
                "manifests", manifests));
    }

    private static BundleFile text(TarWriter tar, String name, String text) throws IOException {
        return content(tar, name, text.getBytes(StandardCharsets.UTF_8));
    }

    private static BundleFile content(TarWriter tar, String name, byte[] content) throws IOException {
        return tar.add(name, content.length, new ByteArrayInputStream(content));
    }
}
