# The program ants-otp and nothing else: the sandbox for compose files and CI services, as docs/sandbox.md shows.
# docker build -t ants-otp . && docker run --rm -p 127.0.0.1:8025:8025 ants-otp
FROM rust:1-slim-bookworm AS build
WORKDIR /source
COPY . .
# Static: the image has no C library. With --target the flags are not those of build scripts and macros, which load one another.
# Random numbers come from the kernel at once: a static program cannot look for the C library's function, and would read /dev.
RUN set -eu; \
    target=$(rustc -vV | sed -n 's/^host: //p'); \
    RUSTFLAGS='-C target-feature=+crt-static --cfg getrandom_backend="linux_getrandom"' \
    cargo build --release --locked -p ants-otp-cli --target "$target"; \
    strip -o /ants-otp "target/$target/release/ants-otp"

FROM scratch
COPY --from=build /ants-otp /ants-otp
COPY LICENSE-MIT LICENSE-APACHE bindings/c/THIRD-PARTY-LICENCES /
# Nobody: it needs no rights, and listens above 1024.
USER 65534:65534
EXPOSE 8025
ENTRYPOINT ["/ants-otp"]
# All addresses of the container, which only its network reaches; docker's -p says who else.
CMD ["sandbox", "--host", "0.0.0.0", "--port", "8025"]
