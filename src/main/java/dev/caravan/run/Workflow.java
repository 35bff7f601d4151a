package dev.caravan.run;

import dev.caravan.actions.Actions;
import org.apache.camel.CamelContext;

/**
 * One version of the routes directory, loaded: its routes, the actions that they declare, and what runs its scripts and judges their
 * failures. A run keeps the version that it began with, so a file that is changed meanwhile changes nothing for it.
 */
public record Workflow(CamelContext context, Steps steps, Actions actions) {}
