//! What clients keep for an account: a list of typed objects.

use crate::account::AccountId;
use crate::error::Error;
use crate::tx::{Tx, Value, int};

/// A preference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preference {
    /// Its `$type`.
    pub name: String,
    /// The whole object as JSON.
    pub json: String,
}

impl Tx<'_> {
    /// Returns an account's preferences in their order.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn preferences(&mut self, account: AccountId) -> Result<Vec<Preference>, Error> {
        self.query_all(
            "SELECT name, json FROM preference WHERE account = $1 ORDER BY place",
            &[Value::Int(account.0)],
            |row| Ok(Preference { name: row.text(0)?, json: row.text(1)? }),
        )
    }

    /// Replaces all preferences of an account.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn set_preferences(
        &mut self,
        account: AccountId,
        preferences: &[Preference],
    ) -> Result<(), Error> {
        self.execute("DELETE FROM preference WHERE account = $1", &[Value::Int(account.0)])?;
        for (place, preference) in (0..).zip(preferences) {
            self.execute(
                "INSERT INTO preference (account, place, name, json) VALUES ($1, $2, $3, $4)",
                &[
                    Value::Int(account.0),
                    Value::Int(int(place)),
                    Value::Text(&preference.name),
                    Value::Text(&preference.json),
                ],
            )?;
        }
        Ok(())
    }
}
