//! What apps ask for by OAuth, until they have got tokens for it.

use crate::account::AccountId;
use crate::device::DeviceId;
use crate::error::Error;
use crate::tx::{Row, Tx, Value, int};

/// What an app asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OauthRequest {
    /// The hash of its id.
    pub id: [u8; 32],
    /// What is asked for, as JSON.
    pub request: String,
    /// The browser that has come with it.
    pub device: Option<DeviceId>,
    /// When that was, in milliseconds since 1970.
    pub opened_at: Option<u64>,
    /// When it ends, in milliseconds since 1970.
    pub expires_at: u64,
    /// What the owner of an account has agreed to.
    pub granted: Option<Granted>,
}

/// What the owner of an account has agreed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granted {
    /// The hash of the code that the app gets tokens for.
    pub code: [u8; 32],
    /// Whose account it is.
    pub account: AccountId,
    /// What the app may do.
    pub scope: String,
}

const COLUMNS: &str = "id, request, device, opened_at, expires_at, code, account, scope";

fn read(row: &Row<'_>) -> Result<OauthRequest, Error> {
    let granted = match (row.opt_array(5)?, row.opt_int(6)?, row.opt_text(7)?) {
        (Some(code), Some(account), Some(scope)) => {
            Some(Granted { code, account: AccountId(account), scope })
        }
        _ => None,
    };
    Ok(OauthRequest {
        id: row.array(0)?,
        request: row.text(1)?,
        device: row.opt_array(2)?,
        opened_at: row.opt_uint(3)?,
        expires_at: row.uint(4)?,
        granted,
    })
}

impl Tx<'_> {
    /// Keeps what an app asks for.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn create_oauth_request(
        &mut self,
        id: &[u8; 32],
        request: &str,
        expires_at: u64,
    ) -> Result<(), Error> {
        self.execute(
            "INSERT INTO oauth_request (id, request, expires_at) VALUES ($1, $2, $3)",
            &[Value::Blob(id), Value::Text(request), Value::Int(int(expires_at))],
        )?;
        Ok(())
    }

    /// Returns what an app asks for, if that has not ended, whether or not it was decided.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn oauth_request(&mut self, id: &[u8; 32]) -> Result<Option<OauthRequest>, Error> {
        let sql = format!("SELECT {COLUMNS} FROM oauth_request WHERE id = $1 AND expires_at > $2");
        self.query_opt(&sql, &[Value::Blob(id), Value::Int(int(self.now_ms()))], read)
    }

    /// Binds what an app asks for to the browser that has come with it first, and lets it last until
    /// a time. Tells whether it is bound to this one.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn bind_oauth_request(
        &mut self,
        id: &[u8; 32],
        device: &DeviceId,
        expires_at: u64,
    ) -> Result<bool, Error> {
        let now_ms = int(self.now_ms());
        let changed = self.execute(
            "UPDATE oauth_request SET
               device = $2, opened_at = coalesce(opened_at, $4), expires_at = $3
             WHERE id = $1 AND code IS NULL AND (device IS NULL OR device = $2)",
            &[
                Value::Blob(id),
                Value::Blob(device),
                Value::Int(int(expires_at)),
                Value::Int(now_ms),
            ],
        )?;
        Ok(changed > 0)
    }

    /// Notes that the owner of an account has agreed. Tells whether nothing was decided before.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn grant_oauth_request(
        &mut self,
        id: &[u8; 32],
        granted: &Granted,
        expires_at: u64,
    ) -> Result<bool, Error> {
        let changed = self.execute(
            "UPDATE oauth_request SET code = $2, account = $3, scope = $4, expires_at = $5
             WHERE id = $1 AND code IS NULL AND expires_at > $6",
            &[
                Value::Blob(id),
                Value::Blob(&granted.code),
                Value::Int(granted.account.0),
                Value::Text(&granted.scope),
                Value::Int(int(expires_at)),
                Value::Int(int(self.now_ms())),
            ],
        )?;
        Ok(changed > 0)
    }

    /// Returns what was agreed to, by its code, whether or not it has ended.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn oauth_code(&mut self, code: &[u8; 32]) -> Result<Option<OauthRequest>, Error> {
        let sql = format!("SELECT {COLUMNS} FROM oauth_request WHERE code = $1");
        self.query_opt(&sql, &[Value::Blob(code)], read)
    }

    /// Takes what was agreed to, by its code, whether or not it has ended. It is gone afterwards.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn take_oauth_code(&mut self, code: &[u8; 32]) -> Result<Option<OauthRequest>, Error> {
        let sql = format!("DELETE FROM oauth_request WHERE code = $1 RETURNING {COLUMNS}");
        self.query_opt(&sql, &[Value::Blob(code)], read)
    }

    /// Deletes what an app asks for, and tells whether it was there, undecided.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn delete_oauth_request(&mut self, id: &[u8; 32]) -> Result<bool, Error> {
        let sql = "DELETE FROM oauth_request WHERE id = $1 AND code IS NULL";
        Ok(self.execute(sql, &[Value::Blob(id)])? > 0)
    }

    /// Deletes so many requests and codes that have ended, and returns how many that were.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn delete_ended_oauth_requests(&mut self, count_max: u64) -> Result<usize, Error> {
        self.execute(
            "DELETE FROM oauth_request WHERE id IN (
               SELECT id FROM oauth_request WHERE expires_at <= $1 LIMIT $2)",
            &[Value::Int(int(self.now_ms())), Value::Int(int(count_max))],
        )
    }

    /// Remembers by its hash until when something cannot be used again that is good once, and tells whether
    /// it could be used.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn use_once(&mut self, hash: &[u8; 32], expires_at: u64) -> Result<bool, Error> {
        let changed = self.execute(
            "INSERT INTO oauth_assertion (hash, expires_at) VALUES ($1, $2)
             ON CONFLICT (hash) DO UPDATE SET expires_at = $2 WHERE expires_at <= $3",
            &[Value::Blob(hash), Value::Int(int(expires_at)), Value::Int(int(self.now_ms()))],
        )?;
        Ok(changed > 0)
    }

    /// Forgets so many of what could not be used any more, and returns how many that were.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn delete_ended_uses(&mut self, count_max: u64) -> Result<usize, Error> {
        self.execute(
            "DELETE FROM oauth_assertion WHERE hash IN (
               SELECT hash FROM oauth_assertion WHERE expires_at <= $1 LIMIT $2)",
            &[Value::Int(int(self.now_ms())), Value::Int(int(count_max))],
        )
    }
}
