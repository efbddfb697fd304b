//! From descriptions to doc comments.

use crate::format::Format;
use crate::schema::{Text, Type};

/// How far a line of a comment goes, without its indentation, which is four at most.
const LINE_BYTES_MAX: usize = 96;

/// Writes a doc comment, each of whose lines begins with `prefix`: `///` or `//!`.
pub(super) fn comment(prefix: &str, text: &str) -> String {
    let mut lines = String::new();
    let mut line = prefix.to_owned();
    for word in text.split_whitespace() {
        if line.len() + 1 + word.len() > LINE_BYTES_MAX && line.len() > prefix.len() {
            lines += &line;
            lines.push('\n');
            prefix.clone_into(&mut line);
        }
        line.push(' ');
        line += word;
    }
    lines + &line + "\n"
}

/// Returns a description in which rustdoc finds no links and tags.
pub(super) fn plain(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut in_code = false;
    for c in text.chars() {
        in_code ^= c == '`';
        if !in_code && matches!(c, '[' | ']' | '<' | '>') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// Returns the description of a field, or what there is to say of it without one.
pub(super) fn field(name: &str, description: Option<&str>, ty: &Type) -> String {
    match description {
        Some(description) => plain(description),
        None => match kind(ty) {
            Some(kind) => format!("The field `{name}`: {kind}."),
            None => format!("The field `{name}`."),
        },
    }
}

fn kind(ty: &Type) -> Option<&'static str> {
    Some(match ty {
        Type::Boolean(_) => "true or false",
        Type::Integer(_) => "an integer",
        Type::String(Text { format: None, .. }) => "a text",
        Type::String(Text { format: Some(format), .. }) => match format {
            Format::AtIdentifier => "a DID or a handle",
            Format::AtUri => "an AT URI",
            Format::Cid => "a CID",
            Format::Datetime => "a point in time",
            Format::Did => "a DID",
            Format::Handle => "a handle",
            Format::Language => "a language tag",
            Format::Nsid => "an NSID",
            Format::RecordKey => "a record key",
            Format::Tid => "a TID",
            Format::Uri => "a URI",
        },
        Type::Bytes(_) => "a byte string",
        Type::CidLink => "a link",
        Type::Blob(_) => "a reference to a blob",
        Type::Array(_) => "a list",
        Type::Unknown => "any object",
        Type::Object(_) | Type::Ref(_) | Type::Union(_) => return None,
    })
}
