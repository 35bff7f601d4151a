package dev.caravan.kubeadm;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Merges a user's values over a generated document: maps merge, lists and single values replace, arguments of components merge
 * by name. Arguments may come as a map or as a list of name and value, and leave in the form that the API version takes.
 */
final class DocumentMerge {
    private static final Set<String> ARGUMENTS = Set.of("extraArgs", "kubeletExtraArgs");

    private final KubeadmApi api;

    DocumentMerge(KubeadmApi api) {
        this.api = api;
    }

    Map<String, Object> merged(Map<String, Object> generated, Map<String, Object> override) {
        Map<String, Object> merged = new LinkedHashMap<>();
        generated.forEach((key, value) -> merged.put(
                key, override.containsKey(key) ? value(key, value, override.get(key)) : written(key, value)));
        override.forEach((key, value) -> merged.computeIfAbsent(key, added -> written(key, value)));
        return merged;
    }

    private Object value(String key, Object generated, Object override) {
        if (ARGUMENTS.contains(key)) {
            Map<String, List<String>> arguments = arguments(generated);
            arguments.putAll(arguments(override));
            return written(arguments);
        }
        if (generated instanceof Map<?, ?> below && override instanceof Map<?, ?> over) {
            return merged(typed(below), typed(over));
        }
        return written(key, override);
    }

    /** The value with all arguments below it in the API's form. */
    private Object written(String key, Object value) {
        if (ARGUMENTS.contains(key)) {
            return written(arguments(value));
        }
        if (value instanceof Map<?, ?> map) {
            return merged(typed(map), Map.of());
        }
        if (value instanceof List<?> list) {
            return list.stream().map(item -> written("", item)).toList();
        }
        return value;
    }

    private Object written(Map<String, List<String>> arguments) {
        if (!api.listsArguments()) {
            Map<String, Object> map = new LinkedHashMap<>();
            arguments.forEach((name, values) -> map.put(name, values.get(values.size() - 1)));
            return map;
        }
        List<Object> list = new ArrayList<>();
        arguments.forEach((name, values) -> values.forEach(value -> list.add(argument(name, value))));
        return list;
    }

    private static Map<String, Object> argument(String name, String value) {
        Map<String, Object> argument = new LinkedHashMap<>();
        argument.put("name", name);
        argument.put("value", value);
        return argument;
    }

    /** By name; v1beta4 allows a name to stand several times. */
    private static Map<String, List<String>> arguments(Object value) {
        Map<String, List<String>> arguments = new LinkedHashMap<>();
        if (value instanceof Map<?, ?> map) {
            map.forEach((name, argument) -> arguments.put(name.toString(), List.of(argument.toString())));
        } else if (value instanceof List<?> list) {
            for (Object item : list) {
                Map<String, Object> argument = typed((Map<?, ?>) item);
                arguments
                        .computeIfAbsent(argument.get("name").toString(), name -> new ArrayList<>())
                        .add(argument.get("value").toString());
            }
        }
        return arguments;
    }

    private static Map<String, Object> typed(Map<?, ?> map) {
        Map<String, Object> typed = new LinkedHashMap<>();
        map.forEach((key, value) -> typed.put(key.toString(), value));
        return typed;
    }
}
