package dev.caravan.remote;

import dev.caravan.step.StepFailure;
import dev.caravan.step.StepResult;
import dev.caravan.step.Undo;
import java.time.Duration;
import java.util.regex.Pattern;
import org.apache.camel.Consumer;
import org.apache.camel.Processor;
import org.apache.camel.Producer;
import org.apache.camel.spi.Metadata;
import org.apache.camel.spi.UriEndpoint;
import org.apache.camel.spi.UriParam;
import org.apache.camel.spi.UriPath;
import org.apache.camel.support.DefaultEndpoint;

/**
 * Runs {@code scripts/NAME.sh} on the exchange's host, detached from the SSH connection, and leaves a {@link StepResult} as
 * the body. A script that fails becomes a {@link StepFailure}. No thread waits while the script runs.
 */
@UriEndpoint(firstVersion = "0.1.0", scheme = "step", title = "Step", syntax = "step:name", producerOnly = true)
public class StepEndpoint extends DefaultEndpoint {
    /** Which host a step runs on. */
    public enum On {
        /** The one that the exchange's variable {@code host} names. */
        HOST,
        /** The cluster's first control plane, whichever host's pipeline asks. */
        FIRST_CONTROL_PLANE,
        /** A control plane of the cluster; the step is recorded for the host of the variable {@code host}, whose node it is about. */
        CONTROL_PLANE
    }

    /** When a step gets one of the slots of {@code caravan.hosts-at-a-time}, if all are taken. */
    public enum Slot {
        /** After those who wait already; first, if the exchange's variable {@code slot} says so. */
        IN_TURN,
        /** Before all who wait in turn: other hosts wait for this step. */
        FIRST
    }

    /** What says which step it is. */
    public enum StepFrom {
        /** The endpoint's name and options. */
        NAME,
        /** The body, an {@link Undo}: its name, its script, and what was found on standard input. */
        BODY
    }

    private static final Pattern SIZE = Pattern.compile("[0-9]{1,15}|[0-9]{1,6}[kmgt]");

    @UriPath(description = "Name of the step, as it is shown and recorded")
    @Metadata(required = true)
    private final String name;

    @UriParam(description = "The script in scripts/; NAME.sh where none is given")
    private String script;

    @UriParam(description = "Time limit of one attempt; the script is stopped when it is over", defaultValue = "10m")
    private Duration timeout = Duration.ofMinutes(10);

    @UriParam(description = "host; first-control-plane; or control-plane, for a step about the node of the exchange's host, for which "
            + "it is recorded", defaultValue = "host")
    private On on = On.HOST;

    @UriParam(description = "Whether the body goes to the script's standard input", defaultValue = "false")
    private boolean stdin;

    @UriParam(description = "Steps of a run that name the same word here run one at a time")
    private String oneAtATime;

    @UriParam(description = "For so long after it ended, a result is shared by all who ask for this step in the run; 0 shares nothing",
            defaultValue = "0")
    private Duration share = Duration.ZERO;

    @UriParam(description = "name; or body, for an undo: the body names the step, and holds what it found", defaultValue = "name")
    private StepFrom stepFrom = StepFrom.NAME;

    @UriParam(description = "Whether the step is run though the run was cancelled: for steps that roll back or clean up",
            defaultValue = "false")
    private boolean evenWhenCancelled;

    @UriParam(description = "Whether the run's other steps that may still run on the host are stopped before this one. What they found "
            + "is recorded", defaultValue = "false")
    private boolean stopsOthers;

    @UriParam(description = "in-turn; or first, for a step that other hosts wait for: it gets a slot of caravan.hosts-at-a-time before "
            + "their steps. The exchange variable slot says the same of all steps that follow", defaultValue = "in-turn")
    private Slot slot = Slot.IN_TURN;

    @UriParam(description = "Exchange variable that names the file of the data directory to which the file goes that the script leaves at "
            + "$ARTEFACT")
    private String saveTo;

    @UriParam(description = "Exchange variable that names the file of the data directory that is at $ARTEFACT before the script starts")
    private String sendFrom;

    @UriParam(description = "The largest file that is saved: a number of bytes, or one with k, m, g or t", defaultValue = "8g")
    private String saveLimit = "8g";

    StepEndpoint(String uri, StepComponent component, String name) {
        super(uri, component);
        this.name = name;
    }

    public String getName() {
        return name;
    }

    public String getScript() {
        return script == null ? name + ".sh" : script;
    }

    public void setScript(String script) {
        this.script = script;
    }

    public Duration getTimeout() {
        return timeout;
    }

    public void setTimeout(Duration timeout) {
        this.timeout = timeout;
    }

    public On getOn() {
        return on;
    }

    public void setOn(On on) {
        this.on = on;
    }

    public boolean isStdin() {
        return stdin;
    }

    public void setStdin(boolean stdin) {
        this.stdin = stdin;
    }

    public String getOneAtATime() {
        return oneAtATime;
    }

    public void setOneAtATime(String oneAtATime) {
        this.oneAtATime = oneAtATime;
    }

    public Duration getShare() {
        return share;
    }

    public void setShare(Duration share) {
        this.share = share;
    }

    public boolean isEvenWhenCancelled() {
        return evenWhenCancelled;
    }

    public void setEvenWhenCancelled(boolean evenWhenCancelled) {
        this.evenWhenCancelled = evenWhenCancelled;
    }

    public boolean isStopsOthers() {
        return stopsOthers;
    }

    public void setStopsOthers(boolean stopsOthers) {
        this.stopsOthers = stopsOthers;
    }

    public Slot getSlot() {
        return slot;
    }

    public void setSlot(Slot slot) {
        this.slot = slot;
    }

    public String getSaveTo() {
        return saveTo;
    }

    public void setSaveTo(String saveTo) {
        this.saveTo = saveTo;
    }

    public String getSendFrom() {
        return sendFrom;
    }

    public void setSendFrom(String sendFrom) {
        this.sendFrom = sendFrom;
    }

    public String getSaveLimit() {
        return saveLimit;
    }

    /** @throws IllegalArgumentException if it is no size */
    public void setSaveLimit(String saveLimit) {
        bytes(saveLimit);
        this.saveLimit = saveLimit;
    }

    long saveLimitBytes() {
        return bytes(saveLimit);
    }

    private static long bytes(String size) {
        if (!SIZE.matcher(size).matches()) {
            throw new IllegalArgumentException("saveLimit=" + size + " is no size: write 500m or 8g, for example");
        }
        int unit = "kmgt".indexOf(size.charAt(size.length() - 1)) + 1;
        return Long.parseLong(unit == 0 ? size : size.substring(0, size.length() - 1)) << 10 * unit;
    }

    @Override
    public Producer createProducer() {
        return new StepProducer(this, ((StepComponent) getComponent()).getRunner());
    }

    public StepFrom getStepFrom() {
        return stepFrom;
    }

    public void setStepFrom(StepFrom stepFrom) {
        this.stepFrom = stepFrom;
    }

    /** @throws IllegalArgumentException if options exclude each other */
    void check() {
        if (oneAtATime != null && share.compareTo(Duration.ZERO) > 0) {
            throw new IllegalArgumentException("step:" + name + " has both share and oneAtATime: what is shared runs once, without a turn");
        }
    }

    @Override
    public Consumer createConsumer(Processor processor) {
        throw new UnsupportedOperationException("a step is only ever a destination: to: step:" + name);
    }
}
