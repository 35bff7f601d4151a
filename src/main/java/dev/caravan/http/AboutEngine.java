package dev.caravan.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What the page says to somebody who has not begun a run yet.
 *
 * @param rehearsal whether the hosts are simulated
 * @param command   begins a run of {@code spec.yaml} in the same journal; empty if none does
 * @param trial     simulated hosts to try an example on, if this engine has some
 */
public record AboutEngine(boolean rehearsal, Path inbox, Optional<String> command, Optional<Trial> trial) {
    Reply answer() {
        ObjectNode tree = Json.object().put("rehearsal", rehearsal).put("trial", trial.isPresent()).put("inbox", inbox.toString());
        command.ifPresent(text -> tree.put("command", text));
        return Reply.json(200, tree);
    }
}
