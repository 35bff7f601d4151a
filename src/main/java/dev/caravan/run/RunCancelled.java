package dev.caravan.run;

/** The run was asked to stop: no further step begins. */
public class RunCancelled extends Exception {
    public RunCancelled() {
        super("the run was cancelled");
    }
}
