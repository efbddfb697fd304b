//! The blobs of a bundle: their list, and bringing them there.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, Read, Write as _};
use std::path::Path;

use sha2::{Digest as _, Sha256};
use store::repo::Head;
use store::{Blobs, Error, Tx};
use syntax::{Cid, Did};

use super::BLOBS;
use super::folder::{Folder, PIECE_BYTES};
use super::manifest::{Missing, Why};

/// How many references are read at once.
const PAGE: u64 = 1000;
/// The most bytes of a line in the list.
const LINE_BYTES_MAX: u64 = 16 << 10;

/// A blob in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) cid: Cid,
    pub(super) size: u64,
    pub(super) mime_type: String,
}

/// A blob that records refer to, as the server knows it.
pub(super) struct Wanted {
    pub(super) cid: Cid,
    /// Its size and its MIME type, if the server has it.
    pub(super) known: Option<(u64, String)>,
    /// A record that refers to it, if the server does not have it.
    pub(super) path: Option<String>,
    /// Whether the host took it down.
    pub(super) is_taken_down: bool,
}

/// What came of bringing blobs to a bundle.
#[derive(Default)]
pub(super) struct Brought {
    pub(super) listed: Vec<Listed>,
    pub(super) missing: Vec<Missing>,
    /// How many were not there before.
    pub(super) copied: u64,
}

/// Brings blobs from a server's data directory to a bundle.
pub(super) struct Bringing<'a> {
    pub(super) folder: &'a Folder,
    pub(super) data: &'a Path,
    pub(super) did: &'a Did,
    /// What the bundle has by its former list.
    pub(super) former: BTreeMap<Cid, Listed>,
    /// Whether what the bundle has is hashed again.
    pub(super) rehashes: bool,
}

/// Returns the name of a blob's file.
pub(super) fn name(cid: &Cid) -> String {
    format!("{BLOBS}/{cid}")
}

/// Reads which blobs a repository's records refer to, by CID.
pub(super) fn wanted(tx: &mut Tx<'_>, head: &Head) -> Result<Vec<Wanted>, Error> {
    let mut paths = BTreeMap::new();
    let mut last = None;
    loop {
        let page = tx.missing_blobs(head.account, head.repo, last.as_ref(), PAGE)?;
        let Some(newest) = page.last() else { break };
        last = Some(newest.cid);
        paths.extend(page.into_iter().map(|blob| (blob.cid, blob.path.to_string())));
    }
    let mut wanted = Vec::new();
    loop {
        let last = wanted.last().map(|wanted: &Wanted| wanted.cid);
        let page = tx.referenced_blobs(head.repo, None, last.as_ref(), PAGE)?;
        if page.is_empty() {
            return Ok(wanted);
        }
        for cid in page {
            let blob = tx.blob(head.account, &cid)?;
            let is_taken_down = blob.as_ref().is_some_and(|blob| blob.takedown_ref.is_some());
            let known = blob.map(|blob| (blob.size, blob.mime_type));
            wanted.push(Wanted { cid, known, path: paths.remove(&cid), is_taken_down });
        }
    }
}

impl Bringing<'_> {
    /// Brings all that are wanted. What the bundle has stays, also where the server has lost it.
    pub(super) fn bring(&self, wanted: Vec<Wanted>) -> io::Result<Brought> {
        let mut brought = Brought::default();
        for Wanted { cid, known, path, is_taken_down } in wanted {
            let former = self.former.get(&cid);
            let known = known.or_else(|| former.map(|one| (one.size, one.mime_type.clone())));
            let why = match &known {
                None => Some(Why::NotUploaded),
                Some((size, _)) if self.has(&cid, *size)? => None,
                Some(_) if is_taken_down => Some(Why::TakenDown),
                Some(_) => {
                    let fault = self.copy(&cid)?;
                    brought.copied += u64::from(fault.is_none());
                    fault
                }
            };
            match (why, known) {
                (None, Some((_, mime_type))) => {
                    let size = self.folder.size(&name(&cid))?.unwrap_or_default();
                    brought.listed.push(Listed { cid, size, mime_type });
                }
                (why, _) => {
                    let why = why.unwrap_or(Why::Unknown);
                    brought.missing.push(Missing { cid, path, why });
                }
            }
        }
        Ok(brought)
    }

    /// Tells whether the bundle has a blob. What is not in its list was left by a backup that ended
    /// early, and is hashed.
    fn has(&self, cid: &Cid, size: u64) -> io::Result<bool> {
        let name = name(cid);
        if self.folder.size(&name)? != Some(size) {
            return Ok(false);
        }
        if self.former.contains_key(cid) && !self.rehashes {
            return Ok(true);
        }
        let Some(mut file) = self.folder.read(&name)? else { return Ok(false) };
        let (_, sha256) = hash(&mut file, |_| Ok(()))?;
        Ok(sha256 == *cid.digest())
    }

    /// Copies a blob, and hashes it on the way.
    fn copy(&self, cid: &Cid) -> io::Result<Option<Why>> {
        let mut source = match File::open(Blobs::file_in(self.data, self.did, cid)) {
            Ok(source) => source,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Some(Why::FileGone));
            }
            Err(error) => return Err(error),
        };
        let mut draft = self.folder.draft(&name(cid))?;
        hash(&mut source, |piece| draft.write_all(piece))?;
        if draft.sha256() != *cid.digest() {
            draft.discard()?;
            return Ok(Some(Why::FileDamaged));
        }
        draft.finish()?;
        Ok(None)
    }
}

