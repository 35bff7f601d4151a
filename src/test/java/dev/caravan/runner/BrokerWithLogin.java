package dev.caravan.runner;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.nio.file.Path;
import java.util.Set;
import org.apache.activemq.artemis.core.config.impl.ConfigurationImpl;
import org.apache.activemq.artemis.core.config.impl.SecurityConfiguration;
import org.apache.activemq.artemis.core.security.Role;
import org.apache.activemq.artemis.core.server.JournalType;
import org.apache.activemq.artemis.core.server.embedded.EmbeddedActiveMQ;
import org.apache.activemq.artemis.spi.core.security.ActiveMQJAASSecurityManager;
import org.apache.activemq.artemis.spi.core.security.jaas.InVMLoginModule;
import org.slf4j.LoggerFactory;

/**
 * A real Artemis as a process, over TLS and for one account alone; its messages are on the disk. The lab set {@code runners} starts it,
 * kills it and starts it again. The account is in BROKER_USER and BROKER_PASSWORD, and KEYSTORE_PASSWORD opens the key store.
 */
public final class BrokerWithLogin {
    private BrokerWithLogin() {}

    /** @param arguments a directory, the address to listen at, the port, and a PKCS#12 file with the certificate and its key */
    public static void main(String[] arguments) throws Exception {
        ((Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME)).setLevel(Level.WARN);
        Path directory = Path.of(arguments[0]);
        ConfigurationImpl configuration = new ConfigurationImpl();
        configuration.setSecurityEnabled(true).setPersistenceEnabled(true).setJournalType(JournalType.NIO)
                .setJournalDirectory(directory.resolve("journal").toString()).setBindingsDirectory(directory.resolve("bindings").toString())
                .setLargeMessagesDirectory(directory.resolve("large").toString()).setPagingDirectory(directory.resolve("paging").toString())
                .setJournalFileSize(1 << 20).setJMXManagementEnabled(false)
                .addAcceptorConfiguration("tls", "tcp://" + arguments[1] + ":" + arguments[2] + "?useEpoll=false;sslEnabled=true"
                        + ";keyStoreType=PKCS12;keyStorePath=" + arguments[3] + ";keyStorePassword=" + System.getenv("KEYSTORE_PASSWORD"))
                .putSecurityRoles("#", Set.of(new Role("caravan", true, true, true, true, true, true, true, true, true, true, true, true)));
        SecurityConfiguration accounts = new SecurityConfiguration();
        accounts.addUser(System.getenv("BROKER_USER"), System.getenv("BROKER_PASSWORD"));
        accounts.addRole(System.getenv("BROKER_USER"), "caravan");
        EmbeddedActiveMQ server = new EmbeddedActiveMQ().setConfiguration(configuration)
                .setSecurityManager(new ActiveMQJAASSecurityManager(InVMLoginModule.class.getName(), accounts));
        server.start();
        System.out.println("the broker listens at " + arguments[1] + ":" + arguments[2]);
        Thread.currentThread().join();
    }
}
