package dev.caravan.facts;

import java.util.List;

/** One thing that must hold before a host is changed. Pure and thread-safe. */
@FunctionalInterface
interface Rule {
    List<Finding> check(Survey survey);
}
