package dev.caravan.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.caravan.history.Report;
import dev.caravan.history.Requesters;
import dev.caravan.history.RunState;
import dev.caravan.history.RunView;
import dev.caravan.history.RunView.HostView;
import dev.caravan.history.RunView.StepView;
import dev.caravan.http.RunFolds.Folded;
import dev.caravan.journal.RunRecord;
import dev.caravan.journal.RunRecordJson;
import java.util.List;

/** The JSON form of runs. Members that have no value are left out. */
final class RunJson {
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
        view.realHosts().forEach(host -> hosts.add(host(host)));
        ArrayNode steps = tree.putArray("steps");
        view.hosts().forEach(host -> host.steps().values().forEach(step -> steps.add(step(step))));
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

    private static ObjectNode host(HostView host) {
        ObjectNode tree = Json.object().put("name", host.name());
        Json.put(tree, "address", host.address());
        tree.set("roles", Json.texts(host.roles()));
        if (host.rolledBack()) {
            tree.put("rolledBack", true);
        }
        host.waitsFor().ifPresent(waiting -> tree.put("waitsFor", waiting.what()).put("waitsSince", waiting.since().toString()));
        return tree;
    }

    private static ObjectNode step(StepView step) {
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
        step.retryAt().ifPresent(at -> tree.put("retryAt", at.toString()));
        step.failure().ifPresent(failure -> {
            ObjectNode why = tree.putObject("failure");
            Json.put(why.put("kind", failure.kind()), "remedy", failure.remedy());
            why.set("lastWords", Json.texts(failure.lastWords()));
        });
        return tree;
    }
}
