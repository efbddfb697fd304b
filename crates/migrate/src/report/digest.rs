//! Digests of sorted lines, which anybody can compute again with `sort` and `sha256sum`.

use std::fmt;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest as _, Sha256};

/// A SHA-256 over lines of text, written as hexadecimal digits.
///
/// The lines are in ascending order of their bytes (`LC_ALL=C sort`); each ends with a line feed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Digest([u8; 32]);

/// A digest of lines that come in their order.
#[derive(Debug, Clone, Default)]
pub(super) struct Lines(Sha256);

impl Digest {
    /// Makes the digest of lines in any order.
    pub(super) fn of(lines: impl IntoIterator<Item = String>) -> Self {
        let mut sorted: Vec<String> = lines.into_iter().collect();
        sorted.sort_unstable();
        let mut digest = Lines::default();
        sorted.iter().for_each(|line| digest.add(&[line]));
        digest.finish()
    }
}

impl Lines {
    /// Adds a line: fields with tabs between.
    pub(super) fn add(&mut self, fields: &[&str]) {
        for (index, field) in fields.iter().enumerate() {
            if index > 0 {
                self.0.update(b"\t");
            }
            self.0.update(field.as_bytes());
        }
        self.0.update(b"\n");
    }

    pub(super) fn finish(self) -> Digest {
        Digest(self.0.finalize().into())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let bytes = HEXLOWER.decode(text.as_bytes()).map_err(de::Error::custom)?;
        let bytes = bytes.try_into().map_err(|_| de::Error::custom("digest is not of 32 bytes"))?;
        Ok(Self(bytes))
    }
}
