# Builds Caravan and an image that serves as a user without privileges.
#
#   docker build -t caravan .
#   docker run -d -p 127.0.0.1:8080:8080 -e CARAVAN_TOKEN -v caravan-data:/caravan/data -v "$PWD/inbox:/caravan/inbox" \
#     -v "$PWD/routes:/caravan/routes:ro" -v "$PWD/ssh:/home/caravan/.ssh:ro" caravan
#
# What is mounted must be readable, and inbox writable, for user 10001.
# Bases are named by digest: what is built tomorrow stands on the same files as today. For a newer base, ask
# docker buildx imagetools inspect IMAGE for its digest.
FROM maven:3.9.9-eclipse-temurin-17@sha256:f58d59b6273e785ac0a4477f6e9b5ba1d7731c75b906c0f7b34076f1851318cc AS build
WORKDIR /build
COPY pom.xml checkstyle.xml ./
RUN mvn -q -B -ntp -Dsbom dependency:go-offline
COPY LICENSE NOTICE ./
COPY licenses licenses
COPY src src
COPY routes routes
RUN mvn -q -B -ntp -DskipTests -Dsbom package

FROM eclipse-temurin:17.0.19_10-jre-jammy@sha256:475d8e96b4b2bfe08999e5e854755c773af1581acdf959a4545d88f0696a2339
LABEL org.opencontainers.image.title="Caravan" \
      org.opencontainers.image.description="Turns bare Linux hosts into a Kubernetes cluster" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN groupadd --gid 10001 caravan \
 && useradd --no-log-init --uid 10001 --gid caravan --create-home --home-dir /home/caravan --shell /usr/sbin/nologin caravan \
 && mkdir -p /caravan/data /caravan/inbox /caravan/routes \
 && chown -R caravan:caravan /caravan
COPY --from=build --chown=root:root /build/target/caravan.jar /opt/caravan/caravan.jar
USER 10001:10001
WORKDIR /caravan
# Files in routes replace built-in ones of the same name; an empty directory leaves the built-in ones.
VOLUME ["/caravan/data", "/caravan/inbox", "/caravan/routes"]
EXPOSE 8080
# Asks by HTTP or HTTPS, as caravan serves, with the token from CARAVAN_TOKEN. Another --port than 8080 needs --health-cmd.
HEALTHCHECK --interval=30s --timeout=15s --start-period=60s \
  CMD ["sh", "-c", "java -Xmx64m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -jar /opt/caravan/caravan.jar health || exit 1"]
# Further jars, such as a broker's client, may be mounted at /opt/caravan/lib.
ENTRYPOINT ["java", "-XX:MaxRAMPercentage=75", "-cp", "/opt/caravan/caravan.jar:/opt/caravan/lib/*", "dev.caravan.Main"]
# Beyond loopback serve asks for a token: CARAVAN_TOKEN, or --token-file.
CMD ["serve", "--host", "0.0.0.0"]
