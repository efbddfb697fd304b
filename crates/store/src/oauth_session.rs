//! Apps that were let in by OAuth, and what was agreed to before.

use crate::account::AccountId;
use crate::device::DeviceId;
use crate::error::Error;
use crate::tx::{Row, Tx, Value, int};

/// An app that was let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OauthSession {
    /// Whose account it is.
    pub account: AccountId,
    /// Which one.
    pub id: [u8; 16],
    /// The app.
    pub client_id: String,
    /// How it proves that it is this app, as JSON.
    pub auth: String,
    /// The thumbprint of the key that its tokens are for.
    pub jkt: [u8; 32],
    /// What the owner has agreed to.
    pub scope: String,
    /// The same, with what is in permission sets in place of their names.
    pub expanded: String,
    /// The browser in which that was.
    pub device: Option<DeviceId>,
    /// The hash of the code that it began with.
    pub code: [u8; 32],
    /// Which access token is good.
    pub access: [u8; 16],
    /// The hash of the refresh token that is good.
    pub refresh: [u8; 32],
    /// The hash of the one whose place it has taken.
    pub former_refresh: Option<[u8; 32]>,
    /// When it began, in milliseconds since 1970.
    pub created_at: u64,
    /// When it last got tokens.
    pub refreshed_at: u64,
    /// When the refresh token ends.
    pub refresh_ends_at: u64,
    /// When it ends, whatever happens.
    pub ends_at: u64,
}

const COLUMNS: &str = "account, id, client_id, auth, jkt, scope, expanded, device, code, access, \
                       refresh, former_refresh, created_at, refreshed_at, refresh_ends_at, ends_at";

fn read(row: &Row<'_>) -> Result<OauthSession, Error> {
    Ok(OauthSession {
        account: AccountId(row.int(0)?),
        id: row.array(1)?,
        client_id: row.text(2)?,
        auth: row.text(3)?,
        jkt: row.array(4)?,
        scope: row.text(5)?,
        expanded: row.text(6)?,
        device: row.opt_array(7)?,
        code: row.array(8)?,
        access: row.array(9)?,
        refresh: row.array(10)?,
        former_refresh: row.opt_array(11)?,
        created_at: row.uint(12)?,
        refreshed_at: row.uint(13)?,
        refresh_ends_at: row.uint(14)?,
        ends_at: row.uint(15)?,
    })
}

