//! Tokens as they come in a header.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|token: &str| server::fuzz::token(token));
