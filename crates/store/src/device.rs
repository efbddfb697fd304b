//! Browsers in which people are signed in.

use crate::account::AccountId;
use crate::error::Error;
use crate::tx::{Row, Tx, Value, int};

/// Which browser it is.
pub type DeviceId = [u8; 16];

/// A browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Which one.
    pub id: DeviceId,
    /// The hash of what it shows.
    pub secret: [u8; 32],
    /// The hash of what it has shown before.
    pub former_secret: Option<[u8; 32]>,
    /// When that changed, in milliseconds since 1970.
    pub changed_at: u64,
    /// What it calls itself.
    pub user_agent: String,
    /// From where it was last seen.
    pub ip: String,
    /// When it was first seen, in milliseconds since 1970.
    pub created_at: u64,
    /// When it was last seen.
    pub seen_at: u64,
}

/// Somebody who is signed in in a browser: for any purpose, or for one request. Both may be so at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceAccount {
    /// Who.
    pub account: AccountId,
    /// Where.
    pub device: DeviceId,
    /// When they have last shown their password there, in milliseconds since 1970.
    pub signed_in_at: u64,
    /// The hash of the id of the one request that it is good for.
    pub request: Option<[u8; 32]>,
    /// When it ends; `None` if the browser is to remember it.
    pub expires_at: Option<u64>,
}

const DEVICE: &str = "id, secret, former_secret, changed_at, user_agent, ip, created_at, seen_at";
const DEVICE_ACCOUNT: &str = "account, device, signed_in_at, nullif(request, x''), expires_at";

fn read(row: &Row<'_>) -> Result<Device, Error> {
    Ok(Device {
        id: row.array(0)?,
        secret: row.array(1)?,
        former_secret: row.opt_array(2)?,
        changed_at: row.uint(3)?,
        user_agent: row.text(4)?,
        ip: row.text(5)?,
        created_at: row.uint(6)?,
        seen_at: row.uint(7)?,
    })
}

fn read_account(row: &Row<'_>) -> Result<DeviceAccount, Error> {
    Ok(DeviceAccount {
        account: AccountId(row.int(0)?),
        device: row.array(1)?,
        signed_in_at: row.uint(2)?,
        request: row.opt_array(3)?,
        expires_at: row.opt_uint(4)?,
    })
}

impl DeviceAccount {
    /// Tells whether the browser is to remember it.
    pub fn is_remembered(&self) -> bool {
        self.request.is_none() && self.expires_at.is_none()
    }
}

