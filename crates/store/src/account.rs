//! Accounts.

use syntax::{Did, Handle};

use crate::error::Error;
use crate::tx::{Row, Tx, Value, int};

/// The number by which an account's rows are kept. It is not used again after the account is gone.
/// The default comes before all that there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(pub(crate) i64);

impl AccountId {
    /// Comes before all that accounts have: where going through them begins.
    pub const FIRST: Self = Self(0);
}

/// Whether an account's repository can be had, and why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It can.
    Active,
    /// Its owner has left, or has not come yet.
    Deactivated,
    /// The host has suspended it.
    Suspended,
    /// The host has taken it down.
    TakenDown,
}

/// What decides an account's status.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountState {
    /// When its owner deactivated it, in milliseconds since 1970.
    pub deactivated_at: Option<u64>,
    /// When it should be deleted, if it stays deactivated.
    pub delete_after: Option<u64>,
    /// When the host suspended it.
    pub suspended_at: Option<u64>,
    /// Why the host took it down.
    pub takedown_ref: Option<String>,
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The number of its rows.
    pub id: AccountId,
    /// Its DID.
    pub did: Did,
    /// Its handle; an account that has lost it has none.
    pub handle: Option<Handle>,
    /// Its e-mail address.
    pub email: Option<String>,
    /// When the address was confirmed.
    pub email_confirmed_at: Option<u64>,
    /// Whether a code that is mailed there is asked for at sign-in, beside the password.
    pub email_auth_factor: bool,
    /// The hash of its password.
    pub password: Option<String>,
    /// When it was made here.
    pub created_at: u64,
    /// What decides its status.
    pub state: AccountState,
    /// The signing key, sealed.
    pub signing_key: Vec<u8>,
}

/// An account that is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAccount {
    /// Its DID.
    pub did: Did,
    /// Its handle.
    pub handle: Handle,
    /// Its e-mail address.
    pub email: Option<String>,
    /// The hash of its password.
    pub password: Option<String>,
    /// When it was deactivated, if it begins so.
    pub deactivated_at: Option<u64>,
    /// When it should be deleted, if it stays deactivated.
    pub delete_after: Option<u64>,
    /// The signing key, sealed.
    pub signing_key: Vec<u8>,
}

impl AccountState {
    /// Returns the status. What the host decided counts more than what the owner did.
    pub fn status(&self) -> Status {
        if self.takedown_ref.is_some() {
            Status::TakenDown
        } else if self.suspended_at.is_some() {
            Status::Suspended
        } else if self.deactivated_at.is_some() {
            Status::Deactivated
        } else {
            Status::Active
        }
    }
}

impl Status {
    /// Tells whether the account is active.
    pub fn is_active(self) -> bool {
        self == Self::Active
    }

    /// Returns the protocol's name for why the account is not active.
    pub fn reason(self) -> Option<&'static str> {
        match self {
            Self::Active => None,
            Self::Deactivated => Some("deactivated"),
            Self::Suspended => Some("suspended"),
            Self::TakenDown => Some("takendown"),
        }
    }
}

const COLUMNS: &str = "id, did, handle, email, email_confirmed_at, password, created_at, \
                       deactivated_at, delete_after, suspended_at, takedown_ref, signing_key, \
                       email_auth_factor";

fn read(row: &Row<'_>) -> Result<Account, Error> {
    let handle = row.opt_text(2)?.map(|text| Handle::parse(&text)).transpose();
    Ok(Account {
        id: AccountId(row.int(0)?),
        did: row.did(1)?,
        handle: handle.map_err(|_| Error::Malformed("handle"))?,
        email: row.opt_text(3)?,
        email_confirmed_at: row.opt_uint(4)?,
        password: row.opt_text(5)?,
        created_at: row.uint(6)?,
        state: AccountState {
            deactivated_at: row.opt_uint(7)?,
            delete_after: row.opt_uint(8)?,
            suspended_at: row.opt_uint(9)?,
            takedown_ref: row.opt_text(10)?,
        },
        signing_key: row.blob(11)?,
        email_auth_factor: row.int(12)? != 0,
    })
}

