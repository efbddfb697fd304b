//! Who may change an identity, and whose keys these are.

use std::collections::HashSet;

use identity::plc::log::Entry;
use identity::plc::{DidKey, State};
use identity::resolve::PlcError;
use syntax::Did;

use super::own_keys;
use crate::pds::Pds;

/// Whose a key is that can change an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holder {
    /// This server's, or its operator's.
    Server,
    /// The owner's.
    Owner,
    /// It is not known: it came while the account was elsewhere.
    Unknown,
}

/// Returns the keys that can change an identity, the one with the most say first, and whose they are.
/// While an account is here nobody but its owner adds keys other than the server's, and the log tells
/// when that was.
///
/// # Errors
///
/// [`PlcError`] if the directory does not say.
pub(crate) async fn keys(pds: &Pds, did: &Did) -> Result<Vec<(DidKey, Holder)>, PlcError> {
    let log = pds.plc.audited_log(did).await?;
    let state = log.state().ok_or(PlcError::Ended)?;
    let states = log.entries().iter().filter(|entry| !entry.nullified).filter_map(state_of);
    let added_here = added(states, |state| state.leads_to(&pds.url));
    let own = own_keys(pds);
    let holder = |key: &DidKey| match key {
        key if own.contains(key) => Holder::Server,
        key if added_here.contains(key) => Holder::Owner,
        _ => Holder::Unknown,
    };
    Ok(state.rotation_keys.into_iter().map(|key| (key.clone(), holder(&key))).collect())
}

fn state_of(entry: &Entry) -> Option<State> {
    entry.operation.state()
}

/// Returns the keys that came while the account was here, and have stayed or come again since.
fn added(states: impl Iterator<Item = State>, is_here: impl Fn(&State) -> bool) -> HashSet<DidKey> {
    let (mut added, mut before) = (HashSet::new(), Vec::new());
    let mut was_here = true;
    for state in states {
        let is_here = is_here(&state);
        added.retain(|key| state.rotation_keys.contains(key));
        if is_here && was_here {
            let new = state.rotation_keys.iter().filter(|key| !before.contains(*key));
            added.extend(new.cloned());
        }
        (before, was_here) = (state.rotation_keys, is_here);
    }
    added
}

#[cfg(test)]
mod tests {
    use identity::Origin;

    use super::*;

    #[test]
    fn keys_are_the_owners_if_they_came_while_the_account_was_here() {
        let here: Origin = "https://here.example".parse().unwrap();
        let there: Origin = "https://there.example".parse().unwrap();
        let state = |pds: &Origin, keys: &[&str]| {
            let mut state = State::of_server(pds);
            state.rotation_keys = keys.iter().copied().map(DidKey::new).collect();
            state
        };
        type Step<'a> = (&'a Origin, &'a [&'a str]);
        let cases: [(&[Step<'_>], &[&str]); 5] = [
            // Made here, with a key.
            (&[(&here, &["own", "server"])], &["own", "server"]),
            // Added here.
            (&[(&here, &["server"]), (&here, &["own", "server"])], &["own", "server"]),
            // Brought along, or added by whoever was the host before.
            (&[(&there, &["a", "host"]), (&here, &["a", "b", "server"])], &[]),
            // Added after the account came.
            (&[(&there, &["host"]), (&here, &["server"]), (&here, &["own", "server"])], &["own"]),
            // Taken away, and back again by another host.
            (
                &[
                    (&here, &["own", "server"]),
                    (&here, &["server"]),
                    (&there, &["own", "server"]),
                    (&here, &["own", "server"]),
                ],
                &["server"],
            ),
        ];
        for (steps, expected) in cases {
            let states = steps.iter().map(|(pds, keys)| state(pds, keys));
            let added = added(states, |state| state.leads_to(&here));
            assert_eq!(added, expected.iter().copied().map(DidKey::new).collect(), "{steps:?}");
        }
    }
}
