//! App passwords: passwords for one program, with fewer rights.

use crate::account::AccountId;
use crate::error::Error;
use crate::tx::{Tx, Value, int};

/// An app password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppPassword {
    /// Its name.
    pub name: String,
    /// Its hash.
    pub password: String,
    /// Whether it may do more than the others.
    pub privileged: bool,
    /// When it was made, in milliseconds since 1970.
    pub created_at: u64,
}

impl Tx<'_> {
    /// Returns an account's app passwords, the newest first.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn app_passwords(&mut self, account: AccountId) -> Result<Vec<AppPassword>, Error> {
        self.query_all(
            "SELECT name, password, privileged, created_at FROM app_password
             WHERE account = $1 ORDER BY created_at DESC, name",
            &[Value::Int(account.0)],
            |row| {
                Ok(AppPassword {
                    name: row.text(0)?,
                    password: row.text(1)?,
                    privileged: row.bool(2)?,
                    created_at: row.uint(3)?,
                })
            },
        )
    }

    /// Keeps an app password.
    ///
    /// # Errors
    ///
    /// [`Error::Conflict`] if the account has one with the name.
    pub fn create_app_password(
        &mut self,
        account: AccountId,
        new: &AppPassword,
    ) -> Result<(), Error> {
        self.execute(
            "INSERT INTO app_password (account, name, password, privileged, created_at)
             VALUES ($1, $2, $3, $4, $5)",
            &[
                Value::Int(account.0),
                Value::Text(&new.name),
                Value::Text(&new.password),
                new.privileged.into(),
                Value::Int(int(new.created_at)),
            ],
        )?;
        Ok(())
    }

    /// Deletes an app password.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn delete_app_password(&mut self, account: AccountId, name: &str) -> Result<(), Error> {
        let values = [Value::Int(account.0), Value::Text(name)];
        self.execute("DELETE FROM app_password WHERE account = $1 AND name = $2", &values)?;
        Ok(())
    }
}
