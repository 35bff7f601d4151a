package dev.caravan.ssh;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.apache.sshd.client.channel.AsyncCapableClientChannel;
import org.apache.sshd.common.SshConstants;
import org.apache.sshd.common.channel.Channel;
import org.apache.sshd.common.util.buffer.Buffer;
import org.apache.sshd.common.util.buffer.ByteArrayBuffer;

/**
 * A channel that runs one command, without a thread of its own. MINA's own writes the command to its log, which is why
 * this one exists; it also hands on output as it comes and tells an end that the host announced from a broken link.
 */
final class ExecChannel extends AsyncCapableClientChannel {

    /** Told what happens, on the session's thread. */
    interface Listener {
        /** From now on the host may run the command. */
        void sending();

        void stdout(byte[] data, int offset, int length);

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

    ExecChannel(SshCommand command, Listener listener) {
        super("session", true);
        this.command = command.command().getBytes(StandardCharsets.UTF_8);
        this.stdin = command.stdin();
        this.listener = listener;
        setStreaming(Streaming.Async);
    }

    @Override
    protected void doOpen() throws IOException {
        Buffer request = request(Channel.CHANNEL_EXEC, true, command.length);
        request.putBytes(command);
        addPendingRequest(Channel.CHANNEL_EXEC, true);
        listener.sending();
        writePacket(request);
        super.doOpen();
        sendInput();
    }

    private void sendInput() throws IOException {
        if (stdin.length == 0) {
            sendEof();
            return;
        }
        // A command may end without reading its input: a write that fails then is no fault.
        asyncIn.writeBuffer(new ByteArrayBuffer(stdin)).addListener(written -> asyncIn.close(false));
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
        dropInput();
        close(!opened.get());
    }

    private Buffer request(String name, boolean wantReply, int size) {
        Buffer request = getSession().createBuffer(SshConstants.SSH_MSG_CHANNEL_REQUEST, size + name.length() + 32);
        request.putUInt(getRecipient());
        request.putString(name);
        request.putBoolean(wantReply);
        return request;
    }

    /** Input that the host has no window for would hold up closing for good. */
    private void dropInput() {
        if (asyncIn != null) {
            asyncIn.close(true);
        }
    }

    @Override
    protected void doWriteData(byte[] data, int offset, long length) throws IOException {
        if (!isClosing()) {
            listener.stdout(data, offset, (int) length);
            getLocalWindow().release(length);
        }
    }

    @Override
    protected void doWriteExtendedData(byte[] data, int offset, long length) throws IOException {
        if (!isClosing()) {
            listener.stderr(data, offset, (int) length);
            getLocalWindow().release(length);
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
        dropInput();
        super.handleClose();
    }
}
