//! From writes that wait to one signed commit. Nothing in here is decided for good.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use repo::draft::{Draft, DraftError, Record, Signed};
use repo::event::CommitEvent;
use repo::mst::{Key, NodeSource, TreeError};
use store::repo::RepoCommit;
use syntax::{Cid, Datetime, Tid};

use super::queue::Request;
use super::{Applied, Change, CommitMeta, Error, OpenRepo, Shared, Swap};
use crate::record;

/// Stands for the sequence number in a frame, which the store sets.
pub(super) const SEQ: u64 = 1 << 32;

/// What came of writes that were to share a commit.
pub(super) enum Outcome {
    /// A commit was prepared.
    Commit(Box<RepoCommit>, Ready),
    /// There is nothing to commit.
    Nothing(Ready),
    /// They are too many or too large together, and should be tried one by one.
    Split(Vec<Request>),
}

/// Writes with their outcomes, which hold once the commit is durable, and those before it.
#[derive(Default)]
pub(super) struct Ready(pub(super) Vec<(Request, Result<Applied, Error>)>);

/// Makes one commit of some writes, and brings the repository to it.
pub(super) fn prepare(
    shared: &Shared,
    open: &mut OpenRepo,
    requests: Vec<Request>,
) -> Result<Outcome, (Error, Vec<Request>)> {
    let nodes = shared.store.nodes(open.repo);
    let mut draft = Draft::new(&open.tree, &nodes);
    let mut planned = Vec::with_capacity(requests.len());
    for (index, request) in requests.iter().enumerate() {
        let plan = plan(shared, open, &mut draft, request, index == 0)
            .and_then(|plan| plan.map(|plan| carry_out(&mut draft, plan)).transpose());
        match plan {
            Ok(plan) => planned.push(Ok(plan)),
            Err(Refusal::Refused(error)) => planned.push(Err(error)),
            Err(Refusal::Failed(error)) => return Err((error, requests)),
        }
    }
    if draft.is_empty() {
        return Ok(Outcome::Nothing(ready(requests, planned, None)));
    }
    let rev = shared.clock.tid_after(open.rev);
    let signed = match draft.sign(&open.did, rev, &open.key) {
        Ok(signed) => signed,
        Err(DraftError::TooManyOps(_) | DraftError::TooLarge(_)) if requests.len() > 1 => {
            return Ok(Outcome::Split(requests));
        }
        Err(error) => return Err((refusal(error), requests)),
    };
    let commit = CommitMeta { cid: signed.cid, rev };
    let mut repo_commit = commit_of(open, signed, &requests, &planned, shared.clock.now());
    repo_commit.records_max = shared.records_max;
    Ok(Outcome::Commit(Box::new(repo_commit), ready(requests, planned, Some(commit))))
}

/// What a write comes to: the changes to make, in order. One that changes nothing has none.
struct Plan(Vec<(Key, Option<Record>)>);

enum Refusal {
    /// The write cannot be made.
    Refused(Error),
    /// Nothing can be made.
    Failed(Error),
}

impl From<TreeError> for Refusal {
    fn from(error: TreeError) -> Self {
        Self::Failed(Error::Draft(Arc::new(error.into())))
    }
}

/// Decides what a write comes to, and changes nothing yet: it is made whole or not at all.
fn plan<S: NodeSource + Copy>(
    shared: &Shared,
    open: &OpenRepo,
    draft: &mut Draft<S>,
    request: &Request,
    is_first: bool,
) -> Result<Option<Plan>, Refusal> {
    let mut steps = Vec::with_capacity(request.ops.len());
    // What the write's own earlier changes have made of a path.
    let mut ahead: HashMap<&Key, Option<Cid>> = HashMap::new();
    for op in &request.ops {
        let now = match ahead.get(&op.path) {
            Some(now) => *now,
            None => draft.get(&op.path)?,
        };
        if is_no_change(&op.change, now) {
            continue;
        }
        check(&op.path, &op.change, now).map_err(Refusal::Refused)?;
        if let Change::Create { record, only: true } = &op.change
            && let Some(subject) = record.subject
        {
            let others = about(shared, open, subject).map_err(Refusal::Failed)?;
            for path in others {
                if path != op.path && draft.get(&path)?.is_some() {
                    steps.push((path, None));
                }
            }
        }
        let record =
            op.record().map(|content| Record { cid: content.cid, bytes: content.block.clone() });
        ahead.insert(&op.path, record.as_ref().map(|record| record.cid));
        steps.push((op.path.clone(), record));
    }
    if steps.is_empty() {
        return Ok(None);
    }
    if let Some(expected) = request.swap_commit
        && (!is_first || expected != open.commit)
    {
        return Err(Refusal::Refused(Error::SwapCommit(open.commit)));
    }
    Ok(Some(Plan(steps)))
}

