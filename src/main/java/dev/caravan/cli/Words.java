package dev.caravan.cli;

import dev.caravan.packages.Family;
import dev.caravan.terminal.Mode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** The values of options, as they are written: for completion. */
final class Words {
    private Words() {}

    static final class Modes extends ArrayList<String> {
        private static final long serialVersionUID = 1;

        Modes() {
            super(Stream.of(Mode.values()).map(Mode::word).toList());
        }
    }

    static final class Families extends ArrayList<String> {
        private static final long serialVersionUID = 1;

        Families() {
            super(List.of(Family.values()).stream().map(family -> family.name().toLowerCase(Locale.ROOT)).toList());
        }
    }

    static final class Formats extends ArrayList<String> {
        private static final long serialVersionUID = 1;

        Formats() {
            super(Stream.of(LogSetup.Format.values()).map(format -> format.name().toLowerCase(Locale.ROOT)).toList());
        }
    }

    static final class Shells extends ArrayList<String> {
        private static final long serialVersionUID = 1;

        Shells() {
            super(Stream.of(CompletionCommand.Shell.values()).map(shell -> shell.name().toLowerCase(Locale.ROOT)).toList());
        }
    }
}
