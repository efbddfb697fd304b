//! The part of a bundle that is nobody else's.

use crypto::PrivateKey;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use store::{Account, Error, Tx};
use syntax::{Datetime, Did, Handle};

use crate::age::Recipient;

/// What is encrypted. Passwords and their hashes are not in it, nor is any key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Private {
    /// The version of the form: 1.
    pub version: u32,
    /// Whose account it is.
    pub did: Did,
    /// The account's handle.
    pub handle: Option<Handle>,
    /// The account's e-mail address.
    pub email: Option<String>,
    /// When that was confirmed.
    pub email_confirmed_at: Option<Datetime>,
    /// When the account was made.
    pub created_at: Datetime,
    /// Since when it was closed.
    pub deactivated_at: Option<Datetime>,
    /// From when on it was to be deleted.
    pub delete_after: Option<Datetime>,
    /// As `app.bsky.actor.getPreferences` gives them.
    pub preferences: Vec<Value>,
    /// The app passwords, without what nobody can know of them.
    pub app_passwords: Vec<AppPassword>,
}

/// An app password, but for the password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AppPassword {
    /// Its name.
    pub name: String,
    /// Whether it lets clients read private messages.
    pub privileged: bool,
    /// When it was made.
    pub created_at: Datetime,
}

/// Reads what is to be encrypted, as JSON.
pub(super) fn read(tx: &mut Tx<'_>, account: &Account) -> Result<Vec<u8>, Error> {
    let preferences = tx.preferences(account.id)?.into_iter();
    let preferences = preferences.map(|preference| serde_json::from_str(&preference.json));
    let app_passwords = tx.app_passwords(account.id)?.into_iter().map(|one| AppPassword {
        name: one.name,
        privileged: one.privileged,
        created_at: Datetime::from_unix_ms(one.created_at),
    });
    let private = Private {
        version: 1,
        did: account.did.clone(),
        handle: account.handle.clone(),
        email: account.email.clone(),
        email_confirmed_at: account.email_confirmed_at.map(Datetime::from_unix_ms),
        created_at: Datetime::from_unix_ms(account.created_at),
        deactivated_at: account.state.deactivated_at.map(Datetime::from_unix_ms),
        delete_after: account.state.delete_after.map(Datetime::from_unix_ms),
        preferences: preferences.collect::<Result<_, _>>().map_err(|_| Error::Malformed("JSON"))?,
        app_passwords: app_passwords.collect(),
    };
    Ok(serde_json::to_vec_pretty(&private).expect("texts, numbers and lists are JSON"))
}

/// Returns what tells whether the content or the recipients have changed.
///
/// A bare hash would let anybody try addresses until one fits. Signatures are deterministic here, so
/// that the hash of one is the same each time, and only the holder of the key can make it.
pub(super) fn fingerprint(content: &[u8], recipients: &[Recipient], key: &PrivateKey) -> [u8; 32] {
    let recipients: Vec<String> = recipients.iter().map(Recipient::to_string).collect();
    let head = format!("pagurus bundle, private part, for {}\n", recipients.join(" "));
    let signature = key.sign(&[head.as_bytes(), content].concat());
    Sha256::digest(signature.as_bytes()).into()
}
