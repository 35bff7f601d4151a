/** Pod networks and where their manifests come from. */
package dev.caravan.network;
