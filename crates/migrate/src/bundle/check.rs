//! Checking a bundle: what a restore would read, without one.
//!
//! Every file is hashed, the parts of the repository are put together and walked down to each record,
//! and what the records refer to is looked for among the blobs. Nothing is written; memory is that of
//! the spool and of some bytes for each blob.

use std::collections::{BTreeMap, HashSet};
use std::io::{self, BufReader, Read, Seek, Write};
use std::path::Path;

use crypto::PublicKey;
use identity::plc::log::{AuditedLog, Entry};
use repo::archive::{AnyCommit, Archive, ArchiveError, ArchiveReader, Part as RepoPart};
use repo::car::{Spool, SpoolError};
use repo::data::{Limits, blob, cbor};
use syntax::Cid;
use thiserror::Error;

use super::blobs::{self, Listed};
use super::folder::Folder;
use super::manifest::{Link, Manifest, Missing, Part, Signed, Why};
use super::{MANIFEST, MANIFEST_BYTES_MAX, PLC_LOG_BYTES_MAX};
use crate::with_sources;

/// What was found of a bundle.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// The manifest, if there is one that can be read.
    pub manifest: Option<Manifest>,
    /// What the signature is worth, if it holds.
    pub trust: Option<Trust>,
    /// How many records were read.
    pub records: u64,
    /// How many blobs are whole.
    pub blobs: u64,
    /// Blobs that records refer to and that the bundle does not say it has.
    pub missing: Vec<Missing>,
    /// What is wrong.
    pub damage: Vec<Damage>,
}

/// What is wrong with a part of a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The file.
    pub part: String,
    /// What is wrong with it.
    pub what: String,
}

/// By which key the manifest's signature was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// The one that was given.
    Given,
    /// The one that the log of the identity has in force.
    InForce,
    /// One that the log had in force before.
    Former,
    /// The one that the manifest itself names, as nothing says whose it is: no log, no key given.
    OwnWord,
}

/// What a check comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// All is there.
    Whole,
    /// All that the bundle has is whole, and records refer to blobs that it has not.
    BlobsMissing,
    /// Something is not as it was written.
    Damaged,
}

/// Says why a bundle could not be checked.
#[derive(Debug, Error)]
pub enum CheckError {
    /// The directory cannot be read.
    #[error("directory cannot be read")]
    Folder(#[from] io::Error),
    /// The blocks could not be put aside.
    #[error(transparent)]
    Spool(#[from] SpoolError),
}

/// A check that is going on.
struct Check<'a> {
    folder: &'a Folder,
    report: Report,
    /// The blobs that the list has, if it is what it was.
    listed: Option<HashSet<Cid>>,
}

impl Report {
    /// Returns what it comes to.
    pub fn verdict(&self) -> Verdict {
        if !self.damage.is_empty() {
            Verdict::Damaged
        } else if !self.missing.is_empty() {
            Verdict::BlobsMissing
        } else {
            Verdict::Whole
        }
    }
}

/// Checks the bundle in a directory, by a key of the account if one is known from elsewhere.
///
/// # Errors
///
/// [`CheckError`] if it could not be checked. What is wrong with it is in the report.
pub fn check<F: Read + Write + Seek, O: FnMut() -> io::Result<F>>(
    directory: &Path,
    key: Option<&PublicKey>,
    spool: Spool<F, O>,
) -> Result<Report, CheckError> {
    let folder = Folder::open(directory)?;
    let mut check = Check { folder: &folder, report: Report::default(), listed: None };
    let Some(signed) = check.manifest() else { return Ok(check.report) };
    let manifest = &signed.manifest;
    let log = check.plc_log(manifest);
    check.signature(&signed, key, log.as_ref());
    if let Some(private) = &manifest.private {
        check.part(&private.part, |_| ());
    }
    check.blobs(manifest);
    match check.repo(manifest, spool)? {
        Some(mut archive) => {
            check.commit(manifest, archive.commit(), log.as_ref());
            check.walk(manifest, &mut archive)?;
        }
        // What the records refer to is not known; what was missing before still is.
        None => check.report.missing.clone_from(&manifest.missing),
    }
    check.report.manifest = Some(signed.manifest);
    Ok(check.report)
}

impl Check<'_> {
    fn damage(&mut self, part: &str, what: impl ToString) {
        self.report.damage.push(Damage { part: part.to_owned(), what: what.to_string() });
    }