impl Tx<'_> {
    /// Returns the account with a DID.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn account(&mut self, did: &Did) -> Result<Option<Account>, Error> {
        let sql = format!("SELECT {COLUMNS} FROM account WHERE did = $1");
        self.query_opt(&sql, &[Value::Text(did.as_str())], read)
    }

    /// Returns the account with a number.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`] if it is gone.
    pub fn account_by_id(&mut self, id: AccountId) -> Result<Account, Error> {
        let sql = format!("SELECT {COLUMNS} FROM account WHERE id = $1");
        self.query_one(&sql, &[Value::Int(id.0)], read)
    }

    /// Returns the account with a handle.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn account_by_handle(&mut self, handle: &Handle) -> Result<Option<Account>, Error> {
        let sql = format!("SELECT {COLUMNS} FROM account WHERE handle = $1");
        self.query_opt(&sql, &[Value::Text(handle.as_str())], read)
    }

    /// Returns the account with an e-mail address, whose case does not count.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn account_by_email(&mut self, email: &str) -> Result<Option<Account>, Error> {
        let sql = format!("SELECT {COLUMNS} FROM account WHERE email_key = $1");
        self.query_opt(&sql, &[Value::Text(&email.to_lowercase())], read)
    }

    /// Returns accounts after a number in the order that they were made in, up to so many.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn accounts_after(&mut self, id: AccountId, count_max: u64) -> Result<Vec<Account>, Error> {
        let sql = format!("SELECT {COLUMNS} FROM account WHERE id > $1 ORDER BY id LIMIT $2");
        self.query_all(&sql, &[Value::Int(id.0), Value::Int(int(count_max))], read)
    }

    /// Lists accounts in the order of their DIDs after one, up to so many: those whose e-mail address
    /// has a text in it, whose case does not count, or all. It goes through all that come before.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn search_accounts(
        &mut self,
        email_part: Option<&str>,
        after: Option<&Did>,
        count_max: u64,
    ) -> Result<Vec<Account>, Error> {
        let sql = format!(
            "SELECT {COLUMNS} FROM account
             WHERE did > $1 AND ($2 IS NULL OR instr(email_key, $2) > 0) ORDER BY did LIMIT $3"
        );
        let part = email_part.map(str::to_lowercase);
        let after = after.map_or("", Did::as_str);
        let values = [Value::Text(after), part.as_deref().into(), Value::Int(int(count_max))];
        self.query_all(&sql, &values, read)
    }

    /// Returns deactivated accounts that should be deleted by now, up to so many.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn accounts_to_delete(&mut self, count_max: u64) -> Result<Vec<Account>, Error> {
        let sql = format!(
            "SELECT {COLUMNS} FROM account
             WHERE delete_after <= $1 AND deactivated_at IS NOT NULL ORDER BY delete_after LIMIT $2"
        );
        self.query_all(&sql, &[Value::Int(int(self.now_ms())), Value::Int(int(count_max))], read)
    }

    /// Makes an account.
    ///
    /// # Errors
    ///
    /// [`Error::Conflict`] if there is one with its DID, handle or e-mail address.
    pub fn create_account(&mut self, new: &NewAccount) -> Result<AccountId, Error> {
        let email_key = new.email.as_deref().map(str::to_lowercase);
        let now_ms = int(self.now_ms());
        self.query_one(
            "INSERT INTO account (did, handle, email, email_key, password, created_at,
                                  deactivated_at, delete_after, signing_key)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id",
            &[
                Value::Text(new.did.as_str()),
                Value::Text(new.handle.as_str()),
                new.email.as_deref().into(),
                email_key.as_deref().into(),
                new.password.as_deref().into(),
                Value::Int(now_ms),
                new.deactivated_at.map(int).into(),
                new.delete_after.map(int).into(),
                Value::Blob(&new.signing_key),
            ],
            |row| Ok(AccountId(row.int(0)?)),
        )
    }

    /// Deletes an account and all its rows but its events and those of its repository: they may be
    /// many, and go in pieces afterwards, as do the files of its blobs.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn delete_account(&mut self, id: AccountId) -> Result<(), Error> {
        self.note_leftovers(id)?;
        self.change_account("DELETE FROM account WHERE id = $1", &[Value::Int(id.0)])?;
        Ok(())
    }

    /// Sets an account's handle.
    ///
    /// # Errors
    ///
    /// [`Error::Conflict`] if another account has it.
    pub fn set_handle(&mut self, id: AccountId, handle: &Handle) -> Result<(), Error> {
        let values = [Value::Text(handle.as_str()), Value::Int(id.0)];
        self.change_account("UPDATE account SET handle = $1 WHERE id = $2", &values)?;
        Ok(())
    }

    /// Sets an account's e-mail address, which is not confirmed by that. So it is no factor of signing
    /// in any more: nobody knows yet who reads what is sent there.
    ///
    /// # Errors
    ///
    /// [`Error::Conflict`] if another account has it.
    pub fn set_email(&mut self, id: AccountId, email: &str) -> Result<(), Error> {
        self.change_account(
            "UPDATE account SET email = $1, email_key = $2, email_confirmed_at = NULL,
                                email_auth_factor = 0 WHERE id = $3",
            &[Value::Text(email), Value::Text(&email.to_lowercase()), Value::Int(id.0)],
        )?;
        Ok(())
    }

    /// Notes that an account's e-mail address is its owner's.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn confirm_email(&mut self, id: AccountId) -> Result<(), Error> {
        let values = [Value::Int(int(self.now_ms())), Value::Int(id.0)];
        self.change_account("UPDATE account SET email_confirmed_at = $1 WHERE id = $2", &values)?;
        Ok(())
    }

    /// Sets whether a mailed code is asked for at sign-in.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn set_email_auth_factor(&mut self, id: AccountId, on: bool) -> Result<(), Error> {
        let values = [Value::from(on), Value::Int(id.0)];
        self.change_account("UPDATE account SET email_auth_factor = $1 WHERE id = $2", &values)?;
        Ok(())
    }

    /// Takes away an account's password: nobody can sign in with one until it is set anew.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn clear_password(&mut self, id: AccountId) -> Result<(), Error> {
        let values = [Value::Int(id.0)];
        self.change_account("UPDATE account SET password = NULL WHERE id = $1", &values)?;
        Ok(())
    }

    /// Sets the hash of an account's password.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn set_password(&mut self, id: AccountId, password: &str) -> Result<(), Error> {
        let values = [Value::Text(password), Value::Int(id.0)];
        self.change_account("UPDATE account SET password = $1 WHERE id = $2", &values)?;
        Ok(())
    }

    /// Sets an account's signing key, sealed.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn set_signing_key(&mut self, id: AccountId, signing_key: &[u8]) -> Result<(), Error> {
        let values = [Value::Blob(signing_key), Value::Int(id.0)];
        self.change_account("UPDATE account SET signing_key = $1 WHERE id = $2", &values)?;
        Ok(())
    }

    /// Sets what decides an account's status. Its repository can be written to only while that is
    /// active.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn set_state(&mut self, id: AccountId, state: &AccountState) -> Result<(), Error> {
        self.change_account(
            "UPDATE account SET deactivated_at = $1, delete_after = $2, suspended_at = $3,
                                takedown_ref = $4 WHERE id = $5",
            &[
                state.deactivated_at.map(int).into(),
                state.delete_after.map(int).into(),
                state.suspended_at.map(int).into(),
                state.takedown_ref.as_deref().into(),
                Value::Int(id.0),
            ],
        )?;
        let active = Value::from(state.status().is_active());
        self.execute(
            "UPDATE repo SET active = $1 WHERE account = $2",
            &[active, Value::Int(id.0)],
        )?;
        Ok(())
    }

    /// Runs a statement that changes an account, and notes that what was read of it is old.
    fn change_account(&mut self, sql: &str, values: &[Value<'_>]) -> Result<(), Error> {
        self.has_changed_accounts = true;
        self.execute(sql, values)?;
        Ok(())
    }

    /// Returns how many accounts there are.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn count_accounts(&mut self) -> Result<u64, Error> {
        self.query_one("SELECT count(*) FROM account", &[], |row| row.uint(0))
    }
}
