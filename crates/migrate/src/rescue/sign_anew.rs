//! Signing a repository with a key of the owner's, where nothing tells any more who has signed it.
//!
//! A did:web keeps no history. Once its document names another key than the one that signed the
//! repository, no host can tell whose that is. The owner, who has put a key of their own there, can.

use std::io::{self, Write as _};
use std::path::PathBuf;

use crypto::PrivateKey;
use repo::car::{self, Decoder};
use repo::commit::Commit;
use syntax::{Cid, Did, Tid};
use tempfile::NamedTempFile;

use super::source::{Source, SourceError, each_piece};
use crate::report::{Head, SignedBy};

impl Source {
    /// Puts a commit of the same tree in place of the one that is there, in a new CAR file.
    ///
    /// # Errors
    ///
    /// [`SourceError`] if the file cannot be written.
    pub(super) fn sign_anew(
        &mut self,
        did: &Did,
        key: &PrivateKey,
        now_us: u64,
    ) -> Result<(), SourceError> {
        let former_us = self.head.rev.map_or(0, |rev| rev.timestamp_us().saturating_add(1));
        let rev = Tid::new(now_us.max(former_us), 0);
        let commit = Commit::sign(did.clone(), self.head.data, rev, key);
        let block = commit.encode();
        let cid = Cid::of_cbor(&block);
        let file = self.write(&cid, &block)?;
        self.files = vec![file.path().to_owned()];
        self.made = Some(file);
        let signed_by = SignedBy { key: key.public_key(), since: None, until: None };
        let signed_by = Some(signed_by);
        self.head =
            Head { commit: cid, rev: Some(rev), version: 3, signed_by, ..self.head.clone() };
        Ok(())
    }

    /// Writes a file with a new commit before all blocks that there are. Those that belong to nothing
    /// any more do no harm.
    fn write(&self, cid: &Cid, commit: &[u8]) -> Result<NamedTempFile, SourceError> {
        let failed = |error: io::Error| SourceError::File(PathBuf::from("temporary file"), error);
        let mut file = NamedTempFile::new().map_err(failed)?;
        let mut out = car::header(&[*cid]);
        car::put_block(&mut out, cid, commit);
        for path in &self.files {
            let mut decoder = Decoder::new();
            let of_archive = |error| SourceError::Archive(path.clone(), error);
            each_piece(path, |piece| {
                decoder.push(piece);
                while let Some(block) = decoder.next_block().map_err(|e| of_archive(e.into()))? {
                    car::put_block(&mut out, &block.cid, block.bytes);
                }
                file.write_all(&out).map_err(failed)?;
                out.clear();
                Ok(())
            })?;
        }
        file.write_all(&out).map_err(failed)?;
        file.flush().map_err(failed)?;
        Ok(file)
    }
}
