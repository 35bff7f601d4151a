package dev.caravan.cli;

import picocli.CommandLine.IVersionProvider;

/** Caravan's version and Camel's, from their jars. */
final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
        return new String[] {
            "caravan " + of(Version.class.getPackage().getImplementationVersion()),
            "Apache Camel " + of(new org.apache.camel.impl.DefaultCamelContext(false).getVersion()),
            "Java " + System.getProperty("java.version")
        };
    }

    private static String of(String version) {
        return version == null ? "(not packaged)" : version;
    }
}
