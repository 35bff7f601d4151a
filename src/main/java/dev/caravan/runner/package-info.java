/**
 * Orders for hosts over a broker, to runners near the hosts: keys, messages, the engine's side of a zone and the runner's. The broker
 * itself is the user's, reached by Camel.
 */
package dev.caravan.runner;