impl Tx<'_> {
    /// Returns a browser.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn device(&mut self, id: &DeviceId) -> Result<Option<Device>, Error> {
        let sql = format!("SELECT {DEVICE} FROM device WHERE id = $1");
        self.query_opt(&sql, &[Value::Blob(id)], read)
    }

    /// Keeps a browser, unless it is there already.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn create_device(&mut self, device: &Device) -> Result<(), Error> {
        self.execute(
            "INSERT INTO device
               (id, secret, former_secret, changed_at, user_agent, ip, created_at, seen_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
             ON CONFLICT (id) DO NOTHING",
            &[
                Value::Blob(&device.id),
                Value::Blob(&device.secret),
                Value::opt_blob(device.former_secret.as_ref()),
                Value::Int(int(device.changed_at)),
                Value::Text(&device.user_agent),
                Value::Text(&device.ip),
                Value::Int(int(device.created_at)),
                Value::Int(int(device.seen_at)),
            ],
        )?;
        Ok(())
    }

    /// Gives a browser another secret in place of the one that it has shown, and keeps it if it is not
    /// there yet. Tells whether it had that secret.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn change_device(&mut self, device: &Device, shown: &[u8; 32]) -> Result<bool, Error> {
        self.create_device(&Device { secret: *shown, former_secret: None, ..device.clone() })?;
        let changed = self.execute(
            "UPDATE device SET secret = $2, former_secret = $3, changed_at = $4, user_agent = $5,
               ip = $6, seen_at = $7
             WHERE id = $1 AND secret = $3",
            &[
                Value::Blob(&device.id),
                Value::Blob(&device.secret),
                Value::Blob(shown),
                Value::Int(int(device.changed_at)),
                Value::Text(&device.user_agent),
                Value::Text(&device.ip),
                Value::Int(int(device.seen_at)),
            ],
        )?;
        Ok(changed > 0)
    }

    /// Notes that a browser was seen now.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn note_device(&mut self, id: &DeviceId, user_agent: &str, ip: &str) -> Result<(), Error> {
        let now_ms = int(self.now_ms());
        self.execute(
            "UPDATE device SET user_agent = $2, ip = $3, seen_at = $4 WHERE id = $1",
            &[Value::Blob(id), Value::Text(user_agent), Value::Text(ip), Value::Int(now_ms)],
        )?;
        Ok(())
    }

    /// Deletes so many browsers that were not seen since a time and in which nobody is signed in, or not
    /// since another time, whoever is. Returns how many that were.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn delete_idle_devices(
        &mut self,
        before: u64,
        long_before: u64,
        count_max: u64,
    ) -> Result<usize, Error> {
        self.execute(
            "DELETE FROM device WHERE id IN (
               SELECT id FROM device WHERE seen_at < $1 AND (seen_at < $2 OR NOT EXISTS (
                 SELECT 1 FROM device_account WHERE device_account.device = device.id))
               LIMIT $3)",
            &[Value::Int(int(before)), Value::Int(int(long_before)), Value::Int(int(count_max))],
        )
    }

    /// Deletes so many sign-ins that have ended, and returns how many that were.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn delete_ended_sign_ins(&mut self, count_max: u64) -> Result<usize, Error> {
        self.execute(
            "DELETE FROM device_account WHERE (account, device, request) IN (
               SELECT account, device, request FROM device_account
               WHERE expires_at <= $1 LIMIT $2)",
            &[Value::Int(int(self.now_ms())), Value::Int(int(count_max))],
        )
    }

    /// Notes that somebody has signed in in a browser, in place of when they have last done so for the
    /// same purpose.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn put_device_account(&mut self, entry: &DeviceAccount) -> Result<(), Error> {
        self.execute(
            "INSERT INTO device_account (account, device, signed_in_at, request, expires_at)
             VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (account, device, request) DO UPDATE SET
               signed_in_at = excluded.signed_in_at, expires_at = excluded.expires_at",
            &[
                Value::Int(entry.account.0),
                Value::Blob(&entry.device),
                Value::Int(int(entry.signed_in_at)),
                Value::Blob(entry.request.as_ref().map_or(&[], |request| request)),
                entry.expires_at.map(int).into(),
            ],
        )?;
        Ok(())
    }

    /// Returns who is signed in in a browser, for whatever purpose: the one who has last done so first.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn accounts_of_device(&mut self, id: &DeviceId) -> Result<Vec<DeviceAccount>, Error> {
        let sql = format!(
            "SELECT {DEVICE_ACCOUNT} FROM device_account
             WHERE device = $1 AND (expires_at IS NULL OR expires_at > $2)
             ORDER BY signed_in_at DESC, account"
        );
        self.query_all(&sql, &[Value::Blob(id), Value::Int(int(self.now_ms()))], read_account)
    }

    /// Returns the browsers in which the owner of an account is signed in, the last seen first.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn devices_of(&mut self, account: AccountId) -> Result<Vec<Device>, Error> {
        let sql = format!(
            "SELECT {DEVICE} FROM device WHERE id IN (
               SELECT device FROM device_account
               WHERE account = $1 AND (expires_at IS NULL OR expires_at > $2))
             ORDER BY seen_at DESC, id"
        );
        self.query_all(&sql, &[Value::Int(account.0), Value::Int(int(self.now_ms()))], read)
    }

    /// Ends the sign-ins in a browser that were for one request.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn end_sign_ins_for(&mut self, device: &DeviceId, request: &[u8; 32]) -> Result<(), Error> {
        let sql = "DELETE FROM device_account WHERE device = $1 AND request = $2";
        self.execute(sql, &[Value::Blob(device), Value::Blob(request)])?;
        Ok(())
    }

    /// Signs the owner of an account out in a browser, and tells whether they were signed in.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn sign_out(&mut self, account: AccountId, device: &DeviceId) -> Result<bool, Error> {
        let values = [Value::Int(account.0), Value::Blob(device)];
        let sql = "DELETE FROM device_account WHERE account = $1 AND device = $2";
        Ok(self.execute(sql, &values)? > 0)
    }

    /// Signs the owner of an account out in all browsers but one.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn sign_out_everywhere(
        &mut self,
        account: AccountId,
        but: Option<&DeviceId>,
    ) -> Result<(), Error> {
        self.execute(
            "DELETE FROM device_account WHERE account = $1 AND ($2 IS NULL OR device <> $2)",
            &[Value::Int(account.0), Value::opt_blob(but)],
        )?;
        Ok(())
    }
}
