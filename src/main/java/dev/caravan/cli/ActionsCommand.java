package dev.caravan.cli;

import dev.caravan.actions.Action;
import dev.caravan.actions.ActionJson;
import dev.caravan.actions.Actions;
import dev.caravan.actions.Parameter;
import dev.caravan.terminal.Mode;
import dev.caravan.terminal.TerminalFacts;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code caravan actions}. */
@Command(name = "actions",
        description = {
            "Lists the actions that caravan run takes, with their parameters.",
            "",
            "An action is a file in actions/ of the routes directory: the built-in ones, and your own in ./routes or --routes."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  caravan actions",
            "  caravan actions --routes my-routes",
            "  caravan actions --output json | jq -r '.actions[].name'"
        })
final class ActionsCommand implements Callable<Integer> {
    @Mixin
    private CommonOptions common;

    @Override
    public Integer call() throws UserError {
        Actions actions = ActionOptions.actions(common);
        if (common.output == Mode.JSON) {
            System.out.println(ActionJson.tree(actions));
            return 0;
        }
        int width = actions.all().stream().mapToInt(action -> action.name().length()).max().orElse(0);
        TerminalFacts terminal = TerminalFacts.detect(System.getenv());
        for (Action action : actions.all()) {
            System.out.printf("%-" + width + "s  %s%s%n", action.name(), action.title(), remarks(action));
            action.parameters().forEach(parameter -> terminal.wrap(" ".repeat(width + 2) + "--set " + parameter(parameter))
                    .forEach(System.out::println));
        }
        return 0;
    }

    private static String remarks(Action action) {
        List<String> remarks = new ArrayList<>();
        if (!action.changesHosts()) {
            remarks.add("changes nothing");
        }
        if (action.asksFirst()) {
            remarks.add("asks first");
        }
        if (!action.builtIn()) {
            remarks.add("yours");
        }
        return remarks.isEmpty() ? "" : " (" + String.join(", ", remarks) + ")";
    }

    private static String parameter(Parameter parameter) {
        String form = parameter.oneOf().isEmpty()
                ? parameter.type().word()
                : String.join(" | ", parameter.oneOf());
        String usual = parameter.required()
                ? ", required"
                : parameter.defaultValue().map(value -> ", default "
                        + (value.equals("") ? "empty" : value + (parameter.type() == Parameter.Type.DURATION ? "s" : ""))).orElse("");
        return parameter.name() + "=  " + parameter.description() + " (" + form + usual + ")";
    }
}
