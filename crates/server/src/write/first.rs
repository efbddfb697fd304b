//! The first commit of an account, and the events that its coming and going have.

use bytes::Bytes;
use crypto::PrivateKey;
use repo::draft::{Draft, DraftError};
use repo::event::{AccountEvent, CommitEvent, Frame, IdentityEvent, SyncEvent};
use repo::mst::{NoSource, Tree};
use repo::slice;
use store::Status;
use store::repo::FirstCommit;
use syntax::{Cid, Datetime, Did, Handle, Tid};

use super::batch::SEQ;
use crate::clock::Clock;

/// Makes the empty repository of a new account. One that begins deactivated has no events yet, and
/// its revision is the first of all: the repository that moves in comes after it.
pub(crate) fn first_commit(
    did: &Did,
    handle: &Handle,
    key: &PrivateKey,
    clock: &Clock,
    active: bool,
) -> Result<FirstCommit, DraftError> {
    let rev = if active { clock.next_tid() } else { Tid::from_u64(1) };
    let mut signed = Draft::new(&Tree::empty(), &NoSource).sign(did, rev, key)?;
    let (rev, time) = (signed.commit.rev, clock.now());
    let commit = CommitEvent {
        seq: SEQ,
        repo: did.clone(),
        commit: signed.cid,
        rev,
        since: None,
        blocks: Bytes::from(std::mem::take(&mut signed.slice)),
        ops: Vec::new(),
        prev_data: None,
        time: time.clone(),
    };
    let frames = match active {
        true => vec![
            identity_frame(did, Some(handle), &time),
            account_frame(did, Status::Active, &time),
            commit.encode(),
            sync_frame(did, rev, &signed.cid, &signed.block, &time),
        ],
        false => Vec::new(),
    };
    Ok(FirstCommit { signed, frames, active })
}

/// Makes the event that says that an account's identity may have changed.
pub(crate) fn identity_frame(did: &Did, handle: Option<&Handle>, time: &Datetime) -> Frame {
    let (did, handle, time) = (did.clone(), handle.cloned(), time.clone());
    IdentityEvent { seq: SEQ, did, handle, time }.encode()
}

/// Makes the event that says whether an account's repository can be had.
pub(crate) fn account_frame(did: &Did, status: Status, time: &Datetime) -> Frame {
    let reason = status.reason().map(str::to_owned);
    account_event(did, status.is_active(), reason, time)
}

/// Makes the event that says that an account is gone.
pub(crate) fn deletion_frame(did: &Did, time: &Datetime) -> Frame {
    account_event(did, false, Some("deleted".to_owned()), time)
}

fn account_event(did: &Did, active: bool, status: Option<String>, time: &Datetime) -> Frame {
    AccountEvent { seq: SEQ, did: did.clone(), active, status, time: time.clone() }.encode()
}

/// Makes the event that says at which commit a repository is, whatever came before.
pub(crate) fn sync_frame(did: &Did, rev: Tid, cid: &Cid, block: &[u8], time: &Datetime) -> Frame {
    let blocks = Bytes::from(slice::commit_only(cid, block));
    SyncEvent { seq: SEQ, did: did.clone(), rev, blocks, time: time.clone() }.encode()
}

#[cfg(test)]
mod tests {
    use crypto::Curve;
    use repo::event::{Message, decode};
    use repo::slice::Slice;

    use super::*;

    #[test]
    fn a_first_commit_can_be_followed_from_nothing() {
        let (did, handle) = ("did:plc:ewvi7nxzyoun6zhxrhs64oiz".parse(), "a.example.com".parse());
        let (did, handle): (Did, Handle) = (did.unwrap(), handle.unwrap());
        let key = PrivateKey::generate(Curve::Secp256k1);
        let clock = Clock::new(store::Clock::new(|| 1_767_225_600_000_000), 7);
        let first = first_commit(&did, &handle, &key, &clock, true).unwrap();
        let events: Vec<Message> =
            first.frames.into_iter().map(|frame| decode(&frame.into_bytes()).unwrap()).collect();
        let [
            Message::Identity(_),
            Message::Account(_),
            Message::Commit(commit),
            Message::Sync(sync),
        ] = events.as_slice()
        else {
            panic!("other events: {events:?}");
        };
        let slice = Slice::decode(&commit.blocks).unwrap();
        slice.commit().verify(&key.public_key()).unwrap();
        assert_eq!(slice.commit().data, Tree::empty().root());
        assert!(slice.blocks().get(&Tree::empty().root()).is_some(), "the root has to be sent");
        assert_eq!(Slice::decode(&sync.blocks).unwrap().root(), commit.commit);
        assert_eq!((commit.since, commit.prev_data), (None, None));
    }
}
