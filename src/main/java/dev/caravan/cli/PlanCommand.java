package dev.caravan.cli;

import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code caravan plan}. */
@Command(name = "plan",
        description = {
            "Says what apply would change on each host; changes nothing.",
            "",
            "If everybody on the host may read a file, it is shown as it is and as it would be, as a unified diff. "
                    + "Units and kernel settings are shown likewise. Hosts with the same changes stand together. "
                    + "What a step finds only once an earlier one has changed something, such as a package's own files, is not foreseen."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  caravan plan -f spec.yaml",
            "  caravan plan -f spec.yaml | less",
            "  caravan plan -f spec.yaml --detailed-exitcode || echo drift or failure",
            "  caravan plan -f spec.yaml --output json | jq '.data.diffs // empty'"
        })
final class PlanCommand extends ActionCommand {
    @Mixin
    private DetailedExit detailed;

    @Mixin
    private BundleOptions bundle;

    @Override
    Map<String, String> parameters() throws UserError {
        return bundle.parameters();
    }

    @Override
    DetailedExit detailed() {
        return detailed;
    }
}
