package dev.caravan;

import dev.caravan.cli.CaravanCommand;
import dev.caravan.cli.Starting;

/** Where {@code java -jar caravan.jar} begins. */
public final class Main {
    private Main() {}

    public static void main(String[] arguments) {
        Starting.say(arguments);
        int status = CaravanCommand.execute(arguments);
        Starting.over();
        System.exit(status);
    }
}
