//! Whose the rotation keys of an identity are: the owner's stay, those of the host that is gone go.
//!
//! A key says nothing of its owner. What the owner says counts; beyond that, a host leaves its mark
//! in the log: the key that signed the making of the identity, or the one that came when the identity
//! began to name the host. Of any other key the owner has to say whose it is: to drop a key of theirs
//! would weaken them, and to keep one of the host's would let it take the account.

use identity::plc::log::{AuditedLog, Entry};
use identity::plc::{DidKey, State};

/// The rotation keys of an identity, by whose they are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sorted {
    /// The owner's, the highest first.
    pub own: Vec<DidKey>,
    /// Those of the host that is gone.
    pub host: Vec<DidKey>,
    /// Those of which nobody has said it.
    pub undecided: Vec<DidKey>,
}

impl Sorted {
    /// Sorts the keys that are in force. `own` and `host` are what the owner says.
    pub fn of(log: &AuditedLog, own: &[DidKey], host: &[DidKey]) -> Self {
        let state = log.state().unwrap_or_default();
        let mark = mark(log, &state, own);
        let mut sorted = Self::default();
        for key in &state.rotation_keys {
            let list = if own.contains(key) {
                &mut sorted.own
            } else if host.contains(key) || mark.as_ref() == Some(key) {
                &mut sorted.host
            } else {
                &mut sorted.undecided
            };
            list.push(key.clone());
        }
        sorted
    }
}

pub(super) fn list(keys: &[DidKey]) -> String {
    keys.iter().map(DidKey::as_str).collect::<Vec<_>>().join(", ")
}

/// Returns the key that the host of an identity has brought along, as far as the log shows it.
fn mark(log: &AuditedLog, now: &State, own: &[DidKey]) -> Option<DidKey> {
    let standing: Vec<&Entry> = log.entries().iter().filter(|entry| !entry.nullified).collect();
    let host = |entry: &Entry| entry.operation.state()?.pds().map(|pds| pds.endpoint.clone());
    let present = now.pds().map(|pds| pds.endpoint.clone())?;
    let others = standing.iter().rposition(|entry| host(entry).as_deref() != Some(&*present));
    let first = standing.get(others.map_or(0, |index| index + 1))?;
    let keys = first.operation.state()?.rotation_keys;
    let Some(before) = others.and_then(|index| standing.get(index)) else {
        let signer = first.operation.signed_by(&keys).cloned();
        return signer.filter(|signer| !own.contains(signer));
    };
    let before = before.operation.state()?.rotation_keys;
    let mut came = keys.into_iter().filter(|key| !before.contains(key) && !own.contains(key));
    // Of two that came together, one may be the owner's.
    came.next().filter(|_| came.next().is_none())
}

#[cfg(test)]
mod tests {
    use crypto::{Curve, PrivateKey};
    use identity::Origin;
    use identity::plc::log::{RateLimits, append};
    use identity::plc::{Content, Operation};

    use super::*;

    fn key() -> (PrivateKey, DidKey) {
        let key = PrivateKey::generate(Curve::Secp256k1);
        let public = DidKey::from(&key.public_key());
        (key, public)
    }

    fn state(host: &str, keys: &[&DidKey]) -> State {
        let host = Origin::parse(&format!("https://{host}.example.com")).unwrap();
        let handle = "alice.example.com".parse().unwrap();
        let mut state = State::of_account(&handle, &key().0.public_key(), &host);
        state.rotation_keys = keys.iter().copied().cloned().collect();
        state
    }

    fn log(operations: Vec<Operation>) -> AuditedLog {
        let did = operations[0].did().unwrap();
        let mut entries = Vec::new();
        for (operation, now_ms) in operations.into_iter().zip(1_767_225_600_000..) {
            let added = append(&did, &entries, operation, now_ms, RateLimits::Off).unwrap();
            entries.push(added.entry);
        }
        AuditedLog::check(&did, entries).unwrap()
    }

    #[test]
    fn a_host_is_known_by_what_it_has_signed_or_brought() {
        let ([own, second, host, recovery, next], [_, _, host_key, _, next_key]) = {
            let keys = [(); 5].map(|()| key());
            (keys.clone().map(|(_, public)| public), keys.map(|(private, _)| private))
        };
        let made = Content::genesis(state("old", &[&own, &second, &recovery, &host]));
        let made = made.sign(&host_key).unwrap();
        let sorted = Sorted::of(&log(vec![made.clone()]), std::slice::from_ref(&own), &[]);
        let (mine, theirs) = (vec![own.clone()], vec![host.clone()]);
        let undecided = vec![second.clone(), recovery.clone()];
        assert_eq!(sorted, Sorted { own: mine, host: theirs.clone(), undecided });

        // What the owner says counts, also of a key that looks like the host's.
        let said = [second.clone(), own.clone()];
        let sorted = Sorted::of(&log(vec![made.clone()]), &said, std::slice::from_ref(&recovery));
        let (mine, theirs) = (vec![own.clone(), second.clone()], vec![recovery, host.clone()]);
        assert_eq!(sorted, Sorted { own: mine.clone(), host: theirs, undecided: vec![] });
        let all = [own.clone(), host.clone()];
        assert!(Sorted::of(&log(vec![made.clone()]), &all, &[]).host.is_empty());

        // After a move the key that came with the new host is that host's.
        let moved = Content::update(&made, state("new", &[&own, &second, &next]));
        let moved = moved.sign(&host_key).unwrap();
        let renamed = Content::update(&moved, state("new", &[&own, &second, &next]));
        let renamed = renamed.sign(&next_key).unwrap();
        let log = log(vec![made, moved, renamed]);
        let sorted = Sorted::of(&log, &said, &[]);
        assert_eq!(sorted, Sorted { own: mine, host: vec![next.clone()], undecided: vec![] });
        let sorted = Sorted::of(&log, std::slice::from_ref(&own), &[]);
        assert_eq!((sorted.host, sorted.undecided), (vec![next], vec![second]));
    }
}
