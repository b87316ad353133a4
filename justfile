# The menu. `just` lists it; each recipe calls what CI calls.

# List the recipes.
default:
    @just --list

# Everything that CI runs, in CI's order.
ci:
    ci/test

# Fast feedback: format, lints, tidy.
check:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets --locked -- -D warnings
    cargo xtask tidy

# Unit and integration tests; arguments go to nextest, for example `just test -p pointsman-routing`.
test *ARGS:
    cargo nextest run --workspace --locked {{ARGS}}

# The examples inside the documentation comments.
doc-test:
    cargo test --doc --workspace --locked

# Bless changed goldens and UI cases; review the diff like code.
bless:
    BLESS=1 cargo nextest run --workspace --locked

# The official client SDKs against the real binary.
sdk:
    ci/test sdk

# Build every fuzz target and run each for some seconds.
fuzz:
    ci/test fuzz

# Licences, bans and sources of all dependencies.
deny:
    cargo deny check licenses bans sources

# The first ten minutes: a policy repository, a gateway and a scripted upstream.
demo *ARGS:
    cargo run --release -- demo {{ARGS}}

# The gateway beside nginx, a bare proxy and the upstream alone; takes about a minute and a half.
bench *ARGS:
    cargo build --release --package pointsman
    cargo run --release --package pointsman-bench -- gateway {{ARGS}}

# Rewrite the generated files: JSON Schema and reference.
generate:
    cargo xtask schema
    cargo xtask reference

# Format every file.
fmt:
    cargo fmt --all
