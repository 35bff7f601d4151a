package dev.caravan.rehearsal;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import org.gaul.s3proxy.AuthenticationType;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.nio2blob.FilesystemNio2BlobApiMetadata;
import org.jclouds.ContextBuilder;
import org.jclouds.blobstore.BlobStore;
import org.jclouds.blobstore.BlobStoreContext;
import org.jclouds.blobstore.domain.Blob;
import org.jclouds.blobstore.domain.StorageMetadata;
import org.jclouds.blobstore.options.ListContainerOptions;

/** A real S3 server (S3Proxy) on loopback, which keeps its objects in a directory. It refuses requests that another key signed. */
final class S3Server implements AutoCloseable {
    static final String ACCESS_KEY = "an-access-key";
    static final String SECRET_KEY = "its-secret-key";

    private final BlobStoreContext store;
    private final S3Proxy server;
    private final String address;
    private final String bucket;

    private S3Server(BlobStoreContext store, S3Proxy server, String bucket) {
        this.store = store;
        this.server = server;
        this.address = "http://127.0.0.1:" + server.getPort();
        this.bucket = bucket;
    }

    /** With one empty bucket of that name. */
    static S3Server start(Path directory, String bucket) throws Exception {
        Properties settings = new Properties();
        settings.setProperty("jclouds.filesystem.basedir", directory.toString());
        BlobStoreContext store = ContextBuilder.newBuilder(new FilesystemNio2BlobApiMetadata()).credentials("none", "none")
                .overrides(settings).build(BlobStoreContext.class);
        store.getBlobStore().createContainerInLocation(null, bucket);
        S3Proxy server = S3Proxy.builder().awsAuthentication(AuthenticationType.AWS_V4, ACCESS_KEY, SECRET_KEY)
                .endpoint(URI.create("http://127.0.0.1:0")).blobStore(store.getBlobStore()).build();
        server.start();
        return new S3Server(store, server, bucket);
    }

    /** Where it is, or was. */
    String address() {
        return address;
    }

    /** The keys of all objects. */
    List<String> keys() {
        return objects().list(bucket, ListContainerOptions.Builder.recursive()).stream().map(StorageMetadata::getName).toList();
    }

    /** The object of that key. */
    Optional<byte[]> object(String key) throws Exception {
        Blob found = objects().getBlob(bucket, key);
        return found == null ? Optional.empty() : Optional.of(found.getPayload().openStream().readAllBytes());
    }

    private BlobStore objects() {
        return store.getBlobStore();
    }

    @Override
    public void close() throws Exception {
        server.stop();
        store.close();
    }
}
