//! From the names of schemas to those of Rust.

/// The words that cannot be names of fields or modules as they are.
const KEYWORDS: [&str; 47] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let",
    "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return",
    "static", "struct", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use",
    "virtual", "where", "while",
];
/// The words that cannot even be raw names.
const SELVES: [&str; 3] = ["crate", "self", "super"];

/// Writes a name in snake case.
fn snake(name: &str) -> String {
    let mut text = String::new();
    let mut after_lower = false;
    for c in name.chars() {
        if !c.is_ascii_alphanumeric() {
            text.push('_');
            after_lower = false;
            continue;
        }
        if c.is_ascii_uppercase() && after_lower {
            text.push('_');
        }
        text.push(c.to_ascii_lowercase());
        after_lower = !c.is_ascii_uppercase();
    }
    text
}

/// Returns the name of a field.
pub(super) fn field(name: &str) -> String {
    let name = snake(name);
    match name.as_str() {
        word if SELVES.contains(&word) => format!("{word}_"),
        word if KEYWORDS.contains(&word) => format!("r#{word}"),
        _ => name,
    }
}

/// Returns the name of a module: that of a segment of an NSID.
pub(super) fn module(segment: &str) -> String {
    field(segment)
}

/// Returns the name of a type.
pub(super) fn ty(name: &str) -> String {
    let mut text = String::new();
    let mut at_start = true;
    for c in name.chars() {
        if !c.is_ascii_alphanumeric() {
            at_start = true;
            continue;
        }
        text.push(if at_start { c.to_ascii_uppercase() } else { c });
        at_start = false;
    }
    text
}

/// Tells whether serde's `camelCase` makes the schema's name of the field's.
pub(super) fn is_camel_of(name: &str, field: &str) -> bool {
    let field = field.trim_start_matches("r#");
    let mut words = field.split('_');
    let mut camel = words.next().unwrap_or_default().to_owned();
    words.for_each(|word| camel.push_str(&ty(word)));
    camel == name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_customs_of_rust() {
        for (name, expected_field, expected_type, is_camel) in [
            ("repo", "repo", "Repo", true),
            ("swapCommit", "swap_commit", "SwapCommit", true),
            ("isOverAge13", "is_over_age13", "IsOverAge13", true),
            ("ref", "r#ref", "Ref", true),
            ("self", "self_", "Self", true),
            ("title:lang", "title_lang", "TitleLang", false),
            ("DID", "did", "DID", false),
        ] {
            assert_eq!((field(name), ty(name)), (expected_field.into(), expected_type.into()));
            assert_eq!(is_camel_of(name, &field(name)), is_camel, "{name}");
        }
    }
}
