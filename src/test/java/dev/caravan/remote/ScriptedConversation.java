package dev.caravan.remote;

import dev.caravan.remote.ScriptedHosts.Reply;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.apache.sshd.server.Environment;
import org.apache.sshd.server.ExitCallback;
import org.apache.sshd.server.channel.ChannelSession;
import org.apache.sshd.server.command.Command;

/** One command in a channel to a scripted host: it speaks the launcher's protocol. */
final class ScriptedConversation implements Command {
    private final ScriptedHosts hosts;
    private final String host;
    private final String command;
    private InputStream in;
    private OutputStream out;
    private OutputStream err;
    private ExitCallback exit;

    ScriptedConversation(ScriptedHosts hosts, String host, String command) {
        this.hosts = hosts;
        this.host = host;
        this.command = command;
    }

    @Override
    public void setInputStream(InputStream stream) {
        in = stream;
    }

    @Override
    public void setOutputStream(OutputStream stream) {
        out = stream;
    }

    @Override
    public void setErrorStream(OutputStream stream) {
        err = stream;
    }

    @Override
    public void setExitCallback(ExitCallback callback) {
        exit = callback;
    }

    @Override
    public void start(ChannelSession channel, Environment environment) {
        hosts.executor().execute(() -> {
            try {
                converse(in.readAllBytes());
            } catch (IOException gone) {
                exit.onExit(255);
            }
        });
    }

    private void converse(byte[] request) throws IOException {
        if (command.equals(Launcher.Privilege.ROOT.stop())) {
            stop(new String(request, StandardCharsets.UTF_8).strip().split(" "));
            exit.onExit(0);
            return;
        }
        if (command.equals(Launcher.Privilege.ROOT.clear())) {
            hosts.clear(host);
        }
        if (!command.equals(Launcher.Privilege.ROOT.launch())) {
            exit.onExit(0);
            return;
        }
        Optional<LaunchRequest> whole = LaunchRequest.read(request);
        if (whole.isEmpty()) {
            // The engine died as it sent it: a host begins nothing then.
            exit.onExit(255);
            return;
        }
        out.write((Launcher.LOG_MARK + "\n").getBytes(StandardCharsets.UTF_8));
        out.flush();
        hosts.begin(host, whole.get()).whenCompleteAsync((reply, failure) -> answer(reply, whole.get().known()), hosts.executor());
    }

    /* A step that is under way has no log yet: it comes as a whole. */
    private void stop(String[] words) throws IOException {
        Optional<Reply> ended = hosts.ended(host, words[0]);
        if (words.length > 1 && ended.isPresent()) {
            String log = ended.get().log();
            out.write((Launcher.LOG_MARK + "\n" + log.substring(Math.min(Integer.parseInt(words[1]), log.length())))
                    .getBytes(StandardCharsets.UTF_8));
            out.flush();
        }
    }

    private void answer(Reply reply, int known) {
        try {
            out.write(reply.log().substring(Math.min(known, reply.log().length())).getBytes(StandardCharsets.UTF_8));
            out.flush();
            err.write((Launcher.RESULT_MARK + " " + reply.status() + "\n" + reply.result() + "caravan-end\n")
                    .getBytes(StandardCharsets.UTF_8));
            err.flush();
            exit.onExit(0);
        } catch (IOException gone) {
            exit.onExit(255);
        }
    }

    @Override
    public void destroy(ChannelSession channel) {
        // the step goes on without its channel
    }
}
