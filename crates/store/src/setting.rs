//! Values that there is one of, by name.

use crate::error::Error;
use crate::tx::{Tx, Value};

impl Tx<'_> {
    /// Returns a setting.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn setting(&mut self, name: &str) -> Result<Option<String>, Error> {
        let sql = "SELECT value FROM setting WHERE name = $1";
        self.query_opt(sql, &[Value::Text(name)], |row| row.text(0))
    }

    /// Sets a setting.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn set_setting(&mut self, name: &str, value: &str) -> Result<(), Error> {
        self.execute(
            "INSERT INTO setting (name, value) VALUES ($1, $2)
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            &[Value::Text(name), Value::Text(value)],
        )?;
        Ok(())
    }
}
