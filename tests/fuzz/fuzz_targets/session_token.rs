//! Tokens of sessions with a right signature over whatever a stranger made up.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|parts: (&[u8], &[u8])| server::fuzz::session_token(parts.0, parts.1));
