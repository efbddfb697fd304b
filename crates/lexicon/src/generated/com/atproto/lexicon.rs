//! The methods and types of `com.atproto.lexicon`.

pub mod resolve_lexicon;
