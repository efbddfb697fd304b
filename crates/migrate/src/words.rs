//! What errors say, for people.

use std::error::Error;

/// Returns what an error says, and what those behind it say, if it has not said so itself.
pub fn with_sources(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let behind = error.to_string();
        if !text.ends_with(&behind) {
            text.push_str(&format!(": {behind}"));
        }
        source = error.source();
    }
    text
}
