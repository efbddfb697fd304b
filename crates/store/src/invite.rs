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

/// What is known of an account's invites. It is not part of [`crate::Account`], as that is read with
/// every request, and this when somebody asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InviteStanding {
    /// The code that the account came by.
    pub invited_by: Option<String>,
    /// Whether it gets no codes to give.
    pub disabled: bool,
    /// What was written when that was last changed.
    pub note: Option<String>,
}

/// In which order codes are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InviteOrder {
    /// The newest first.
    Recent,
    /// Those that were used most first.
    Usage,
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

    /// Returns what is known of an account's invites.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`] if the account is gone.
    pub fn invite_standing(&mut self, account: AccountId) -> Result<InviteStanding, Error> {
        self.query_one(
            "SELECT invited_by, invites_disabled, invite_note FROM account WHERE id = $1",
            &[Value::Int(account.0)],
            |row| {
                Ok(InviteStanding {
                    invited_by: row.opt_text(0)?,
                    disabled: row.bool(1)?,
                    note: row.opt_text(2)?,
                })
            },
        )
    }

    /// Lets an account have codes to give, or not, and notes what was written about it.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn set_invites_disabled(
        &mut self,
        account: AccountId,
        disabled: bool,
        note: Option<&str>,
    ) -> Result<(), Error> {
        self.execute(
            "UPDATE account SET invites_disabled = $1, invite_note = $2 WHERE id = $3",
            &[disabled.into(), note.into(), Value::Int(account.0)],
        )?;
        Ok(())
    }

    /// Disables a code, if there is one.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn disable_invite_code(&mut self, code: &str) -> Result<(), Error> {
        let sql = "UPDATE invite_code SET disabled = 1 WHERE code = $1";
        self.execute(sql, &[Value::Text(code)])?;
        Ok(())
    }

    /// Disables all codes that are somebody's to give.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn disable_invite_codes_for(&mut self, for_account: &str) -> Result<(), Error> {
        let sql = "UPDATE invite_code SET disabled = 1 WHERE for_account = $1";
        self.execute(sql, &[Value::Text(for_account)])?;
        Ok(())
    }

    /// Lists codes, up to so many, after one: a code, and the milliseconds since 1970 when it was
    /// made, or how often it was used, whichever the order is by.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn invite_codes(
        &mut self,
        order: InviteOrder,
        after: Option<(u64, &str)>,
        count_max: u64,
    ) -> Result<Vec<InviteCode>, Error> {
        let rank = match order {
            InviteOrder::Recent => "created_at",
            InviteOrder::Usage => {
                "(SELECT count(*) FROM invite_use AS u WHERE u.code = invite_code.code)"
            }
        };
        let sql = format!(
            "SELECT {COLUMNS} FROM (SELECT *, {rank} AS rank FROM invite_code)
             WHERE (rank, code) < ($1, $2) ORDER BY rank DESC, code DESC LIMIT $3"
        );
        let (rank, code) = after.unwrap_or((u64::MAX, ""));
        let values = [Value::Int(int(rank)), Value::Text(code), Value::Int(int(count_max))];
        self.query_all(&sql, &values, read)
    }
}
