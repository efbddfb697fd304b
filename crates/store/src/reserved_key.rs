//! Signing keys that were promised to accounts that are still to come.

use syntax::Did;

use crate::error::Error;
use crate::tx::{Tx, Value, int};

/// A key that is waiting for its account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReservedKey {
    /// The public half as `did:key`.
    pub did_key: String,
    /// Whose account it is for, if that was said.
    pub did: Option<Did>,
    /// The private half, sealed.
    pub signing_key: Vec<u8>,
}

impl Tx<'_> {
    /// Returns the key that waits for a DID.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn reserved_key_of(&mut self, did: &Did) -> Result<Option<ReservedKey>, Error> {
        self.query_opt(
            "SELECT did_key, signing_key FROM reserved_key WHERE did = $1",
            &[Value::Text(did.as_str())],
            |row| {
                let did = Some(did.clone());
                Ok(ReservedKey { did_key: row.text(0)?, did, signing_key: row.blob(1)? })
            },
        )
    }

    /// Returns the key with a public half, whomever it waits for.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn reserved_key(&mut self, did_key: &str) -> Result<Option<ReservedKey>, Error> {
        self.query_opt(
            "SELECT did, signing_key FROM reserved_key WHERE did_key = $1",
            &[Value::Text(did_key)],
            |row| {
                let did = row.opt_text(0)?.map(|did| Did::parse(&did)).transpose();
                Ok(ReservedKey {
                    did_key: did_key.to_owned(),
                    did: did.map_err(|_| Error::Malformed("DID"))?,
                    signing_key: row.blob(1)?,
                })
            },
        )
    }

    /// Keeps a key.
    ///
    /// # Errors
    ///
    /// [`Error::Conflict`] if one waits for the DID already.
    pub fn reserve_key(&mut self, key: &ReservedKey) -> Result<(), Error> {
        let now_ms = int(self.now_ms());
        self.execute(
            "INSERT INTO reserved_key (did_key, did, signing_key, created_at)
             VALUES ($1, $2, $3, $4)",
            &[
                Value::Text(&key.did_key),
                key.did.as_ref().map(Did::as_str).into(),
                Value::Blob(&key.signing_key),
                Value::Int(now_ms),
            ],
        )?;
        Ok(())
    }

    /// Deletes a key that its account has now.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn delete_reserved_key(&mut self, did_key: &str) -> Result<(), Error> {
        self.execute("DELETE FROM reserved_key WHERE did_key = $1", &[Value::Text(did_key)])?;
        Ok(())
    }

    /// Deletes keys that nobody came for since a time.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn delete_reserved_keys_before(&mut self, created_at: u64) -> Result<usize, Error> {
        let values = [Value::Int(int(created_at))];
        self.execute("DELETE FROM reserved_key WHERE created_at < $1", &values)
    }
}
