package dev.caravan.cli;

import dev.caravan.spec.Schema;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code caravan schema}. */
@Command(name = "schema", mixinStandardHelpOptions = true, description = "Prints the JSON Schema of the spec.")
final class SchemaCommand implements Callable<Integer> {
    @Override
    public Integer call() {
        System.out.println(Schema.text());
        return 0;
    }
}
