//! Mail that waits to be sent, or, in development, to be read.

use crate::error::Error;
use crate::tx::{Row, Tx, Value, int};

/// A mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Its number.
    pub id: i64,
    /// The address that it goes to.
    pub recipient: String,
    /// The subject.
    pub subject: String,
    /// The text; HTML, if moderators wrote it.
    pub body: String,
    /// When it was written, in milliseconds since 1970.
    pub created_at: u64,
    /// How often it was tried to send it.
    pub attempts: u64,
    /// Whether moderators wrote it, and not the server.
    pub of_moderators: bool,
}

const COLUMNS: &str = "id, recipient, subject, body, created_at, attempts, of_moderators";

fn read(row: &Row<'_>) -> Result<Mail, Error> {
    Ok(Mail {
        id: row.int(0)?,
        recipient: row.text(1)?,
        subject: row.text(2)?,
        body: row.text(3)?,
        created_at: row.uint(4)?,
        attempts: row.uint(5)?,
        of_moderators: row.bool(6)?,
    })
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

    /// Puts a mail that moderators wrote, in HTML, where it is sent from, and returns its number.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn post_moderators_mail(
        &mut self,
        recipient: &str,
        subject: &str,
        html: &str,
    ) -> Result<i64, Error> {
        let id = self.post_mail(recipient, subject, html)?;
        self.execute("UPDATE mail SET of_moderators = 1 WHERE id = $1", &[Value::Int(id)])?;
        Ok(id)
    }

    /// Returns the newest mails, the newest first.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn newest_mails(&mut self, count_max: u64) -> Result<Vec<Mail>, Error> {
        let sql = format!("SELECT {COLUMNS} FROM mail ORDER BY id DESC LIMIT $1");
        self.query_all(&sql, &[Value::Int(int(count_max))], read)
    }

    /// Returns mails that are to be sent by now, the most overdue first.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn due_mails(&mut self, count_max: u64) -> Result<Vec<Mail>, Error> {
        let sql =
            format!("SELECT {COLUMNS} FROM mail WHERE run_at <= $1 ORDER BY run_at, id LIMIT $2");
        self.query_all(&sql, &[Value::Int(int(self.now_ms())), Value::Int(int(count_max))], read)
    }

    /// Notes that a mail could not be sent, and when it is tried again.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn postpone_mail(&mut self, id: i64, run_at: u64, error: &str) -> Result<(), Error> {
        self.execute(
            "UPDATE mail SET run_at = $1, attempts = attempts + 1, last_error = $2 WHERE id = $3",
            &[Value::Int(int(run_at)), Value::Text(error), Value::Int(id)],
        )?;
        Ok(())
    }

    /// Deletes mails that were written before a time, and returns how many.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn delete_old_mails(&mut self, before: u64) -> Result<usize, Error> {
        self.execute("DELETE FROM mail WHERE created_at < $1", &[Value::Int(int(before))])
    }

    /// Deletes a mail: one that was sent.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn delete_mail(&mut self, id: i64) -> Result<(), Error> {
        self.execute("DELETE FROM mail WHERE id = $1", &[Value::Int(id)])?;
        Ok(())
    }
}