/// Tells whether a change finds what it wants.
fn is_no_change(change: &Change, now: Option<Cid>) -> bool {
    match change {
        Change::Put { record, .. } | Change::Update { record } => now == Some(record.cid),
        Change::Delete { .. } => now.is_none(),
        Change::Create { .. } | Change::Remove => false,
    }
}

/// Checks that what is at a path is what a change needs.
fn check(path: &Key, change: &Change, now: Option<Cid>) -> Result<(), Error> {
    match change {
        Change::Create { .. } if now.is_some() => Err(Error::Exists(path.clone())),
        Change::Update { .. } | Change::Remove if now.is_none() => Err(Error::Absent(path.clone())),
        Change::Put { swap: Swap::Was(was), .. } | Change::Delete { swap: Swap::Was(was) }
            if *was != now =>
        {
            Err(Error::SwapRecord(now))
        }
        _ => Ok(()),
    }
}

/// Returns the records about a subject, those of commits on their way included.
fn about(shared: &Shared, open: &OpenRepo, subject: i64) -> Result<Vec<Key>, Error> {
    let mut paths = shared.store.read_now(|tx| tx.records_about(open.repo, subject))?;
    let on_their_way = open.subjects.iter().filter(|(_, other, _)| *other == subject);
    paths.extend(on_their_way.map(|(_, _, path)| path.clone()));
    paths.sort_unstable();
    paths.dedup();
    Ok(paths)
}

fn carry_out<S: NodeSource + Copy>(draft: &mut Draft<S>, plan: Plan) -> Result<(), Refusal> {
    for (path, record) in plan.0 {
        match record {
            Some(record) => draft.put(&path, record)?,
            None => draft.delete(&path)?,
        };
    }
    Ok(())
}

/// Gathers what the store needs, and brings the repository to the commit.
fn commit_of(
    open: &mut OpenRepo,
    mut signed: Signed,
    requests: &[Request],
    planned: &[Result<Option<()>, Error>],
    time: Datetime,
) -> RepoCommit {
    let (expected, rev) = (open.rev, signed.commit.rev);
    let event = CommitEvent {
        seq: SEQ,
        repo: open.did.clone(),
        commit: signed.cid,
        rev,
        since: Some(expected),
        blocks: Bytes::from(std::mem::take(&mut signed.slice)),
        ops: signed.ops.clone(),
        prev_data: Some(signed.prev_data),
        time,
    };
    let made = requests.iter().zip(planned).filter(|(_, plan)| matches!(plan, Ok(Some(()))));
    let (mut blobs, mut subjects) = (Vec::new(), Vec::new());
    for op in made.flat_map(|(request, _)| &request.ops) {
        // Only what the commit ends with counts: a path may have been written more than once.
        let content = op.record().filter(|content| {
            let at = signed.records.binary_search_by(|(path, _)| path.cmp(&op.path));
            at.is_ok_and(|at| signed.records[at].1.cid == content.cid)
        });
        let Some(content) = content else { continue };
        blobs.extend(content.blobs.iter().cloned());
        subjects.extend(content.subject.map(|subject| (op.path.clone(), subject)));
    }
    open.subjects.extend(subjects.iter().map(|(path, subject)| (rev, *subject, path.clone())));
    (open.commit, open.rev) = (signed.cid, rev);
    open.tree = signed.tree.clone();
    let paths: Vec<Key> = signed.ops.iter().map(|op| op.path.clone()).collect();
    open.trim(&paths);
    RepoCommit {
        account: open.account,
        repo: open.repo,
        expected,
        signed,
        frame: event.encode(),
        blobs,
        subjects,
        records_max: None,
        subject_of: record::subject_of_block,
    }
}

fn ready(
    requests: Vec<Request>,
    planned: Vec<Result<Option<()>, Error>>,
    commit: Option<CommitMeta>,
) -> Ready {
    let outcome = |plan: Result<Option<()>, Error>| {
        plan.map(|made| Applied { commit: commit.filter(|_| made.is_some()) })
    };
    Ready(requests.into_iter().zip(planned.into_iter().map(outcome)).collect())
}

fn refusal(error: DraftError) -> Error {
    match error {
        DraftError::TooManyOps(_) => Error::TooMany,
        DraftError::TooLarge(_) => Error::TooLarge,
        error => Error::Draft(Arc::new(error)),
    }
}

impl Ready {
    /// Answers everybody.
    pub(super) fn answer(self) {
        for (request, outcome) in self.0 {
            request.answer(outcome);
        }
    }

    /// Answers everybody with the same error.
    pub(super) fn fail(self, error: &Error) {
        for (request, _) in self.0 {
            request.answer(Err(error.clone()));
        }
    }

    /// Forgets the outcomes, which do not hold any more.
    pub(super) fn into_requests(self) -> Vec<Request> {
        self.0.into_iter().map(|(request, _)| request).collect()
    }

    /// Returns the revision of the commit, if there is one.
    pub(super) fn rev(&self) -> Option<Tid> {
        self.0.iter().find_map(|(_, outcome)| outcome.as_ref().ok()?.commit).map(|meta| meta.rev)
    }
}
