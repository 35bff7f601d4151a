package dev.caravan.cli;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code caravan completion}. */
@Command(name = "completion",
        description = {
            "Prints what makes a shell complete commands, options, file names and the values of options.",
            "",
            "It is for the command caravan; it starts no Java while you type."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  source <(caravan completion bash)   now; or in ~/.bashrc",
            "  source <(caravan completion zsh)    now; or in ~/.zshrc",
            "  caravan completion fish > ~/.config/fish/completions/caravan.fish"
        })
final class CompletionCommand implements Callable<Integer> {
    /* Where picocli's script takes the word that is completed and the one before it. */
    private static final String WORDS = "  local prev_word=${COMP_WORDS[COMP_CWORD-1]}\n";
    /* To bash --output=json is three words, the second of which is the sign. */
    private static final String BEHIND_EQUALS = """
              if [[ "${curr_word}" == "=" ]]; then curr_word=""; COMP_WORDS[COMP_CWORD]=""; elif [[ "${prev_word}" == "=" ]]; then prev_word=${COMP_WORDS[COMP_CWORD-2]}; fi
            """;

    enum Shell {
        BASH, ZSH, FISH
    }

    @Parameters(paramLabel = "SHELL", completionCandidates = Words.Shells.class, description = "bash, zsh or fish.")
    private Shell shell;

    @Override
    public Integer call() {
        System.out.print(script(shell));
        return 0;
    }

    static String script(Shell shell) {
        CommandLine caravan = CaravanCommand.heeded();
        // picocli's own script is for both: in zsh it switches to bash's way of completing.
        return shell == Shell.FISH
                ? FishCompletion.of(caravan.getCommandSpec())
                : AutoComplete.bash("caravan", caravan).replace(WORDS, WORDS + BEHIND_EQUALS) + "\n";
    }
}
