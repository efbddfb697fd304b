//! Passwords and private keys: from the environment, a file, or somebody at the terminal. Never from
//! the command line, which everybody on the machine can read.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use crypto::{Curve, PrivateKey};
use zeroize::Zeroizing;

use crate::settings::environment;
use crate::terminal;

/// Where a password comes from.
pub(crate) struct Password<'a> {
    /// What it is, for people: `password of alice.test at the new host`.
    pub(crate) name: &'a str,
    /// The file that was named, which counts first.
    pub(crate) file: Option<&'a Path>,
    /// The option that names a file.
    pub(crate) option: &'static str,
    /// The variable that may have it.
    pub(crate) variable: &'static str,
}

impl Password<'_> {
    /// Reads it, or asks for it.
    pub(crate) fn read(&self) -> anyhow::Result<Zeroizing<String>> {
        match self.given()? {
            Some(password) => Ok(password),
            None => self.asked(terminal::ask_hidden),
        }
    }

    /// Reads it, or asks for it twice, as it is a new one.
    pub(crate) fn read_new(&self) -> anyhow::Result<Zeroizing<String>> {
        if let Some(password) = self.given()? {
            return Ok(password);
        }
        let password = self.asked(terminal::ask_hidden)?;
        let again = terminal::ask_hidden("The same again")?;
        ensure!(password == again, "that is not the same");
        Ok(password)
    }

    fn given(&self) -> anyhow::Result<Option<Zeroizing<String>>> {
        if let Some(file) = self.file {
            return Ok(Some(first_line(file)?));
        }
        let Some(text) = environment(self.variable) else { return Ok(None) };
        let text = text.into_string();
        let text = text.ok().with_context(|| format!("{} is not a text", self.variable))?;
        Ok(Some(Zeroizing::new(text)))
    }

    fn asked(
        &self,
        ask: impl Fn(&str) -> anyhow::Result<Zeroizing<String>>,
    ) -> anyhow::Result<Zeroizing<String>> {
        let Self { name, option, variable, .. } = self;
        if !terminal::has_person() {
            bail!("the {name} is needed: set {variable}, or name a file with {option}");
        }
        let mut letters = name.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        let password = ask(&first.into_iter().chain(letters).collect::<String>())?;
        ensure!(!password.is_empty(), "nothing was entered");
        Ok(password)
    }
}

/// Reads a private key from a file: as multibase text, or as the 64 hexadecimal digits of a key of
/// secp256k1.
pub(crate) fn private_key(file: &Path) -> anyhow::Result<PrivateKey> {
    let text = first_line(file)?;
    let key = match text.strip_prefix('z') {
        Some(_) => PrivateKey::from_multikey(&text),
        None => PrivateKey::from_hex(Curve::Secp256k1, &text),
    };
    key.with_context(|| format!("{} has no private key", file.display()))
}

/// Returns the first line of a file.
fn first_line(file: &Path) -> anyhow::Result<Zeroizing<String>> {
    let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let text = Zeroizing::new(text);
    let line = text.lines().next().unwrap_or_default();
    ensure!(!line.is_empty(), "{} is empty", file.display());
    Ok(Zeroizing::new(line.to_owned()))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn file(text: &str) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file
    }

    #[test]
    fn a_password_is_the_first_line_of_its_file() {
        for (text, expected) in [
            ("a b \n", Some("a b ")),
            ("one\r\ntwo\n", Some("one")),
            ("no end", Some("no end")),
            ("", None),
            ("\nsecond", None),
        ] {
            let file = file(text);
            let password = Password {
                name: "password",
                file: Some(file.path()),
                option: "--file",
                variable: "PAGURUS_NOBODY_SETS_THIS",
            };
            let read = password.read().ok();
            assert_eq!(read.as_deref().map(String::as_str), expected, "{text:?}");
        }
    }

    #[test]
    fn private_keys_are_read_in_both_of_their_forms() {
        for curve in [Curve::Secp256k1, Curve::P256] {
            let key = PrivateKey::generate(curve);
            let read = private_key(file(&format!("{}\n", *key.to_multikey())).path()).unwrap();
            assert_eq!(read.public_key(), key.public_key());
        }
        let key = PrivateKey::generate(Curve::Secp256k1);
        let read = private_key(file(&key.to_hex()).path()).unwrap();
        assert_eq!(read.public_key(), key.public_key());
        assert!(private_key(file("did:key:z6Mk").path()).is_err());
    }
}
