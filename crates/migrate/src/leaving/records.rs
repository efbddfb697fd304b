//! The records of an account at two hosts.

use repo::archive::{ArchiveError, Part};
use sha2::{Digest as _, Sha256};
use syntax::Datetime;

use super::view::Copy;
use super::{NAMED_MAX, list};
use crate::job::Finding;
use crate::reading::TempArchive;

/// How many bytes of a hash tell records apart: nobody gains by finding two that agree in them.
const SHORT: usize = 16;

/// How the records at the old host compare with those at the new.
#[derive(Debug, Default)]
pub(super) struct Records {
    /// How many there are at the old host.
    total: u64,
    /// How many of those have no namesake at the new host.
    pub(super) missing: u64,
    /// How many have one that is another.
    pub(super) changed: u64,
    /// How many are at the new host only.
    added: u64,
    /// Some that are missing, then some that are changed.
    names: Vec<String>,
}

/// A record, by hashes of its path and of itself: what five million of them take fits into memory.
type Short = ([u8; SHORT], [u8; SHORT]);

impl Records {
    pub(super) fn compare(old: &mut Copy, new: &mut Copy) -> Result<Self, ArchiveError> {
        let mut found = Self { total: old.contents.leaves.count, ..Self::default() };
        // The walk that counted them has shown that both trees are what their roots say.
        if old.archive.commit().data() == new.archive.commit().data() {
            return Ok(found);
        }
        let mut there: Vec<Short> = Vec::new();
        each(&mut new.archive, |_, record| there.push(record))?;
        there.sort_unstable();
        let (mut missing, mut changed) = (Vec::new(), Vec::new());
        each(&mut old.archive, |path, (name, cid)| {
            let at = there.binary_search_by_key(&name, |(name, _)| *name);
            let (count, names) = match at.ok().and_then(|at| there.get(at)) {
                Some((_, other)) if *other == cid => return,
                Some(_) => (&mut found.changed, &mut changed),
                None => (&mut found.missing, &mut missing),
            };
            *count += 1;
            if names.len() < NAMED_MAX {
                names.push(path.to_owned());
            }
        })?;
        let common = found.total.saturating_sub(found.missing);
        found.added = new.contents.leaves.count.saturating_sub(common);
        missing.extend(changed);
        found.names = missing;
        Ok(found)
    }

    /// Judges them. `since` is when the identity began to name the new host.
    pub(super) fn finding(&self, old: &Copy, new: &Copy, since: Option<&Datetime>) -> Finding {
        let Self { total, missing, changed, added, names } = self;
        let is_newer = is_newer(old, new, since);
        if *missing > 0 || *changed > 0 {
            let names = list(names, missing + changed);
            let rev = old.archive.commit().rev().map_or("none".to_owned(), |rev| rev.to_string());
            return if is_newer {
                let text = format!(
                    "the old host has written later, at revision {rev}: of its {total} records \
                     {missing} are not at the new host and {changed} are others: {names}"
                );
                Finding::red("late", text)
            } else if *missing > 0 {
                let text = format!(
                    "of {total} records at the old host {missing} are not at the new one, unless you \
                     deleted them there, and {changed} are others: {names}"
                );
                Finding::red("records", text)
            } else {
                let text = format!(
                    "all {total} records are at the new host, and {changed} are others there, as if \
                     they had been edited: {names}"
                );
                Finding::yellow("records", text)
            };
        }
        if *added == 0 {
            let root = new.archive.commit().data();
            let text = format!("the same {total} records are at both hosts, tree {root}");
            return Finding::green("records", text);
        }
        if is_newer {
            let text = format!(
                "all {total} records are at the new host; {added} that are there were deleted at \
                 the old host later"
            );
            return Finding::yellow("late", text);
        }
        let text = format!("all {total} records are at the new host, which has {added} more");
        Finding::green("records", text)
    }
}

/// Tells whether the old host has written something that cannot have come along.
fn is_newer(old: &Copy, new: &Copy, since: Option<&Datetime>) -> bool {
    let (old, new) = (old.archive.commit().rev(), new.archive.commit().rev());
    // The new host may have written, too, which makes its revision the later one.
    let is_after_switch = since.zip(old).is_some_and(|(since, old)| {
        u64::try_from(since.unix_us()).is_ok_and(|since_us| old.timestamp_us() > since_us)
    });
    old > new || is_after_switch
}

/// Walks through the records of a repository.
fn each(archive: &mut TempArchive, mut see: impl FnMut(&str, Short)) -> Result<(), ArchiveError> {
    archive.walk(|part| {
        if let Part::Record { key, cid, .. } = part {
            let path = Sha256::digest(key.as_str().as_bytes());
            see(key.as_str(), (short(&path), short(cid.digest())));
        }
        Ok(())
    })
}

fn short(hash: &[u8]) -> [u8; SHORT] {
    let mut short = [0; SHORT];
    short.iter_mut().zip(hash).for_each(|(to, from)| *to = *from);
    short
}
