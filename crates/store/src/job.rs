//! Work that has to be done though the program may end in between.

use crate::error::Error;
use crate::tx::{Row, Tx, Value, int};

/// A piece of work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its number.
    pub id: i64,
    /// What kind of work it is.
    pub kind: String,
    /// What it is about. There is one job of a kind for each.
    pub subject: String,
    /// What else there is to know, as JSON.
    pub payload: String,
    /// How often it was tried.
    pub attempts: u64,
}

fn read(row: &Row<'_>) -> Result<Job, Error> {
    Ok(Job {
        id: row.int(0)?,
        kind: row.text(1)?,
        subject: row.text(2)?,
        payload: row.text(3)?,
        attempts: row.uint(4)?,
    })
}

impl Tx<'_> {
    /// Queues a job, or changes the one of its kind that is there for the subject.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn queue_job(
        &mut self,
        kind: &str,
        subject: &str,
        payload: &str,
        run_at: u64,
    ) -> Result<(), Error> {
        self.execute(
            "INSERT INTO job (kind, subject, payload, run_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (kind, subject) DO UPDATE SET
               payload = excluded.payload, run_at = min(run_at, excluded.run_at)",
            &[
                Value::Text(kind),
                Value::Text(subject),
                Value::Text(payload),
                Value::Int(int(run_at)),
            ],
        )?;
        Ok(())
    }

    /// Returns jobs that are due, the most overdue first.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn due_jobs(&mut self, count_max: u64) -> Result<Vec<Job>, Error> {
        let values = [Value::Int(int(self.now_ms())), Value::Int(int(count_max))];
        self.query_all(
            "SELECT id, kind, subject, payload, attempts FROM job
             WHERE run_at <= $1 ORDER BY run_at LIMIT $2",
            &values,
            read,
        )
    }

    /// Returns when the next job is due.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn next_job_at(&mut self) -> Result<Option<u64>, Error> {
        let at = self.query_opt("SELECT min(run_at) FROM job", &[], |row| row.opt_uint(0))?;
        Ok(at.flatten())
    }

    /// Returns how many jobs wait.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn count_jobs(&mut self) -> Result<u64, Error> {
        self.query_one("SELECT count(*) FROM job", &[], |row| row.uint(0))
    }

    /// Deletes a job that is done.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn finish_job(&mut self, id: i64) -> Result<(), Error> {
        self.execute("DELETE FROM job WHERE id = $1", &[Value::Int(id)])?;
        Ok(())
    }

    /// Notes that a job failed, and when to try it again.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn postpone_job(&mut self, id: i64, run_at: u64, error: &str) -> Result<(), Error> {
        self.execute(
            "UPDATE job SET run_at = $1, attempts = attempts + 1, last_error = $2 WHERE id = $3",
            &[Value::Int(int(run_at)), Value::Text(error), Value::Int(id)],
        )?;
        Ok(())
    }
}
