# A static program and nothing else: `docker build -t switchback .`, then
# `docker run --rm -v "$PWD:/work:ro" switchback check`. `--target with-shell` keeps a shell and git, which
# pipelines and `--since` need.
FROM rust:1.95-alpine AS build
RUN apk add --no-cache musl-dev
WORKDIR /src
COPY . .
RUN cargo build --release --locked -p switchback -p switchback-judge

FROM alpine:3.22 AS with-shell
RUN apk add --no-cache git
COPY --from=build /src/target/release/switchback-judge /usr/local/bin/switchback-judge
COPY --from=build /src/target/release/switchback /usr/local/bin/switchback
WORKDIR /work
ENTRYPOINT ["switchback"]

FROM scratch
COPY --from=build /src/target/release/switchback-judge /switchback-judge
COPY --from=build /src/target/release/switchback /switchback
WORKDIR /work
ENTRYPOINT ["/switchback"]
