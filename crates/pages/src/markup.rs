//! Text that has markup of ours, and what others wrote in it without any.

use std::fmt;

use askama::filters::{self, HtmlSafe};

/// HTML of ours.
#[derive(Debug, Clone, Default)]
pub(crate) struct Html(pub(crate) String);

/// Something that stands out in a sentence: escaped, and isolated from the direction of the text
/// around it.
pub(crate) struct Marked<T>(pub(crate) T);

impl fmt::Display for Html {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for Html {}

impl<T: fmt::Display> fmt::Display for Marked<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match filters::escape(&self.0, filters::Html) {
            Ok(escaped) => write!(f, "<bdi>{escaped}</bdi>"),
            Err(never) => match never {},
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_out_has_no_markup_of_its_own() {
        let marked = Marked("<b>\"&'").to_string();
        assert_eq!(marked, "<bdi>&#60;b&#62;&#34;&#38;&#39;</bdi>");
    }
}
