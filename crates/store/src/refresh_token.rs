//! Refresh tokens of sessions.

use crate::account::AccountId;
use crate::error::Error;
use crate::tx::{Tx, Value, int};

/// A refresh token, by its identifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshToken {
    /// Whose it is.
    pub account: AccountId,
    /// Its identifier.
    pub id: String,
    /// When it ends, in milliseconds since 1970.
    pub expires_at: u64,
    /// What it was exchanged for.
    pub next_id: Option<String>,
    /// The name of the app password that the session began with.
    pub app_password: Option<String>,
    /// When the session began, in milliseconds since 1970; `None` if that was not kept yet.
    pub began_at: Option<u64>,
}

impl Tx<'_> {
    /// Returns an account's refresh token.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn refresh_token(
        &mut self,
        account: AccountId,
        id: &str,
    ) -> Result<Option<RefreshToken>, Error> {
        self.query_opt(
            "SELECT expires_at, next_id, app_password, began_at FROM refresh_token
             WHERE account = $1 AND id = $2",
            &[Value::Int(account.0), Value::Text(id)],
            |row| {
                Ok(RefreshToken {
                    account,
                    id: id.to_owned(),
                    expires_at: row.uint(0)?,
                    next_id: row.opt_text(1)?,
                    app_password: row.opt_text(2)?,
                    began_at: row.opt_uint(3)?,
                })
            },
        )
    }

    /// Returns the refresh tokens of an account's sessions: those that have not ended and were not
    /// exchanged, the one that ends last first.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn refresh_tokens(&mut self, account: AccountId) -> Result<Vec<RefreshToken>, Error> {
        self.query_all(
            "SELECT id, expires_at, app_password, began_at FROM refresh_token
             WHERE account = $1 AND expires_at > $2 AND next_id IS NULL
             ORDER BY expires_at DESC, id",
            &[Value::Int(account.0), Value::Int(int(self.now_ms()))],
            |row| {
                Ok(RefreshToken {
                    account,
                    id: row.text(0)?,
                    expires_at: row.uint(1)?,
                    next_id: None,
                    app_password: row.opt_text(2)?,
                    began_at: row.opt_uint(3)?,
                })
            },
        )
    }

    /// Keeps a refresh token, which may be there already.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn put_refresh_token(&mut self, token: &RefreshToken) -> Result<(), Error> {
        self.execute(
            "INSERT INTO refresh_token (account, id, expires_at, next_id, app_password, began_at)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (account, id) DO UPDATE SET
               expires_at = excluded.expires_at, next_id = excluded.next_id",
            &[
                Value::Int(token.account.0),
                Value::Text(&token.id),
                Value::Int(int(token.expires_at)),
                token.next_id.as_deref().into(),
                token.app_password.as_deref().into(),
                token.began_at.map(int).into(),
            ],
        )?;
        Ok(())
    }

    /// Deletes a refresh token.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn delete_refresh_token(&mut self, account: AccountId, id: &str) -> Result<(), Error> {
        let values = [Value::Int(account.0), Value::Text(id)];
        self.execute("DELETE FROM refresh_token WHERE account = $1 AND id = $2", &values)?;
        Ok(())
    }

    /// Deletes the refresh tokens of one session: the one with an identifier, and those that were
    /// exchanged for it.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn delete_refresh_tokens_to(&mut self, account: AccountId, id: &str) -> Result<(), Error> {
        let values = [Value::Int(account.0), Value::Text(id)];
        let sql = "DELETE FROM refresh_token WHERE account = $1 AND (id = $2 OR next_id = $2)";
        self.execute(sql, &values)?;
        Ok(())
    }

    /// Deletes an account's refresh tokens that ended before now.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn delete_expired_refresh_tokens(&mut self, account: AccountId) -> Result<(), Error> {
        let values = [Value::Int(account.0), Value::Int(int(self.now_ms()))];
        self.execute("DELETE FROM refresh_token WHERE account = $1 AND expires_at <= $2", &values)?;
        Ok(())
    }

    /// Deletes the sessions that ended before now, those of apps as well, of so many accounts after one,
    /// and returns the last of these; `None` if there were no more accounts.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn sweep_sessions(
        &mut self,
        after: AccountId,
        accounts: u64,
    ) -> Result<Option<AccountId>, Error> {
        let last = self.query_one(
            "SELECT max(id) FROM (SELECT id FROM account WHERE id > $1 ORDER BY id LIMIT $2)",
            &[Value::Int(after.0), Value::Int(int(accounts))],
            |row| row.opt_int(0),
        )?;
        let Some(last) = last else { return Ok(None) };
        self.execute(
            "DELETE FROM refresh_token WHERE account > $1 AND account <= $2 AND expires_at <= $3",
            &[Value::Int(after.0), Value::Int(last), Value::Int(int(self.now_ms()))],
        )?;
        self.delete_ended_oauth_sessions(after, AccountId(last))?;
        Ok(Some(AccountId(last)))
    }

    /// Deletes all refresh tokens of an account.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn delete_refresh_tokens(&mut self, account: AccountId) -> Result<(), Error> {
        self.execute("DELETE FROM refresh_token WHERE account = $1", &[Value::Int(account.0)])?;
        Ok(())
    }

    /// Deletes all refresh tokens of an account but those of one session: the token with an
    /// identifier, the one that it was exchanged for, and the one that was exchanged for it.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn delete_refresh_tokens_but(&mut self, account: AccountId, id: &str) -> Result<(), Error> {
        self.execute(
            "DELETE FROM refresh_token
             WHERE account = $1 AND id <> $2 AND coalesce(next_id, '') <> $2
               AND id <> coalesce((SELECT own.next_id FROM refresh_token AS own
                                   WHERE own.account = $1 AND own.id = $2), '')",
            &[Value::Int(account.0), Value::Text(id)],
        )?;
        Ok(())
    }

    /// Deletes the refresh tokens of sessions that began with an app password.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn delete_refresh_tokens_of(
        &mut self,
        account: AccountId,
        app_password: &str,
    ) -> Result<(), Error> {
        self.execute(
            "DELETE FROM refresh_token WHERE account = $1 AND app_password = $2",
            &[Value::Int(account.0), Value::Text(app_password)],
        )?;
        Ok(())
    }
}
