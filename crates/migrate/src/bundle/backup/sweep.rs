//! Removing what a bundle does not need any more.

use std::collections::BTreeSet;

use syntax::{Cid, Tid};

use super::{BackupError, Run};
use crate::bundle::blobs::Listed;
use crate::bundle::folder::Folder;
use crate::bundle::manifest::Manifest;
use crate::bundle::{BLOBS, DIFFS};

impl Run<'_> {
    /// Removes what the manifest does not name any more and what was not finished. Blobs that no
    /// record refers to go with a new base, as do the records that did.
    pub(super) fn sweep(
        &self,
        manifest: &Manifest,
        blobs: Option<&Vec<Listed>>,
    ) -> Result<(), BackupError> {
        let named: BTreeSet<&str> = manifest.parts().map(|part| part.file.as_str()).collect();
        for name in self.folder.list("")? {
            if Folder::is_draft(&name) || is_ours(&name) && !named.contains(name.as_str()) {
                self.folder.remove(&name)?;
            }
        }
        for name in self.folder.list(DIFFS)? {
            let is_diff = name.strip_suffix(".car").is_some_and(|rev| Tid::parse(rev).is_ok());
            let name = format!("{DIFFS}/{name}");
            if Folder::is_draft(&name) || is_diff && !named.contains(name.as_str()) {
                self.folder.remove(&name)?;
            }
        }
        let listed = blobs.map(|blobs| blobs.iter().map(|blob| blob.cid).collect::<BTreeSet<_>>());
        for name in self.folder.list(BLOBS)? {
            let cid = Cid::parse(&name).ok();
            let is_old = cid.zip(listed.as_ref()).is_some_and(|(cid, all)| !all.contains(&cid));
            if Folder::is_draft(&name) || is_old {
                self.folder.remove(&format!("{BLOBS}/{name}"))?;
            }
        }
        Ok(())
    }
}

/// Tells whether a name is one that parts get. Others are somebody else's files.
fn is_ours(name: &str) -> bool {
    [("repo", "car"), ("blobs", "tsv"), ("plc-log", "json"), ("private", "age")].iter().any(
        |(stem, extension)| {
            let number = name.strip_prefix(stem).and_then(|rest| rest.strip_suffix(extension));
            let number = number.and_then(|rest| rest.strip_suffix('.'));
            number.is_some_and(|rest| {
                rest.is_empty() || rest.strip_prefix('.').is_some_and(|n| n.parse::<u64>().is_ok())
            })
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_others_are_not_ours() {
        for (name, expected) in [
            ("repo.car", true),
            ("repo.12.car", true),
            ("plc-log.json", true),
            ("private.3.age", true),
            ("repo.mine.car", false),
            ("repocar", false),
            ("my-repo.car", false),
            ("blobs.car", false),
            ("manifest.json", false),
        ] {
            assert_eq!(is_ours(name), expected, "{name}");
        }
    }
}
