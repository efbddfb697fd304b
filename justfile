# Everything in here is a plain command; `just` only saves typing.

# All checks that CI runs, but for the suites that need other programs.
check: test fmt clippy doc

test:
    cargo test --workspace

fmt:
    cargo fmt --all --check

clippy:
    cargo clippy --workspace --all-targets -- -D warnings

doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

# Writes the Rust types of all methods from lexicons/.
codegen:
    cargo run -p pagurus-lexicon --example codegen

# Licences, sources, doubles, advisories. Needs cargo-deny.
deny:
    cargo deny check

bench:
    cargo bench --workspace

# Suites with the protocol's vectors: VECTORS is relative to this directory.
vectors VECTORS:
    PAGURUS_VECTORS={{VECTORS}} cargo test -p pagurus-tests --test vectors
    PAGURUS_VECTORS={{VECTORS}} cargo test -p pagurus-lexicon --test vectors
    PAGURUS_VECTORS={{VECTORS}} cargo test -p pagurus-identity --test vectors
    PAGURUS_VECTORS={{VECTORS}} cargo test -p pagurus-oauth --test scopes

# Breaks rules of signing in one at a time, and looks whether tests see it.
broken:
    tests/broken/run

# Opens every page in a browser. Needs Chromium and npm.
pages:
    tests/pages/run

# Fuzzes a target for some seconds. Needs cargo-fuzz and a nightly compiler.
fuzz TARGET SECONDS="60":
    cd tests/fuzz && cargo run --release --quiet
    cd tests/fuzz && cargo +nightly fuzz run --fuzz-dir . {{TARGET}} -- -max_total_time={{SECONDS}} -max_len=65536
