//! Accounts that move here: the journal of each move, and what became of its blobs.
//!
//! What the journal says is for others to decide. Here it is made sure that there is one move of an
//! account at a time, and that what its owner wants is not lost while a step is being done.

use syntax::{Cid, Did};

use crate::error::Error;
use crate::fault::FaultPoint;
use crate::tx::{Row, Tx, Value, int};

/// A move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MoveJob {
    /// Its number.
    pub id: i64,
    /// Whose account it is.
    pub did: Did,
    /// Whether it has not ended.
    pub is_live: bool,
    /// How far it is.
    pub state: String,
    /// What was done and found, as JSON.
    pub journal: String,
    /// What it takes to speak to the old host, sealed.
    pub secrets: Option<Vec<u8>>,
    /// What the owner wants and was not looked at yet, sealed.
    pub orders: Option<Vec<u8>>,
    /// How often the owner wanted something.
    pub orders_count: u64,
    /// How often the step that is due has failed.
    pub attempts: u64,
    /// Not before when it is tried again, in milliseconds since 1970.
    pub run_at: u64,
    /// Why it failed.
    pub last_error: Option<String>,
    /// When the move began.
    pub created_at: u64,
    /// When something was last written of it.
    pub changed_at: u64,
}

/// A move that begins.
#[derive(Debug, Clone)]
pub struct NewMove {
    /// Whose account it is.
    pub did: Did,
    /// How far it is.
    pub state: String,
    /// What was found, as JSON.
    pub journal: String,
    /// What it takes to speak to the old host, sealed.
    pub secrets: Vec<u8>,
}

/// A sentence about what was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MoveNote {
    /// When, in milliseconds since 1970.
    pub at: u64,
    /// How far the move was.
    pub state: String,
    /// What was done.
    pub text: String,
}

/// What became of a blob on its way here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MoveBlob {
    /// The blob.
    pub cid: Cid,
    /// How many bytes came.
    pub size: u64,
    /// The type that the old host gave it.
    pub mime_type: String,
    /// Why it did not come, if it did not.
    pub loss: Option<String>,
    /// How often it was asked for.
    pub attempts: u64,
    /// What went wrong last.
    pub last_error: Option<String>,
}

const COLUMNS: &str = "id, did, live, state, journal, secrets, orders, orders_count, attempts, \
                       run_at, last_error, created_at, changed_at";

fn read(row: &Row<'_>) -> Result<MoveJob, Error> {
    Ok(MoveJob {
        id: row.int(0)?,
        did: row.did(1)?,
        is_live: row.bool(2)?,
        state: row.text(3)?,
        journal: row.text(4)?,
        secrets: row.opt_blob(5)?,
        orders: row.opt_blob(6)?,
        orders_count: row.uint(7)?,
        attempts: row.uint(8)?,
        run_at: row.uint(9)?,
        last_error: row.opt_text(10)?,
        created_at: row.uint(11)?,
        changed_at: row.uint(12)?,
    })
}

fn read_blob(row: &Row<'_>) -> Result<MoveBlob, Error> {
    Ok(MoveBlob {
        cid: row.cid(0)?,
        size: row.uint(1)?,
        mime_type: row.text(2)?,
        loss: row.opt_text(3)?,
        attempts: row.uint(4)?,
        last_error: row.opt_text(5)?,
    })
}

