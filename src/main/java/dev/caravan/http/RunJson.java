package dev.caravan.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.caravan.digest.Sha256;
import dev.caravan.history.HostWords;
import dev.caravan.history.Report;
import dev.caravan.history.Requesters;
import dev.caravan.history.RunState;
import dev.caravan.history.RunView;
import dev.caravan.history.RunView.HostView;
import dev.caravan.history.RunView.StepView;
import dev.caravan.history.StepState;
import dev.caravan.http.RunFolds.Folded;
import dev.caravan.journal.RunRecord;
import dev.caravan.journal.RunRecordJson;
import java.util.List;
import java.util.TreeMap;

/** The JSON form of runs. Members that have no value are left out. */
final class RunJson {
    /** Of digests: enough to tell the plans of one run apart. */
    private static final int LENGTH = 16;

    private RunJson() {}

    /** As a list shows it. */
    static ObjectNode brief(RunRecord run) {
        return RunRecordJson.tree(run);
    }

    /** All of it; {@code seq} is the number of the last event that it takes into account. */
    static ObjectNode whole(RunRecord run, Folded folded) {
        RunView view = folded.view();
        ObjectNode tree = head(run, folded.seq() == 0 ? run.state() : view.state());
        ObjectNode parameters = Json.object();
        folded.parameters().forEach((name, value) -> Json.put(parameters, name, value));
        if (!parameters.isEmpty()) {
            tree.set("parameters", parameters);
        }
        tree.put("plan", view.looksOnly()).put("shows", folded.shows().word());
        people(tree, folded);
        view.exitStatus().ifPresent(status -> tree.put("exitStatus", status.code()));
        tree.put("createdAt", run.createdAt().toString());
        view.startedAt().ifPresent(at -> tree.put("startedAt", at.toString()));
        view.endedAt().ifPresent(at -> tree.put("endedAt", at.toString()));
        tree.put("seq", folded.seq());
        Json.put(tree, "message", view.message());
        view.kubeconfig().ifPresent(path -> tree.put("kubeconfig", path));
        ArrayNode hosts = tree.putArray("hosts");
        view.realHosts().forEach(host -> hosts.add(host(host, view.looksOnly())));
        ArrayNode steps = tree.putArray("steps");
        view.hosts().forEach(host -> host.steps().values().forEach(step -> steps.add(step(step, host))));
        ArrayNode findings = tree.putArray("findings");
        view.findings().forEach(finding -> {
            ObjectNode each = findings.addObject();
            each.set("hosts", Json.texts(finding.hosts()));
            Json.put(each.put("problem", finding.problem()), "remedy", finding.remedy());
        });
        return tree;
    }

    private static ObjectNode head(RunRecord run, RunState state) {
        return Json.object().put("id", run.id()).put("action", run.action()).put("cluster", run.cluster())
                .put("source", run.source()).put("rehearsal", run.rehearsal()).put("state", state.word());
    }

    /** Who begins a run with the plan that it is to do has approved that plan. */
    private static void people(ObjectNode tree, Folded folded) {
        Requesters requesters = folded.requesters();
        requesters.began().ifPresent(name -> tree.put("begunBy", name));
        requesters.began().filter(name -> !folded.parameters().getOrDefault("plan", "").isEmpty())
                .ifPresent(name -> tree.put("approvedBy", name));
        requesters.cancelled().ifPresent(name -> tree.put("cancelledBy", name));
        requesters.resumed().ifPresent(name -> tree.put("resumedBy", name));
    }

    private static ObjectNode host(HostView host, boolean planned) {
        ObjectNode tree = Json.object().put("name", host.name());
        Json.put(tree, "address", host.address());
        tree.set("roles", Json.texts(host.roles()));
        if (host.rolledBack()) {
            tree.put("rolledBack", true);
        }
        if (planned) {
            tree.put("alike", alike(host));
        }
        host.waitsFor().ifPresent(waiting -> tree.put("waitsFor", waiting.what()).put("waitsSince", waiting.since().toString()));
        return tree;
    }

    /* The same for hosts on which the same would be done, but for their names and addresses. */
    private static String alike(HostView host) {
        StringBuilder words = new StringBuilder();
        new TreeMap<>(host.steps()).values().stream().filter(StepView::changed).forEach(step -> words.append(step.step()).append('\n')
                .append(step.changes().isEmpty() ? step.message() : step.changes()).append('\n').append(step.diffs()).append('\n'));
        return Sha256.hex(HostWords.without(words.toString(), host.name(), host.address())).substring(0, LENGTH);
    }

    private static ObjectNode step(StepView step, HostView host) {
        ObjectNode tree = Json.object();
        Json.put(tree, "host", step.host());
        tree.put("step", step.step()).put("state", step.state().word()).put("attempt", step.attempt()).put("changed", step.changed())
                .put("startedAt", step.startedAt().toString());
        step.endedAt().ifPresent(at -> tree.put("endedAt", at.toString()));
        Json.put(tree, "message", step.message().isEmpty() ? step.doing() : step.message());
        if (!step.changes().isEmpty()) {
            tree.set("changes", Json.texts(step.changes()));
        }
        if (!step.diffs().isEmpty()) {
            ArrayNode diffs = tree.putArray("diffs");
            step.diffs().forEach(diff -> Json.put(diffs.addObject().put("change", diff.change()).put("subject", diff.subject()), "diff",
                    diff.text()));
        }
        List<List<String>> rows = Report.rows(step.report());
        if (!rows.isEmpty()) {
            ObjectNode report = tree.putObject("report");
            report.set("columns", Json.texts(rows.get(0)));
            report.set("rows", Json.tree(rows.subList(1, rows.size())));
        }
        if (step.state() == StepState.FAILED || step.state() == StepState.RETRYING) {
            Json.put(tree, "cause", HostWords.cause(step.message().isEmpty() ? step.doing() : step.message(), host.name(),
                    List.of(host.address())));
        }
        step.retryAt().ifPresent(at -> tree.put("retryAt", at.toString()));
        step.failure().ifPresent(failure -> {
            ObjectNode why = tree.putObject("failure");
            Json.put(why.put("kind", failure.kind()), "remedy", failure.remedy());
            why.set("lastWords", Json.texts(failure.lastWords()));
        });
        return tree;
    }
}
