package dev.caravan.run;

import dev.caravan.actions.Actions;
import dev.caravan.remote.StepRunner;
import org.apache.camel.CamelContext;

/**
 * One version of the routes directory, loaded: its routes, the actions that they declare, and what runs its scripts and knows its
 * failures. A run stays with the
 * one that it began with, so a file that is changed meanwhile changes nothing for it.
 */
public record Workflow(CamelContext context, StepRunner steps, Actions actions) {}
