/** Caravan: bare Linux hosts into a Kubernetes cluster, every step an Apache Camel route. */
package dev.caravan;
