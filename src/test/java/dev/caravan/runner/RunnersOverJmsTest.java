package dev.caravan.runner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.caravan.ssh.FaultyLink;
import dev.caravan.ssh.SshResult;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Over JMS, with Artemis, and a link to it that can be cut. */
class RunnersOverJmsTest extends RunnersOverABroker {
    @Override
    TestBroker startBroker(Path place) throws Exception {
        return ArtemisBroker.start(place);
    }

    @Tag("long")
    @Test
    void aZoneThatIsCutOffIsWaitedFor() throws Exception {
        try (FaultyLink link = new FaultyLink("127.0.0.1", broker.port())) {
            cutOff(link);
        }
    }

    private void cutOff(FaultyLink link) throws Exception {
        ZonedAccess engine = engine();
        Runner behind = runner(link.port());
        Heard heard = new Heard();
        CompletableFuture<SshResult> result = give(engine, RunnersOverABroker::slow, heard);
        awaitBegun(heard);
        int waits = heard.waits.size();
        link.cut();
        awaitLost(heard);
        await().atMost(LONG).until(() -> heard.waits.size() > waits);
        release();
        link.heal();
        succeeded(get(result));
        assertThat(heard.log()).isEqualTo("begun " + SECRET + "\ndone\n");
        ranOnce();
        behind.close();
    }
}
