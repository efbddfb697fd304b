//! Headers of requests: who asks, from where, for which part, in which form.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|lines: &str| server::fuzz::head(lines));
