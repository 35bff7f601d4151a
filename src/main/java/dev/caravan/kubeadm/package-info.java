/** kubeadm's configuration for each of its API versions, and which Kubernetes version takes what. */
package dev.caravan.kubeadm;
