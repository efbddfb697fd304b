//! The tables, and bringing a database up to them.
//!
//! A database says its version. One that is newer than the program is not touched. One that is
//! older is copied first, then changed, one version after the other, each in one transaction.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};
use thiserror::Error;

/// What makes each version of the one before it, from the empty database on.
const VERSIONS: [&str; 7] = [
    include_str!("schema/1.sql"),
    include_str!("schema/2.sql"),
    include_str!("schema/3.sql"),
    include_str!("schema/4.sql"),
    include_str!("schema/5.sql"),
    include_str!("schema/6.sql"),
    include_str!("schema/7.sql"),
];

/// Marks a database as ours: `PGRS`.
const APPLICATION_ID: i64 = 0x5047_5253;

/// Says why a database cannot be used.
#[derive(Debug, Error)]
pub enum SchemaError {
    /// The file is a database of another program.
    #[error("{0} is not a database of this program")]
    Foreign(PathBuf),
    /// The database was made by a newer program.
    #[error("{path} is of version {found}, and this program knows versions up to {known}")]
    TooNew {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The newest known version.
        known: usize,
    },
    /// The database is of an older version, and may not be changed here.
    #[error("{path} is of version {found}, older than {known}: start the server once")]
    TooOld {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The version that is needed.
        known: usize,
    },
    /// The database failed.
    #[error("database could not be opened or brought up to date")]
    Database(#[from] rusqlite::Error),
}

/// Checks that a file is a database of the newest version, and changes nothing.
pub(crate) fn check(path: &Path) -> Result<(), SchemaError> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let pragma = |name: &str| connection.query_row(&format!("PRAGMA {name}"), (), |row| row.get(0));
    let (found, application): (i64, i64) = (pragma("user_version")?, pragma("application_id")?);
    if application != APPLICATION_ID {
        return Err(SchemaError::Foreign(path.to_owned()));
    }
    let known = VERSIONS.len();
    match usize::try_from(found).unwrap_or(usize::MAX) {
        version if version > known => {
            Err(SchemaError::TooNew { path: path.to_owned(), found, known })
        }
        version if version < known => {
            Err(SchemaError::TooOld { path: path.to_owned(), found, known })
        }
        _ => Ok(()),
    }
}

/// Brings a database up to the newest version.
pub(crate) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), SchemaError> {
    let pragma = |name: &str| connection.query_row(&format!("PRAGMA {name}"), (), |row| row.get(0));
    let found: i64 = pragma("user_version")?;
    let application: i64 = pragma("application_id")?;
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", (), |row| row.get(0))?;
    if tables > 0 && application != APPLICATION_ID {
        return Err(SchemaError::Foreign(path.to_owned()));
    }
    let known = VERSIONS.len();
    let done = usize::try_from(found).unwrap_or(usize::MAX);
    if done > known {
        return Err(SchemaError::TooNew { path: path.to_owned(), found, known });
    }
    if done == known {
        return Ok(());
    }
    if done > 0 {
        let copy = path.with_extension(format!("before-version-{known}.sqlite"));
        connection.execute("VACUUM INTO ?1", [copy.to_string_lossy()])?;
        tracing::info!(copy = %copy.display(), "copied the database before changing it");
    }
    for (index, sql) in VERSIONS.iter().enumerate().skip(done) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(sql)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        let version = i64::try_from(index + 1).unwrap_or(i64::MAX);
        transaction.pragma_update(None, "user_version", version)?;
        transaction.commit()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    /// Makes a database as a program of some version has left it.
    fn of_version(version: usize) -> (TempDir, PathBuf, Connection) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pagurus.sqlite");
        let connection = Connection::open(&path).unwrap();
        for sql in &VERSIONS[..version] {
            connection.execute_batch(sql).unwrap();
        }
        connection.pragma_update(None, "application_id", APPLICATION_ID).unwrap();
        connection.pragma_update(None, "user_version", i64::try_from(version).unwrap()).unwrap();
        (folder, path, connection)
    }

    #[test]
    fn an_older_database_is_copied_and_its_accounts_go_on_as_they_were() {
        let (_folder, path, mut connection) = of_version(3);
        let insert = "INSERT INTO account (did, email_confirmed_at, created_at, signing_key)
                      VALUES ('did:web:a.example', 1, 1, x'00')";
        connection.execute(insert, ()).unwrap();

        migrate(&mut connection, &path).unwrap();
        let factor = "SELECT email_auth_factor FROM account";
        assert_eq!(connection.query_row(factor, (), |row| row.get::<_, i64>(0)).unwrap(), 0);
        connection.execute("INSERT INTO reserved_handle VALUES ('a.example', 1)", ()).unwrap();
        check(&path).unwrap();
        let copy = path.with_extension("before-version-7.sqlite");
        assert!(matches!(check(&copy), Err(SchemaError::TooOld { found: 3, known: 7, .. })));
        migrate(&mut connection, &path).unwrap();
    }

    #[test]
    fn whoever_is_signed_in_in_a_browser_stays_so() {
        let (_folder, path, mut connection) = of_version(5);
        connection.pragma_update(None, "foreign_keys", true).unwrap();
        let rows = "
            INSERT INTO account (did, created_at, signing_key) VALUES ('did:web:a.example', 1, x'00');
            INSERT INTO account (did, created_at, signing_key) VALUES ('did:web:b.example', 1, x'00');
            INSERT INTO device VALUES (x'01', x'02', NULL, 1, 'Browser', '::1', 1, 1);
            INSERT INTO device_account VALUES (1, x'01', 5, NULL, NULL), (2, x'01', 6, x'07', 8);
            INSERT INTO refresh_token (account, id, expires_at) VALUES (1, 'a', 9);";
        connection.execute_batch(rows).unwrap();

        migrate(&mut connection, &path).unwrap();
        let sql = "SELECT account, request, signed_in_at, expires_at FROM device_account";
        let mut found = connection.prepare(sql).unwrap();
        let found = found.query_map((), |row| {
            Ok((row.get(0)?, row.get::<_, Vec<u8>>(1)?, row.get(2)?, row.get(3)?))
        });
        let found: Vec<(i64, Vec<u8>, i64, Option<i64>)> =
            found.unwrap().collect::<Result<_, _>>().unwrap();
        assert_eq!(found, [(1, vec![], 5, None), (2, vec![7], 6, Some(8))]);
        let began = "SELECT began_at FROM refresh_token";
        assert_eq!(connection.query_row(began, (), |row| row.get::<_, Option<i64>>(0)), Ok(None));
        connection.execute("DELETE FROM device", ()).unwrap();
        let left = "SELECT count(*) FROM device_account";
        assert_eq!(connection.query_row(left, (), |row| row.get::<_, i64>(0)), Ok(0));
    }
}
