//! What is found before a move begins.

use serde::{Deserialize, Serialize};

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// All is well.
    Green,
    /// The owner should know.
    Yellow,
    /// The move cannot begin.
    Red,
}

/// Something that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// How much it matters.
    pub level: Level,
    /// What was looked at, for programs.
    pub about: String,
    /// What was found, in a sentence.
    pub text: String,
}

impl Finding {
    /// Notes that all is well.
    pub fn green(about: &str, text: impl Into<String>) -> Self {
        Self { level: Level::Green, about: about.to_owned(), text: text.into() }
    }

    /// Notes what the owner should know.
    pub fn yellow(about: &str, text: impl Into<String>) -> Self {
        Self { level: Level::Yellow, about: about.to_owned(), text: text.into() }
    }

    /// Notes what keeps the move from beginning.
    pub fn red(about: &str, text: impl Into<String>) -> Self {
        Self { level: Level::Red, about: about.to_owned(), text: text.into() }
    }

    /// Tells whether something keeps the move from beginning.
    pub fn is_red(findings: &[Self]) -> bool {
        findings.iter().any(|finding| finding.level == Level::Red)
    }
}