/// Reads to the end, and returns how many bytes there were, and their SHA-256. Each piece is also
/// given to `found`.
///
/// # Errors
///
/// [`io::Error`] if it cannot be read, or what `found` returned.
pub fn hash(
    file: &mut impl Read,
    mut found: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<(u64, [u8; 32])> {
    let (mut hash, mut size) = (Sha256::new(), 0);
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        let count = match file.read(&mut piece) {
            Ok(0) => return Ok((size, hash.finalize().into())),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            outcome => outcome?,
        };
        hash.update(&piece[..count]);
        size += u64::try_from(count).expect("a length in memory fits into 64 bits");
        found(&piece[..count])?;
    }
}

/// Writes a list.
pub(super) fn write_list(blobs: &[Listed]) -> Vec<u8> {
    let mut text = String::new();
    for Listed { cid, size, mime_type } in blobs {
        let mime_type = mime_type.replace('\\', r"\\").replace('\t', r"\t").replace('\n', r"\n");
        text.push_str(&format!("{cid}\t{size}\t{mime_type}\n"));
    }
    text.into_bytes()
}

/// Reads a list, line by line; a line that is none is given as its number.
pub(super) fn read_list(
    mut list: impl BufRead,
    mut found: impl FnMut(Result<Listed, u64>) -> io::Result<()>,
) -> io::Result<()> {
    let mut line = String::new();
    for number in 1.. {
        line.clear();
        let read = list.by_ref().take(LINE_BYTES_MAX).read_line(&mut line);
        match read {
            Ok(0) => break,
            Err(error) if error.kind() != io::ErrorKind::InvalidData => return Err(error),
            outcome => {
                let listed = outcome.ok().and_then(|_| read_line(line.strip_suffix('\n')?));
                let is_line = listed.is_some();
                found(listed.ok_or(number))?;
                if !is_line {
                    // Where the next line begins is not known any more.
                    break;
                }
            }
        }
    }
    Ok(())
}

fn read_line(line: &str) -> Option<Listed> {
    let mut fields = line.split('\t');
    let (cid, size, mime_type) = (fields.next()?, fields.next()?, fields.next()?);
    let cid = Cid::parse(cid).ok()?;
    // Of numbers like `+1` there would be another form.
    let size = size.parse().ok().filter(|number: &u64| number.to_string() == size)?;
    let mut text = String::new();
    let mut chars = mime_type.chars();
    while let Some(char) = chars.next() {
        text.push(match char {
            '\\' => match chars.next()? {
                't' => '\t',
                'n' => '\n',
                '\\' => '\\',
                _ => return None,
            },
            char => char,
        });
    }
    fields.next().is_none().then_some(Listed { cid, size, mime_type: text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_mime_type_comes_back() {
        let types = ["text/vtt", "*/*", "", "a\tb\nc\\n\\", "image/svg+xml; charset=utf-8"];
        let listed = types.iter().enumerate().map(|(size, mime_type)| Listed {
            cid: Cid::of_raw(mime_type.as_bytes()),
            size: u64::try_from(size).unwrap(),
            mime_type: (*mime_type).to_owned(),
        });
        let listed: Vec<Listed> = listed.collect();
        let mut read = Vec::new();
        read_list(&write_list(&listed)[..], |line| {
            read.push(line.unwrap());
            Ok(())
        })
        .unwrap();
        assert_eq!(read, listed);
    }

    #[test]
    fn what_is_no_line_is_told_by_its_number() {
        let cid = Cid::of_raw(b"");
        for wrong in [
            format!("{cid}\t1\ta"),
            format!("{cid}\t01\ta\n"),
            format!("{cid}\t1\ta\tb\n"),
            format!("{cid}\t1\t\\x\n"),
            "x\t1\ta\n".to_owned(),
            "\n".to_owned(),
        ] {
            let mut lines = Vec::new();
            let text = format!("{cid}\t1\ta\n{wrong}");
            read_list(text.as_bytes(), |line| {
                lines.push(line);
                Ok(())
            })
            .unwrap();
            assert!(matches!(lines[..], [Ok(_), Err(2)]), "{wrong:?}: {lines:?}");
        }
    }
}
