package dev.caravan.run;

import dev.caravan.actions.Actions;

/** Where runs get their workflow from. Implementations are thread-safe. */
public interface Workflows {
    /** The newest, which is kept until it was released as often as it was taken. */
    Workflow take();

    /** Ends the use of one that was taken. */
    void release(Workflow workflow);

    /** The actions of the newest. */
    Actions actions();

    /** The same one for all runs. */
    static Workflows only(Workflow workflow) {
        return new Workflows() {
            @Override
            public Workflow take() {
                return workflow;
            }

            @Override
            public Actions actions() {
                return workflow.actions();
            }

            @Override
            public void release(Workflow taken) {
                // there is no other, so it stays
            }
        };
    }
}
