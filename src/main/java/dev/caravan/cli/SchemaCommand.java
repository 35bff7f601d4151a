package dev.caravan.cli;

import dev.caravan.spec.Schema;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code caravan schema}. */
@Command(name = "schema",
        description = "Prints the JSON Schema of the spec, which describes every key.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  caravan schema > cluster-v1.schema.json",
            "  caravan schema | jq .properties.spec.properties.network"
        })
final class SchemaCommand implements Callable<Integer> {
    @Override
    public Integer call() {
        System.out.println(Schema.text());
        return 0;
    }
}