impl Tx<'_> {
    /// Begins a move, and returns its number.
    ///
    /// # Errors
    ///
    /// [`Error::Conflict`] if the account is moving here already.
    pub fn begin_move(&mut self, new: &NewMove) -> Result<i64, Error> {
        self.fault(FaultPoint::Journal)?;
        let now = int(self.now_ms());
        self.query_one(
            "INSERT INTO move_job (did, live, state, journal, secrets, run_at, created_at, changed_at)
             VALUES ($1, 1, $2, $3, $4, $5, $5, $5) RETURNING id",
            &[
                Value::Text(new.did.as_str()),
                Value::Text(&new.state),
                Value::Text(&new.journal),
                Value::Blob(&new.secrets),
                Value::Int(now),
            ],
            |row| row.int(0),
        )
    }

    /// Returns a move.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`] if there is none of that number.
    pub fn move_job(&mut self, id: i64) -> Result<MoveJob, Error> {
        let sql = format!("SELECT {COLUMNS} FROM move_job WHERE id = $1");
        self.query_one(&sql, &[Value::Int(id)], read)
    }

    /// Returns the last move of an account.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn last_move(&mut self, did: &Did) -> Result<Option<MoveJob>, Error> {
        let sql = format!("SELECT {COLUMNS} FROM move_job WHERE did = $1 ORDER BY id DESC LIMIT 1");
        self.query_opt(&sql, &[Value::Text(did.as_str())], read)
    }

    /// Lists moves, the newest first, from before a number.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn moves(&mut self, before: i64, count_max: u64) -> Result<Vec<MoveJob>, Error> {
        let sql = format!("SELECT {COLUMNS} FROM move_job WHERE id < $1 ORDER BY id DESC LIMIT $2");
        self.query_all(&sql, &[Value::Int(before), Value::Int(int(count_max))], read)
    }

    /// Lists the moves that have not ended.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn live_moves(&mut self) -> Result<Vec<i64>, Error> {
        self.query_all("SELECT id FROM move_job WHERE live = 1 ORDER BY id", &[], |row| row.int(0))
    }

    /// Writes what a step came to: all but the orders, which are gone if they are still those that
    /// `job` was read with.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn save_move(&mut self, job: &MoveJob, note: Option<&str>) -> Result<(), Error> {
        self.fault(FaultPoint::Journal)?;
        let now = int(self.now_ms());
        self.execute(
            "UPDATE move_job SET
               live = $2, state = $3, journal = $4, secrets = $5, attempts = $6, run_at = $7,
               last_error = $8, changed_at = $9,
               orders = CASE WHEN orders_count = $10 THEN NULL ELSE orders END
             WHERE id = $1",
            &[
                Value::Int(job.id),
                Value::from(job.is_live),
                Value::Text(&job.state),
                Value::Text(&job.journal),
                job.secrets.as_deref().map_or(Value::Null, Value::Blob),
                Value::Int(int(job.attempts)),
                Value::Int(int(job.run_at)),
                Value::from(job.last_error.as_deref()),
                Value::Int(now),
                Value::Int(int(job.orders_count)),
            ],
        )?;
        if let Some(note) = note {
            self.execute(
                "INSERT INTO move_note (job, place, at, state, text)
                 SELECT $1, 1 + coalesce(max(place), 0), $2, $3, $4 FROM move_note WHERE job = $1",
                &[Value::Int(job.id), Value::Int(now), Value::Text(&job.state), Value::Text(note)],
            )?;
        }
        Ok(())
    }

    /// Writes what it takes by now to speak to the old host, if that is still known. A step that is being
    /// done may not wait for its end with it.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn keep_move_secrets(&mut self, id: i64, secrets: &[u8]) -> Result<(), Error> {
        self.fault(FaultPoint::Journal)?;
        self.execute(
            "UPDATE move_job SET secrets = $2 WHERE id = $1 AND secrets IS NOT NULL",
            &[Value::Int(id), Value::Blob(secrets)],
        )?;
        Ok(())
    }

    /// Notes what the owner wants.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn order_move(&mut self, id: i64, orders: &[u8]) -> Result<(), Error> {
        self.fault(FaultPoint::Journal)?;
        self.execute(
            "UPDATE move_job SET orders = $2, orders_count = orders_count + 1 WHERE id = $1",
            &[Value::Int(id), Value::Blob(orders)],
        )?;
        Ok(())
    }

    /// Returns the sentences about a move, the first first.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn move_notes(&mut self, id: i64) -> Result<Vec<MoveNote>, Error> {
        self.query_all(
            "SELECT at, state, text FROM move_note WHERE job = $1 ORDER BY place",
            &[Value::Int(id)],
            |row| Ok(MoveNote { at: row.uint(0)?, state: row.text(1)?, text: row.text(2)? }),
        )
    }

    /// Notes what became of a blob.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn put_move_blob(&mut self, id: i64, blob: &MoveBlob) -> Result<(), Error> {
        self.execute(
            "INSERT INTO move_blob (job, cid, size, mime_type, loss, attempts, last_error)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (job, cid) DO UPDATE SET
               size = excluded.size, mime_type = excluded.mime_type, loss = excluded.loss,
               attempts = excluded.attempts, last_error = excluded.last_error",
            &[
                Value::Int(id),
                Value::Blob(&blob.cid.to_bytes()),
                Value::Int(int(blob.size)),
                Value::Text(&blob.mime_type),
                Value::from(blob.loss.as_deref()),
                Value::Int(int(blob.attempts)),
                Value::from(blob.last_error.as_deref()),
            ],
        )?;
        Ok(())
    }

    /// Returns what became of a blob, if it was asked for.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn move_blob(&mut self, id: i64, cid: &Cid) -> Result<Option<MoveBlob>, Error> {
        self.query_opt(
            "SELECT cid, size, mime_type, loss, attempts, last_error FROM move_blob
             WHERE job = $1 AND cid = $2",
            &[Value::Int(id), Value::Blob(&cid.to_bytes())],
            read_blob,
        )
    }

    /// Returns what became of a move's blobs, by their CIDs.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn move_blobs(&mut self, id: i64) -> Result<Vec<MoveBlob>, Error> {
        self.query_all(
            "SELECT cid, size, mime_type, loss, attempts, last_error FROM move_blob
             WHERE job = $1 ORDER BY cid",
            &[Value::Int(id)],
            read_blob,
        )
    }

    /// Returns the blobs that did not come and that records still refer to, by their CIDs. The
    /// record of one may have been deleted at the old host before the blob was asked for.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn lost_blobs(&mut self, id: i64) -> Result<Vec<MoveBlob>, Error> {
        self.query_all(
            "SELECT m.cid, m.size, m.mime_type, m.loss, m.attempts, m.last_error
             FROM move_blob AS m
             JOIN move_job AS j ON j.id = m.job
             JOIN account AS a ON a.did = j.did
             JOIN repo AS r ON r.account = a.id AND r.current = 1
             WHERE m.job = $1 AND m.loss IS NOT NULL
               AND EXISTS (SELECT 1 FROM record_blob AS u WHERE u.repo = r.id AND u.cid = m.cid)
               AND NOT EXISTS (SELECT 1 FROM blob AS b WHERE b.account = a.id AND b.cid = m.cid)
             ORDER BY m.cid",
            &[Value::Int(id)],
            read_blob,
        )
    }

    /// Forgets which blobs did not come, so that they are asked for again.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn forget_lost_blobs(&mut self, id: i64) -> Result<(), Error> {
        let sql = "DELETE FROM move_blob WHERE job = $1 AND loss IS NOT NULL";
        self.execute(sql, &[Value::Int(id)])?;
        Ok(())
    }
}
