//! Looking at the host that an account goes to, for somebody who leaves another.
//!
//! Nothing that the new host counts is believed: the repositories of both hosts are read and compared,
//! and every file that records refer to is downloaded from the new host and hashed. Nothing is changed
//! anywhere, and nobody is kept from leaving: what is said is what was found, and what to do next.

mod advice;
mod files;
mod identity;
mod records;
mod standing;
mod view;

use ::identity::Origin;
use ::identity::resolve::{PlcClient, Resolver};
use serde::Serialize;
use syntax::Did;

use crate::job::Finding;
pub use crate::leaving::advice::Advice;
use crate::leaving::files::Files;
use crate::leaving::identity::{Identity, Named};
use crate::leaving::records::Records;
use crate::leaving::standing::Standing;
pub use crate::leaving::view::View;
use crate::leaving::view::{Sight, Unread};

/// How many records or files are named in a sentence.
const NAMED_MAX: usize = 10;

/// Whom to ask about an account that leaves.
pub struct Leaving<'a> {
    /// Whose it is.
    pub did: &'a Did,
    /// The host that it leaves.
    pub from: &'a View,
    /// The host that it goes to.
    pub to: &'a View,
    /// The directory of did:plc.
    pub plc: &'a PlcClient,
    /// What looks up the documents of did:web.
    pub resolver: &'a Resolver,
}

/// What was found, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Checklist {
    /// Whose account it is.
    pub did: Did,
    /// The host that it leaves.
    pub from: Origin,
    /// The host that it goes to.
    pub to: Origin,
    /// What was looked at. Green is as it should be, yellow is for the owner to do or to know, and
    /// with red the old account is still needed.
    pub findings: Vec<Finding>,
    /// What to do.
    #[serde(flatten)]
    pub advice: Advice,
}

/// All that was seen.
struct Seen {
    identity: Identity,
    from: Standing,
    to: Standing,
    old: Sight,
    new: Sight,
    /// How the records of the two compare, if both were read.
    records: Option<Records>,
    /// The files that records at the new host refer to, if they could be looked for.
    files: Option<Result<Files, Unread>>,
}

impl Leaving<'_> {
    /// Looks at everything. What cannot be looked at is a finding.
    pub async fn look(&self) -> Checklist {
        let identity = Identity::look(self).await;
        let (from, to) = (self.from.standing(self.did).await, self.to.standing(self.did).await);
        let (mut old, mut new) = (self.from.sight(self.did).await, self.to.sight(self.did).await);
        let mut records = None;
        if let (Ok(read), Ok(found)) = (&mut old, &mut new) {
            match Records::compare(read, found) {
                Ok(compared) => records = Some(compared),
                Err(error) => old = Err(Unread::broken(&error)),
            }
        }
        let files = match &new {
            Ok(copy) => {
                let is_hidden = old.is_err() && from != Standing::Gone;
                Some(Files::look(self, &copy.contents.references, is_hidden).await)
            }
            Err(_) => None,
        };
        let seen = Seen { identity, from, to, old, new, records, files };
        let mut findings = self.findings(&seen);
        findings.extend(self.counts(&seen).await);
        let advice = Advice::of(&seen, &findings, self.from.origin(), self.to.origin());
        Checklist {
            did: self.did.clone(),
            from: self.from.origin().clone(),
            to: self.to.origin().clone(),
            findings,
            advice,
        }
    }

    fn findings(&self, seen: &Seen) -> Vec<Finding> {
        let (from, to) = (self.from.origin(), self.to.origin());
        let mut findings = seen.identity.findings(from, to);
        findings.push(seen.to.at_new_host(&seen.identity.named));
        findings.push(seen.from.at_old_host(&seen.identity.named));
        match &seen.new {
            // Until it is opened there, it is as the old host has signed it.
            Ok(copy) if seen.to == Standing::Open => {
                findings.extend(seen.identity.signature(copy));
            }
            Ok(_) => {}
            Err(unread) => findings.push(unread.finding("new host", to)),
        }
        match (&seen.old, seen.from) {
            // There is nothing to compare with, as may be long after a move.
            (Err(_), Standing::Gone) => {}
            (Err(unread), _) => findings.push(unread.finding("old host", from)),
            (Ok(_), _) => {}
        }
        if let (Some(records), Ok(old), Ok(new)) = (&seen.records, &seen.old, &seen.new) {
            findings.push(records.finding(old, new, seen.identity.since.as_ref()));
        }
        match &seen.files {
            Some(Ok(files)) => findings.extend(files.findings()),
            Some(Err(unread)) => findings.push(unread.finding("new host", to)),
            None => {}
        }
        findings
    }

    /// Holds what the new host counts against what it has, where its owner may ask.
    async fn counts(&self, seen: &Seen) -> Option<Finding> {
        let (Ok(copy), Some(Ok(files))) = (&seen.new, &seen.files) else { return None };
        let status = match self.to.owner.as_ref()?.status().await {
            Ok(status) => status,
            Err(error) => {
                let text = format!("the new host does not tell its own count: {error}");
                return Some(Finding::yellow("counts", text));
            }
        };
        let records = copy.contents.leaves.count;
        let mut wrong = Vec::new();
        for (what, counted, there) in [
            ("records", status.indexed_records, records),
            ("files that records refer to", status.expected_blobs, files.wanted()),
            ("files that are there", status.imported_blobs, files.count),
        ] {
            if counted != there {
                wrong.push(format!("{counted} {what}, where there are {there}"));
            }
        }
        let is_named = matches!(seen.identity.named, Named::New);
        if status.valid_did != is_named {
            let not = if is_named { "" } else { " not" };
            wrong.push(format!("the identity wrongly, which does{not} name it"));
        }
        Some(if wrong.is_empty() {
            Finding::green("counts", "the new host's own count is right")
        } else {
            let text = format!("the new host counts {}: tell its operator", wrong.join(", "));
            Finding::yellow("counts", text)
        })
    }
}

/// Writes names for a sentence, not more than can be read.
fn list(names: &[String], count: u64) -> String {
    let shown = names.iter().take(NAMED_MAX).map(String::as_str).collect::<Vec<_>>().join(", ");
    let rest = count.saturating_sub(u64::try_from(names.len().min(NAMED_MAX)).unwrap_or(u64::MAX));
    if rest == 0 { shown } else { format!("{shown}, and {rest} more") }
}
