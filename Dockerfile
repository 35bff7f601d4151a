# Builds Caravan and an image that serves as a user without privileges.
#
#   docker build -t caravan .
#   docker run -d -p 127.0.0.1:8080:8080 -e CARAVAN_TOKEN -v caravan-data:/caravan/data -v "$PWD/inbox:/caravan/inbox" \
#     -v "$PWD/routes:/caravan/routes:ro" -v "$PWD/ssh:/home/caravan/.ssh:ro" caravan
#
# What is mounted must be readable, and inbox writable, for user 10001.
FROM maven:3.9.9-eclipse-temurin-17 AS build
WORKDIR /build
COPY pom.xml ./
RUN mvn -q -B -ntp dependency:go-offline
COPY LICENSE NOTICE ./
COPY licenses licenses
COPY src src
COPY routes routes
RUN mvn -q -B -ntp -DskipTests package

FROM eclipse-temurin:17-jre-jammy
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
# The token goes through a pipe: command lines can be read by everybody.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD ["sh", "-c", "printf 'Authorization: Bearer %s' \"$CARAVAN_TOKEN\" | curl -fsS -o /dev/null -H @- http://127.0.0.1:8080/observe/health"]
ENTRYPOINT ["java", "-XX:MaxRAMPercentage=75", "-jar", "/opt/caravan/caravan.jar"]
# Beyond loopback serve asks for a token: CARAVAN_TOKEN, or --token-file.
CMD ["serve", "--host", "0.0.0.0"]
