package dev.caravan.actions;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** The JSON form of actions. Members that have no value are left out. */
public final class ActionJson {
    private ActionJson() {}

    /** All of them, and where which is offered: {@code {"actions": [...], "offered": {"spec": "apply"}}}. */
    public static ObjectNode tree(Actions actions) {
        ObjectNode tree = JsonNodeFactory.instance.objectNode();
        ArrayNode list = tree.putArray("actions");
        actions.all().forEach(action -> list.add(tree(action)));
        ObjectNode offered = tree.putObject("offered");
        for (Offer offer : Offer.values()) {
            actions.offered(offer).ifPresent(action -> offered.put(offer.word(), action.name()));
        }
        return tree;
    }

    private static ObjectNode tree(Action action) {
        ObjectNode tree = JsonNodeFactory.instance.objectNode().put("name", action.name()).put("title", action.title());
        if (!action.description().isEmpty()) {
            tree.put("description", action.description());
        }
        tree.put("changesHosts", action.changesHosts()).put("plan", action.plan());
        tree.put("asksFirst", action.asksFirst()).put("builtIn", action.builtIn());
        tree.put("undoes", action.undoes().word()).put("shows", action.shows().word());
        texts(tree, "formerly", action.formerly());
        ArrayNode parameters = tree.putArray("parameters");
        action.parameters().forEach(parameter -> parameters.add(tree(parameter)));
        return tree;
    }

    private static ObjectNode tree(Parameter parameter) {
        ObjectNode tree = JsonNodeFactory.instance.objectNode().put("name", parameter.name())
                .put("type", parameter.type().word())
                .put("required", parameter.required()).put("description", parameter.description());
        // A duration's in seconds.
        parameter.defaultValue().filter(value -> !value.equals("")).ifPresent(value -> tree.putPOJO("default", value));
        texts(tree, "oneOf", parameter.oneOf());
        return tree;
    }

    private static void texts(ObjectNode tree, String name, List<String> texts) {
        if (!texts.isEmpty()) {
            ArrayNode list = tree.putArray(name);
            texts.forEach(list::add);
        }
    }
}
