//! Mail that waits to be sent, or, in development, to be read.

use crate::error::Error;
use crate::tx::{Tx, Value, int};

/// A mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Its number.
    pub id: i64,
    /// The address that it goes to.
    pub recipient: String,
    /// The subject.
    pub subject: String,
    /// The text.
    pub body: String,
    /// When it was written, in milliseconds since 1970.
    pub created_at: u64,
}

impl Tx<'_> {
    /// Puts a mail where it is sent from, and returns its number.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn post_mail(&mut self, recipient: &str, subject: &str, body: &str) -> Result<i64, Error> {
        let now_ms = int(self.now_ms());
        self.query_one(
            "INSERT INTO mail (recipient, subject, body, created_at) VALUES ($1, $2, $3, $4)
             RETURNING id",
            &[Value::Text(recipient), Value::Text(subject), Value::Text(body), Value::Int(now_ms)],
            |row| row.int(0),
        )
    }

    /// Returns the newest mails, the newest first.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn newest_mails(&mut self, count_max: u64) -> Result<Vec<Mail>, Error> {
        self.query_all(
            "SELECT id, recipient, subject, body, created_at FROM mail
             ORDER BY id DESC LIMIT $1",
            &[Value::Int(int(count_max))],
            |row| {
                Ok(Mail {
                    id: row.int(0)?,
                    recipient: row.text(1)?,
                    subject: row.text(2)?,
                    body: row.text(3)?,
                    created_at: row.uint(4)?,
                })
            },
        )
    }

    /// Deletes a mail that was sent.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn delete_mail(&mut self, id: i64) -> Result<(), Error> {
        self.execute("DELETE FROM mail WHERE id = $1", &[Value::Int(id)])?;
        Ok(())
    }
}
