package dev.caravan.ssh;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.sshd.client.channel.AbstractClientChannel;
import org.apache.sshd.common.SshConstants;
import org.apache.sshd.common.channel.Channel;
import org.apache.sshd.common.channel.RemoteWindow;
import org.apache.sshd.common.util.buffer.Buffer;

/**
 * A channel that runs one command, without a thread of its own. MINA's own writes the command to its log, which is why
 * this one exists; it also hands on output as it comes, sends input as the host makes room for it, and tells an end
 * that the host announced from a broken link.
 */
final class ExecChannel extends AbstractClientChannel {

    /** Told what happens, on the session's thread. */
    interface Listener {
        /** Asked before each message to the host. If false, the command has failed, and nothing more is sent. */
        boolean maySend();

        /** From now on the host may run the command. */
        void sending();

        /** @return ends when the host may send as much again */
        CompletionStage<Void> stdout(byte[] data, int offset, int length);

        void stderr(byte[] data, int offset, int length);

        /** The host would not run the command. */
        void refused();

        /**
         * The host closed the channel: nothing follows.
         *
         * @param exitStatus null where the host sent none
         * @param signal     null where the host sent none
         */
        void ended(Integer exitStatus, String signal);
    }

    private final byte[] command;
    private final byte[] stdin;
    private final Listener listener;
    private final AtomicInteger calls = new AtomicInteger();
    private int inputSent; // touched by one thread at a time, see sendInput
    private volatile boolean writing;

    ExecChannel(SshCommand command, Listener listener) {
        super("session");
        this.command = command.command().getBytes(StandardCharsets.UTF_8);
        this.stdin = command.stdin();
        this.listener = listener;
    }

    @Override
    protected void doOpen() throws IOException {
        if (!listener.maySend()) {
            return;
        }
        Buffer request = request(Channel.CHANNEL_EXEC, true, command.length);
        request.putBytes(command);
        addPendingRequest(Channel.CHANNEL_EXEC, true);
        listener.sending();
        writePacket(request);
        sendInput();
    }

    private Buffer request(String name, boolean wantReply, int size) {
        Buffer request = getSession().createBuffer(SshConstants.SSH_MSG_CHANNEL_REQUEST, size + name.length() + 32);
        request.putUInt(getRecipient());
        request.putString(name);
        request.putBoolean(wantReply);
        return request;
    }

    /**
     * Sends what the host has room for. Called whenever more may go: of calls at the same time, or from within the
     * first one, the first does the work of all, so that neither locks nor recursion are needed.
     */
    private void sendInput() throws IOException {
        if (calls.getAndIncrement() == 0) {
            do {
                sendNextInput();
            } while (calls.decrementAndGet() != 0);
        }
    }

    private void sendNextInput() throws IOException {
        if (writing || isClosing() || !listener.maySend()) {
            return;
        }
        if (inputSent == stdin.length) {
            sendEof();
            return;
        }
        RemoteWindow window = getRemoteWindow();
        int length = (int) Math.min(stdin.length - inputSent, Math.min(window.getSize(), window.getPacketSize()));
        if (length == 0) {
            return;
        }
        window.consume(length);
        Buffer data = getSession().createBuffer(SshConstants.SSH_MSG_CHANNEL_DATA, length + 12);
        data.putUInt(getRecipient());
        data.putBytes(stdin, inputSent, length);
        inputSent += length;
        writing = true;
        writePacket(data).addListener(written -> {
            writing = false;
            if (written.isWritten()) {
                sendMoreInput();
            } // else the link broke, or the command ended without reading its input
        });
    }

    private void sendMoreInput() {
        try {
            sendInput();
        } catch (IOException e) {
            log.debug("sendMoreInput({}) {}", this, e.toString());
            close(false);
        }
    }

    @Override
    public void handleWindowAdjust(Buffer buffer) throws IOException {
        super.handleWindowAdjust(buffer);
        sendInput();
    }

    /** Asks the command to stop and gives the channel back, waiting for neither. */
    void abandon() {
        try {
            if (opened.get() && !isClosing()) {
                Buffer request = request("signal", false, 8);
                request.putString("TERM");
                writePacket(request);
            }
        } catch (IOException e) {
            // The link is gone, and the command's channel with it.
            log.debug("abandon({}) no signal was sent: {}", this, e.toString());
        }
        close(!opened.get());
    }

    @Override
    protected void doWriteData(byte[] data, int offset, long length) throws IOException {
        if (!isClosing()) {
            listener.stdout(data, offset, (int) length).thenRun(() -> release(length));
        }
    }

    private void release(long length) {
        try {
            if (!isClosing()) {
                getLocalWindow().release(length);
            }
        } catch (IOException e) {
            log.debug("release({}) {}", this, e.toString());
            close(false);
        }
    }

    @Override
    protected void doWriteExtendedData(byte[] data, int offset, long length) throws IOException {
        if (!isClosing()) {
            listener.stderr(data, offset, (int) length);
            release(length);
        }
    }

    @Override
    public void handleSuccess() {
        removePendingRequest(Channel.CHANNEL_EXEC);
    }

    @Override
    public void handleFailure() {
        if (removePendingRequest(Channel.CHANNEL_EXEC) != null) {
            listener.refused();
            abandon();
        }
    }

    @Override
    public void handleClose() throws IOException {
        listener.ended(getExitStatus(), getExitSignal());
        super.handleClose();
    }
}
