/** What a step gives: its result or its failure, and the rules that tell transient failures from permanent ones. Plain values. */
package dev.caravan.step;
