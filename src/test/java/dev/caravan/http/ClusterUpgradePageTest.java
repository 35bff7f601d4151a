package dev.caravan.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Rehearsal: a cluster shrinks, is renewed, and is upgraded by a plan, from its page. */
class ClusterUpgradePageTest extends PageOfCluster {
    @Tag("long")
    @Test
    void aClusterShrinksIsRenewedAndUpgradedByAPlanOnItsPage() throws Exception {
        onThePage(() -> {
            growsByAHost();
            losesItAgain();
            open();
            browser.click("#do-renew");
            agree("Renew the certificates of demo?", "renew-certificates");
            asksForItsNameBeforeARestore();
            open();
            plansAnUpgrade();
        });
    }

    private void losesItAgain() {
        browser.click("[aria-label='Remove h2']");
        agree("Remove h2 from demo?", "plan");
        applyPlan();
        open();
        nodesAre("h1 Ready");
    }

    /** Up to the button only: a simulated host has no etcd that stops. {@code src/test/lab/backup} restores. */
    private void asksForItsNameBeforeARestore() throws Exception {
        open();
        browser.click("#do-backup");
        agree("Back up demo?", "backup");
        open();
        browser.click("[aria-label^='Restore 2']");
        planned();
        assertThat(browser.text("#ask-title")).startsWith("Restore demo from its backup of ");
        assertThat(browser.value("byId('ask-yes').disabled").asBoolean()).isTrue();
        browser.click("#ask-name input");
        browser.type("demo");
        browser.until("!byId('ask-yes').disabled");
        browser.click("#ask-no");
    }

    private void plansAnUpgrade() {
        browser.click("#do-upgrade");
        browser.until("byId('ask').open && document.querySelectorAll('#newer-versions option').length > 0");
        fill("Version", "1.21.9");
        agree("Upgrade demo?", "plan");
        browser.until("page.model.run.digest");
        assertThat(browser.value("JSON.stringify(page.model.run.steps)").asText()).contains("1.21.9");
    }
}
