//! Handles that the operator keeps back.

use syntax::Handle;

use crate::error::Error;
use crate::tx::{Tx, Value, int};

impl Tx<'_> {
    /// Keeps a handle back. One that is kept back already stays so.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn reserve_handle(&mut self, handle: &Handle) -> Result<(), Error> {
        let values = [Value::Text(handle.as_str()), Value::Int(int(self.now_ms()))];
        self.execute(
            "INSERT INTO reserved_handle (handle, created_at) VALUES ($1, $2)
             ON CONFLICT (handle) DO NOTHING",
            &values,
        )?;
        Ok(())
    }

    /// Tells whether a handle is kept back.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn is_handle_reserved(&mut self, handle: &Handle) -> Result<bool, Error> {
        let sql = "SELECT 1 FROM reserved_handle WHERE handle = $1";
        let found = self.query_opt(sql, &[Value::Text(handle.as_str())], |row| row.int(0))?;
        Ok(found.is_some())
    }
}
