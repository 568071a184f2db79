# docker build -t chat-server .

# Where the program comes from: `build` compiles it here; `prebuilt` takes one that was compiled outside.
ARG BINARY=build

FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    make static && install -D target/*/release/chat-server /out/chat-server

FROM scratch AS prebuilt
COPY chat-server /out/chat-server

FROM ${BINARY} AS program

# An empty directory to copy: `scratch` has no mkdir and no chown.
FROM scratch AS empty
WORKDIR /data

FROM scratch
COPY --from=program /out/chat-server /chat-server
COPY --from=empty --chown=2428:2428 /data /data
USER 2428:2428
WORKDIR /data
VOLUME /data
ENV CHAT_LISTEN=0.0.0.0:2428 CHAT_DATA=/data
EXPOSE 2428
HEALTHCHECK --interval=30s --timeout=3s --start-period=5s CMD ["/chat-server", "health"]
ENTRYPOINT ["/chat-server"]
