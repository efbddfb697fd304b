//! Invite codes, and who came by them.

use syntax::Did;

use crate::account::AccountId;
use crate::error::Error;
use crate::tx::{Row, Tx, Value, int};

/// An invite code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InviteCode {
    /// The code.
    pub code: String,
    /// How often it can be used in all.
    pub available: u64,
    /// Whether it cannot be used any more.
    pub disabled: bool,
    /// Whose it is to give: a DID, or `admin`.
    pub for_account: String,
    /// Who made it: a DID, or `admin`.
    pub created_by: String,
    /// When it was made, in milliseconds since 1970.
    pub created_at: u64,
}

/// An account that came by a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InviteUse {
    /// The account.
    pub used_by: Did,
    /// When it came, in milliseconds since 1970.
    pub used_at: u64,
}

const COLUMNS: &str = "code, available, disabled, for_account, created_by, created_at";

fn read(row: &Row<'_>) -> Result<InviteCode, Error> {
    Ok(InviteCode {
        code: row.text(0)?,
        available: row.uint(1)?,
        disabled: row.bool(2)?,
        for_account: row.text(3)?,
        created_by: row.text(4)?,
        created_at: row.uint(5)?,
    })
}

impl Tx<'_> {
    /// Keeps an invite code.
    ///
    /// # Errors
    ///
    /// [`Error::Conflict`] if there is one with the same text.
    pub fn create_invite_code(&mut self, code: &InviteCode) -> Result<(), Error> {
        self.execute(
            "INSERT INTO invite_code (code, available, disabled, for_account, created_by,
                                      created_at)
             VALUES ($1, $2, $3, $4, $5, $6)",
            &[
                Value::Text(&code.code),
                Value::Int(int(code.available)),
                code.disabled.into(),
                Value::Text(&code.for_account),
                Value::Text(&code.created_by),
                Value::Int(int(code.created_at)),
            ],
        )?;
        Ok(())
    }

    /// Returns an invite code.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn invite_code(&mut self, code: &str) -> Result<Option<InviteCode>, Error> {
        let sql = format!("SELECT {COLUMNS} FROM invite_code WHERE code = $1");
        self.query_opt(&sql, &[Value::Text(code)], read)
    }

    /// Returns the codes that are somebody's to give, the oldest first.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn invite_codes_for(&mut self, for_account: &str) -> Result<Vec<InviteCode>, Error> {
        let sql = format!(
            "SELECT {COLUMNS} FROM invite_code WHERE for_account = $1 ORDER BY created_at, code"
        );
        self.query_all(&sql, &[Value::Text(for_account)], read)
    }

    /// Returns who came by a code, the first first.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn invite_uses(&mut self, code: &str) -> Result<Vec<InviteUse>, Error> {
        self.query_all(
            "SELECT used_by, used_at FROM invite_use WHERE code = $1 ORDER BY used_at, used_by",
            &[Value::Text(code)],
            |row| Ok(InviteUse { used_by: row.did(0)?, used_at: row.uint(1)? }),
        )
    }

    /// Notes that an account came by a code.
    ///
    /// # Errors
    ///
    /// [`Error::Conflict`] if it came by this code before.
    pub fn use_invite_code(&mut self, code: &str, used_by: &Did) -> Result<(), Error> {
        let now_ms = int(self.now_ms());
        let values = [Value::Text(code), Value::Text(used_by.as_str()), Value::Int(now_ms)];
        self.execute(
            "INSERT INTO invite_use (code, used_by, used_at) VALUES ($1, $2, $3)",
            &values,
        )?;
        self.execute("UPDATE account SET invited_by = $1 WHERE did = $2", &values[..2])?;
        Ok(())
    }

    /// Tells whether an account gets no codes to give.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`] if the account is gone.
    pub fn invites_disabled(&mut self, account: AccountId) -> Result<bool, Error> {
        let sql = "SELECT invites_disabled FROM account WHERE id = $1";
        self.query_one(sql, &[Value::Int(account.0)], |row| row.bool(0))
    }
}
