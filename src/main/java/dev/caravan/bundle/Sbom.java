package dev.caravan.bundle;

import dev.caravan.bundle.BundleIndex.Image;
import dev.caravan.bundle.BundleIndex.PackageFile;
import dev.caravan.bundle.BundleIndex.SystemPackages;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The bill of materials of a bundle: CycloneDX 1.5, as JSON. */
final class Sbom {
    private Sbom() {}

    /** @param digests of the bundle's files, by path */
    static byte[] of(String cluster, String createdAt, List<SystemPackages> systems, List<Image> images, Map<String, String> digests)
            throws IOException {
        List<Map<String, Object>> components = new ArrayList<>();
        for (SystemPackages system : systems) {
            for (PackageFile each : system.packages()) {
                String kind = each.path().endsWith(".rpm") ? "rpm" : "deb";
                String vendor = system.system().replaceFirst("-[^-]*$", "");
                String purl = "pkg:" + kind + "/" + encoded(vendor) + "/" + encoded(each.name()) + "@" + encoded(each.version())
                        + "?arch=" + encoded(each.architecture()) + "&distro=" + encoded(system.system());
                components.add(component("library", each.name(), each.version(), purl, digests.get(each.path())));
            }
        }
        for (Image image : images) {
            String path = image.name().replaceFirst("[:@][^/]*$", "");
            String purl = "pkg:oci/" + encoded(path.substring(path.lastIndexOf('/') + 1)) + "@" + encoded(image.digest())
                    + "?repository_url=" + encoded(path);
            components.add(component("container", path, image.name().substring(path.length()).replaceFirst("^[:@]", ""), purl,
                    image.digest().substring("sha256:".length())));
        }
        Map<String, Object> sbom = new LinkedHashMap<>();
        sbom.put("bomFormat", "CycloneDX");
        sbom.put("specVersion", "1.5");
        sbom.put("version", 1);
        sbom.put("metadata", Map.of("timestamp", createdAt, "component", Map.of("type", "application", "name", cluster)));
        sbom.put("components", components);
        return Bundle.JSON.writeValueAsBytes(sbom);
    }

    private static Map<String, Object> component(String type, String name, String version, String purl, String sha256) {
        Map<String, Object> component = new LinkedHashMap<>();
        component.put("type", type);
        component.put("name", name);
        component.put("version", version);
        component.put("purl", purl);
        component.put("hashes", List.of(Map.of("alg", "SHA-256", "content", sha256)));
        return component;
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