impl Tx<'_> {
    /// Keeps a session, which may be there already.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn put_oauth_session(&mut self, session: &OauthSession) -> Result<(), Error> {
        self.execute(
            "INSERT INTO oauth_session
               (account, id, client_id, auth, jkt, scope, expanded, device, code, access, refresh,
                former_refresh, created_at, refreshed_at, refresh_ends_at, ends_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
             ON CONFLICT (account, id) DO UPDATE SET
               auth = excluded.auth, expanded = excluded.expanded, access = excluded.access,
               refresh = excluded.refresh, former_refresh = excluded.former_refresh,
               refreshed_at = excluded.refreshed_at, refresh_ends_at = excluded.refresh_ends_at",
            &[
                Value::Int(session.account.0),
                Value::Blob(&session.id),
                Value::Text(&session.client_id),
                Value::Text(&session.auth),
                Value::Blob(&session.jkt),
                Value::Text(&session.scope),
                Value::Text(&session.expanded),
                Value::opt_blob(session.device.as_ref()),
                Value::Blob(&session.code),
                Value::Blob(&session.access),
                Value::Blob(&session.refresh),
                Value::opt_blob(session.former_refresh.as_ref()),
                Value::Int(int(session.created_at)),
                Value::Int(int(session.refreshed_at)),
                Value::Int(int(session.refresh_ends_at)),
                Value::Int(int(session.ends_at)),
            ],
        )?;
        Ok(())
    }

    /// Returns a session.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn oauth_session(&mut self, id: &[u8; 16]) -> Result<Option<OauthSession>, Error> {
        let sql = format!("SELECT {COLUMNS} FROM oauth_session WHERE id = $1");
        self.query_opt(&sql, &[Value::Blob(id)], read)
    }

    /// Returns the session whose access token that is.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn oauth_session_by_access(
        &mut self,
        access: &[u8; 16],
    ) -> Result<Option<OauthSession>, Error> {
        let sql = format!("SELECT {COLUMNS} FROM oauth_session WHERE access = $1");
        self.query_opt(&sql, &[Value::Blob(access)], read)
    }

    /// Returns the session that began with a code.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn oauth_session_by_code(
        &mut self,
        code: &[u8; 32],
    ) -> Result<Option<OauthSession>, Error> {
        let sql = format!("SELECT {COLUMNS} FROM oauth_session WHERE code = $1");
        self.query_opt(&sql, &[Value::Blob(code)], read)
    }

    /// Returns the sessions of an account that have not ended, the one that last got tokens first.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn oauth_sessions(&mut self, account: AccountId) -> Result<Vec<OauthSession>, Error> {
        let sql = format!(
            "SELECT {COLUMNS} FROM oauth_session
             WHERE account = $1 AND refresh_ends_at > $2 AND ends_at > $2
             ORDER BY refreshed_at DESC, id"
        );
        self.query_all(&sql, &[Value::Int(account.0), Value::Int(int(self.now_ms()))], read)
    }

    /// Deletes a session of an account, and tells whether it was there.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn delete_oauth_session(
        &mut self,
        account: AccountId,
        id: &[u8; 16],
    ) -> Result<bool, Error> {
        let sql = "DELETE FROM oauth_session WHERE account = $1 AND id = $2";
        Ok(self.execute(sql, &[Value::Int(account.0), Value::Blob(id)])? > 0)
    }

    /// Deletes all sessions of an account, and what was agreed to and not used yet.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn delete_oauth_sessions(&mut self, account: AccountId) -> Result<(), Error> {
        let account = [Value::Int(account.0)];
        self.execute("DELETE FROM oauth_session WHERE account = $1", &account)?;
        self.execute("DELETE FROM oauth_request WHERE account = $1", &account)?;
        Ok(())
    }

    /// Deletes the sessions that an account has beyond so many: those that have not got tokens for
    /// the longest time.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn limit_oauth_sessions(
        &mut self,
        account: AccountId,
        count_max: u64,
    ) -> Result<(), Error> {
        self.execute(
            "DELETE FROM oauth_session WHERE account = $1 AND id IN (
               SELECT id FROM oauth_session WHERE account = $1
               ORDER BY refreshed_at DESC, id LIMIT -1 OFFSET $2)",
            &[Value::Int(account.0), Value::Int(int(count_max))],
        )?;
        Ok(())
    }

    /// Deletes the sessions that have ended, of the accounts after one and up to another.
    pub(crate) fn delete_ended_oauth_sessions(
        &mut self,
        after: AccountId,
        last: AccountId,
    ) -> Result<(), Error> {
        self.execute(
            "DELETE FROM oauth_session WHERE account > $1 AND account <= $2
               AND (refresh_ends_at <= $3 OR ends_at <= $3)",
            &[Value::Int(after.0), Value::Int(last.0), Value::Int(int(self.now_ms()))],
        )?;
        Ok(())
    }

    /// Returns what the owner of an account has agreed to that an app may do.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn oauth_agreement(
        &mut self,
        account: AccountId,
        client_id: &str,
    ) -> Result<Option<String>, Error> {
        self.query_opt(
            "SELECT scope FROM oauth_agreement WHERE account = $1 AND client_id = $2",
            &[Value::Int(account.0), Value::Text(client_id)],
            |row| row.text(0),
        )
    }

    /// Keeps what the owner of an account has agreed to that an app may do.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn put_oauth_agreement(
        &mut self,
        account: AccountId,
        client_id: &str,
        scope: &str,
    ) -> Result<(), Error> {
        let now_ms = int(self.now_ms());
        self.execute(
            "INSERT INTO oauth_agreement (account, client_id, scope, agreed_at)
             VALUES ($1, $2, $3, $4)
             ON CONFLICT (account, client_id) DO UPDATE SET
               scope = excluded.scope, agreed_at = excluded.agreed_at",
            &[
                Value::Int(account.0),
                Value::Text(client_id),
                Value::Text(scope),
                Value::Int(now_ms),
            ],
        )?;
        Ok(())
    }

    /// Forgets what the owner of an account has agreed to: for one app, or for all.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn delete_oauth_agreements(
        &mut self,
        account: AccountId,
        client_id: Option<&str>,
    ) -> Result<(), Error> {
        self.execute(
            "DELETE FROM oauth_agreement WHERE account = $1 AND ($2 IS NULL OR client_id = $2)",
            &[Value::Int(account.0), client_id.into()],
        )?;
        Ok(())
    }
}
