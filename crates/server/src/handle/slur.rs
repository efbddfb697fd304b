//! Words that insult people for what they are, and that nobody is to carry as a name.
//!
//! The list is short on purpose: a word is on it only if hardly anybody means something else by it.
//! What people say in their posts is for moderators. The words are written backwards here, so that
//! this page can be read.

/// Words that count wherever they are in a name.
const ANYWHERE: &[&str] = &["aggin", "daehgar", "kcabtew", "reggin", "toggaf"];
/// Words that have one of those in them, and nothing to do with it.
const HARMLESS: &[&str] = &["gnireggins", "reggins"];
/// Words that count where they stand alone: other words have them in them.
const ALONE: &[&str] = &["cips", "ekik", "gaf", "ikap", "knihc", "koog", "ynnart"];

/// Tells whether a handle or a record key has such a word in one of its parts.
pub(crate) fn is_slur(name: &str) -> bool {
    name.split('.').any(|label| {
        let is_end = |c: char| !c.is_ascii_alphanumeric();
        let (mut joined, mut is_alone) = (String::new(), false);
        for word in label.split(is_end) {
            let word = backwards(word);
            is_alone |= stands_alone(&word);
            joined.insert_str(0, &word);
        }
        is_alone || stands_alone(&joined) || has_within(&joined)
    })
}

/// Returns a word backwards, with letters for the digits that are written for them.
fn backwards(word: &str) -> String {
    let letter = |c: char| match c.to_ascii_lowercase() {
        '0' => 'o',
        '1' => 'i',
        '3' => 'e',
        '4' => 'a',
        '5' => 's',
        '7' => 't',
        '9' => 'g',
        c => c,
    };
    word.chars().rev().map(letter).collect()
}

fn stands_alone(word: &str) -> bool {
    // Of several.
    let one = word.strip_prefix(['s', 'z']).unwrap_or(word);
    ALONE.contains(&word) || ALONE.contains(&one)
}

fn has_within(joined: &str) -> bool {
    let rest = HARMLESS.iter().fold(joined.to_owned(), |rest, word| rest.replace(word, " "));
    ANYWHERE.iter().any(|word| rest.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forwards(word: &str) -> String {
        word.chars().rev().collect()
    }

    #[test]
    fn words_are_found_however_they_are_dressed_up() {
        for word in ANYWHERE.iter().chain(ALONE) {
            let word = forwards(word);
            let spaced: Vec<String> = word.chars().map(String::from).collect();
            for name in [
                format!("{word}.test"),
                format!("my-{word}s.test"),
                format!("a.{}.test", word.to_uppercase()),
                format!("{}.test", word.replace('i', "1").replace('o', "0").replace('a', "4")),
                format!("{}.test", spaced.join("-")),
            ] {
                assert!(is_slur(&name), "{}", forwards(&name));
            }
        }
        for word in ANYWHERE {
            assert!(is_slur(&format!("x{}9", forwards(word))));
        }
    }

    #[test]
    fn other_words_are_left_alone() {
        for name in ["alice.test", "snigger.test", "fagus.test", "chinkara.test", "spice.test"] {
            assert!(!is_slur(name), "{name}");
        }
        // Niger, raccoons, and Pakistan.
        for name in ["niger.test", "raccoon.test", "maine-coon.test", "pakistan.test", ""] {
            assert!(!is_slur(name), "{name}");
        }
    }
}
