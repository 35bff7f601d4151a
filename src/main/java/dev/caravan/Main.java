package dev.caravan;

import dev.caravan.cli.CaravanCommand;

/** Where {@code java -jar caravan.jar} begins. */
public final class Main {
    private Main() {}

    public static void main(String[] arguments) {
        System.exit(CaravanCommand.execute(arguments));
    }
}
