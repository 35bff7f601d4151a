/**
 * The beans that routes name: what they put into scripts' input, keep of their results, and judge.
 *
 * <p>Routes say which steps there are. If a bean needs the name of a step, the route gives it ({@code needsCredentials}, {@code areThere}),
 * or it is that of the result in the message. These names stay in Java:
 * <ul>
 *   <li>Steps that are no scripts, which a bean itself records: {@code preflight}, {@code check-plan}, {@code verify}, {@code restore},
 *       {@code backups}, {@code bundle}.
 *   <li>The step that a bean fails in place of, as it has no input for it: {@code network}, {@code bundle-open}, {@code save-backup}.
 *   <li>{@code facts}, whose outputs are a contract: the journal is read for what is known of hosts.
 * </ul>
 */
package dev.caravan.workflow;
