/** The beans that routes name: what they put into scripts' input, keep of their results, and judge. */
package dev.caravan.workflow;
