//! The files that the records of an account refer to, read and hashed.

use std::collections::BTreeMap;

use syntax::Cid;

use super::view::Unread;
use super::{Leaving, list};
use crate::host::HostError;
use crate::job::Finding;
use crate::reading::at_once;
use crate::report::{Loss, References};

/// The files of an account at the new host.
#[derive(Debug, Default)]
pub(super) struct Files {
    /// How many are there, each read and hashed.
    pub(super) count: u64,
    /// How many bytes they have.
    bytes: u64,
    /// Those that are not there and that the old host has, each with its record.
    pub(super) lost: Vec<String>,
    /// Those that neither host has.
    nowhere: Vec<String>,
}

impl Files {
    /// Reads all files from the new host, and those that it does not have from the old one, unless
    /// that `is_hidden` there.
    pub(super) async fn look(
        leaving: &Leaving<'_>,
        references: &References,
        is_hidden: bool,
    ) -> Result<Self, Unread> {
        let (mut found, mut missing) = (Self::default(), BTreeMap::new());
        let paths: BTreeMap<Cid, &str> =
            references.iter().map(|(cid, path, _)| (*cid, path)).collect();
        let read = |cid: Cid| {
            let (view, did) = (leaving.to.clone(), leaving.did.clone());
            async move { Ok::<_, HostError>((cid, view.file(&did, cid).await?)) }
        };
        let outcome = at_once(paths.keys().copied(), read, |outcome| {
            match outcome? {
                (_, Ok(blob)) => {
                    found.count += 1;
                    found.bytes = found.bytes.saturating_add(blob.size);
                }
                (cid, Err(loss)) => drop(missing.insert(cid, loss)),
            }
            Ok::<_, HostError>(())
        });
        outcome.await.map_err(|error| leaving.to.unread(&error))?;
        for (cid, loss) in missing {
            let path = paths.get(&cid).copied().unwrap_or_default();
            let name = format!("{cid} of {path} ({})", why(loss));
            // Of what the old host does not show or say, nobody knows that it is gone there, too.
            let is_gone = !is_hidden
                && matches!(
                    leaving.from.file(leaving.did, cid).await,
                    Ok(Err(Loss::NotFound | Loss::Damaged))
                );
            let list = if is_gone { &mut found.nowhere } else { &mut found.lost };
            list.push(name);
        }
        Ok(found)
    }

    /// Returns how many there should be.
    pub(super) fn wanted(&self) -> u64 {
        self.count.saturating_add(length(&self.lost)).saturating_add(length(&self.nowhere))
    }

    pub(super) fn findings(&self) -> Vec<Finding> {
        let (count, bytes, wanted) = (self.count, self.bytes, self.wanted());
        let mut findings = Vec::new();
        if !self.lost.is_empty() {
            let lost = length(&self.lost);
            let text = format!(
                "of {wanted} files that records refer to {lost} are not at the new host, whatever it \
                 counts: {}",
                list(&self.lost, lost)
            );
            findings.push(Finding::red("files", text));
        }
        if !self.nowhere.is_empty() {
            let nowhere = length(&self.nowhere);
            let text = format!(
                "{nowhere} files are at neither host, so that this move has not lost them: {}",
                list(&self.nowhere, nowhere)
            );
            findings.push(Finding::yellow("files", text));
        }
        if findings.is_empty() {
            let text = match count {
                0 => "records refer to no files".to_owned(),
                _ => {
                    format!("all {count} files are at the new host, {bytes} bytes, read and hashed")
                }
            };
            findings.push(Finding::green("files", text));
        }
        findings
    }
}

fn length(names: &[String]) -> u64 {
    u64::try_from(names.len()).unwrap_or(u64::MAX)
}

fn why(loss: Loss) -> &'static str {
    match loss {
        Loss::NotFound => "not found",
        Loss::Damaged => "damaged",
        Loss::TooLarge => "too large",
        Loss::NoAnswer | Loss::Unknown => "not to be had",
    }
}