    fn manifest(&mut self) -> Option<Signed> {
        let signed = match self.folder.read_all(MANIFEST, MANIFEST_BYTES_MAX) {
            Ok(None) => Err("it is not there".to_owned()),
            Ok(Some(file)) => Signed::decode(&file).map_err(|error| with_sources(&error)),
            Err(error) => Err(error.to_string()),
        };
        signed.map_err(|what| self.damage(MANIFEST, what)).ok()
    }

    /// Hashes a file. What it says is passed on as it comes, before it is known to be right.
    fn part(&mut self, part: &Part, mut found: impl FnMut(&[u8])) -> bool {
        let hashed = match self.folder.read(&part.file) {
            Ok(Some(mut file)) => blobs::hash(&mut file, |piece| {
                found(piece);
                Ok(())
            }),
            Ok(None) => Err(io::ErrorKind::NotFound.into()),
            Err(error) => Err(error),
        };
        match hashed {
            Ok((size, _)) if size != part.size => {
                self.damage(&part.file, format!("it has {size} bytes instead of {}", part.size));
            }
            Ok((_, sha256)) if sha256 != part.sha256 => {
                self.damage(&part.file, "its hash is not that of the manifest");
            }
            Ok(_) => return true,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.damage(&part.file, "it is not there");
            }
            Err(error) => self.damage(&part.file, error),
        }
        false
    }

    fn plc_log(&mut self, manifest: &Manifest) -> Option<AuditedLog> {
        let part = manifest.plc_log.as_ref()?;
        if part.size > PLC_LOG_BYTES_MAX {
            self.damage(&part.file, "it is too large");
            return None;
        }
        let mut json = Vec::new();
        if !self.part(part, |piece| json.extend_from_slice(piece)) {
            return None;
        }
        let entries: Result<Vec<Entry>, _> = serde_json::from_slice(&json);
        let log = entries.map_err(|error| error.to_string()).and_then(|entries| {
            AuditedLog::check(&manifest.did, entries).map_err(|error| error.to_string())
        });
        log.map_err(|what| self.damage(&part.file, what)).ok()
    }

    fn signature(&mut self, signed: &Signed, key: Option<&PublicKey>, log: Option<&AuditedLog>) {
        let own = &signed.manifest.signing_key;
        if signed.verify(own).is_err() {
            return self.damage(MANIFEST, "its signature does not hold");
        }
        let in_force = log.and_then(AuditedLog::state).and_then(|state| state.signing_key());
        let trust = match (key, log) {
            (Some(key), _) if key == own => Trust::Given,
            (Some(_), _) => {
                return self.damage(MANIFEST, "it is signed by another key than the one given");
            }
            (None, Some(_)) if in_force == Some(*own) => Trust::InForce,
            (None, Some(log)) if log.signing_keys().any(|key| key == *own) => Trust::Former,
            (None, Some(_)) => {
                return self.damage(MANIFEST, "it is signed by a key that the identity never had");
            }
            // The log would say whose the key is, and is damaged: nothing is known then.
            (None, None) if signed.manifest.plc_log.is_some() => return,
            (None, None) => Trust::OwnWord,
        };
        self.report.trust = Some(trust);
    }

    fn blobs(&mut self, manifest: &Manifest) {
        let list = &manifest.blobs;
        if !self.part(&list.part, |_| ()) {
            return;
        }
        let (folder, mut cids) = (self.folder, HashSet::new());
        let read = match folder.read(&list.part.file) {
            Ok(Some(file)) => blobs::read_list(BufReader::new(file), |line| {
                match line {
                    Ok(listed) => {
                        cids.insert(listed.cid);
                        self.blob(&listed);
                    }
                    Err(number) => self.damage(&list.part.file, format!("line {number}")),
                }
                Ok(())
            }),
            Ok(None) => Err(io::ErrorKind::NotFound.into()),
            Err(error) => Err(error),
        };
        match read {
            Ok(()) => self.listed = Some(cids),
            Err(error) => self.damage(&list.part.file, error),
        }
    }

    fn blob(&mut self, listed: &Listed) {
        let sha256 = *listed.cid.digest();
        let part = Part { file: blobs::name(&listed.cid), size: listed.size, sha256 };
        self.report.blobs += u64::from(self.part(&part, |_| ()));
    }

    /// Puts the parts of the repository together, if all of them are right.
    fn repo<F: Read + Write + Seek, O: FnMut() -> io::Result<F>>(
        &mut self,
        manifest: &Manifest,
        spool: Spool<F, O>,
    ) -> Result<Option<Archive<F, O>>, CheckError> {
        let mut reader = ArchiveReader::new(spool);
        let mut is_whole = true;
        let Some((last, before)) = manifest.repo.split_last() else { return Ok(None) };
        for link in before {
            is_whole &= self.push(link, &mut reader, is_whole)?;
            if is_whole {
                let ended = reader.next_file();
                is_whole = self.end(link, manifest, ended)?;
            }
        }
        is_whole &= self.push(last, &mut reader, is_whole)?;
        if !is_whole {
            return Ok(None);
        }
        let archive = match reader.finish() {
            Ok(archive) => archive,
            Err(error) => {
                self.end(last, manifest, Err(error))?;
                return Ok(None);
            }
        };
        let ended = Ok((*archive.root(), archive.commit().clone()));
        Ok(self.end(last, manifest, ended)?.then_some(archive))
    }

    /// Hashes a part of the repository, and passes its blocks on if all went well so far.
    fn push<F: Read + Write + Seek, O: FnMut() -> io::Result<F>>(
        &mut self,
        link: &Link,
        reader: &mut ArchiveReader<F, O>,
        is_whole: bool,
    ) -> Result<bool, CheckError> {
        let mut pushed = Ok(());
        let is_right = self.part(&link.part, |piece| {
            if is_whole && pushed.is_ok() {
                pushed = reader.push(piece);
            }
        });
        match pushed {
            Ok(()) => Ok(is_right),
            Err(ArchiveError::Spool(error)) => Err(error.into()),
            Err(error) => {
                self.damage(&link.part.file, with_sources(&error));
                Ok(false)
            }
        }
    }

    /// Tells whether a part of the repository ends with what the manifest says.
    fn end(
        &mut self,
        link: &Link,
        manifest: &Manifest,
        ended: Result<(Cid, AnyCommit), ArchiveError>,
    ) -> Result<bool, CheckError> {
        let what = match ended {
            Err(ArchiveError::Spool(error)) => return Err(error.into()),
            Err(error) => with_sources(&error),
            Ok((root, _)) if root != link.commit => format!("it has the commit {root}"),
            Ok((_, commit)) if *commit.did() != manifest.did => {
                format!("it is of the repository of {}", commit.did())
            }
            Ok((_, commit)) if commit.rev() != Some(link.rev) || *commit.data() != link.data => {
                "its commit is not the one that the manifest describes".to_owned()
            }
            Ok(_) => return Ok(true),
        };
        self.damage(&link.part.file, what);
        Ok(false)
    }

    /// Checks that the identity, or whoever signed the manifest, has signed the commit.
    fn commit(&mut self, manifest: &Manifest, commit: &AnyCommit, log: Option<&AuditedLog>) {
        let of_log = log.into_iter().flat_map(AuditedLog::signing_keys);
        let is_signed = of_log.chain([manifest.signing_key]).any(|key| commit.verify(&key).is_ok());
        if let (false, Some(link), Some(_)) = (is_signed, manifest.repo.last(), log) {
            self.damage(
                &link.part.file,
                "its commit is signed by a key that the identity never had",
            );
        }
    }

    /// Goes through the whole tree, and looks for the blobs of each record.
    fn walk<F: Read + Write + Seek, O: FnMut() -> io::Result<F>>(
        &mut self,
        manifest: &Manifest,
        archive: &mut Archive<F, O>,
    ) -> Result<(), CheckError> {
        let mut missing: BTreeMap<Cid, String> = BTreeMap::new();
        let (listed, records) = (&self.listed, &mut self.report.records);
        let walked = archive.walk(|part| {
            let RepoPart::Record { key, bytes, .. } = part else { return Ok(()) };
            *records += 1;
            // What cannot be read was kept as it came, and refers to nothing that anybody knows of.
            if let Ok(value) = cbor::decode_lenient(bytes, &Limits::FOREIGN) {
                for blob in blob::find(&value.value) {
                    if listed.as_ref().is_some_and(|listed| !listed.contains(&blob.cid)) {
                        missing.entry(blob.cid).or_insert_with(|| key.to_string());
                    }
                }
            }
            Ok::<_, ArchiveError>(())
        });
        match walked {
            Ok(()) => {}
            Err(ArchiveError::Spool(error)) => return Err(error.into()),
            Err(error) => {
                let parts = manifest.repo.iter().map(|link| link.part.file.as_str());
                let parts = parts.collect::<Vec<_>>().join(" + ");
                self.damage(&parts, with_sources(&error));
            }
        }
        let why: BTreeMap<Cid, Why> =
            manifest.missing.iter().map(|missing| (missing.cid, missing.why)).collect();
        self.report.missing = missing
            .into_iter()
            .map(|(cid, path)| {
                let why = why.get(&cid).copied().unwrap_or(Why::Unknown);
                Missing { cid, path: Some(path), why }
            })
            .collect();
        Ok(())
    }
}
