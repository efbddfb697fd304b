//! Where a backup gets the log of an identity from.

use std::time::Duration;

use anyhow::Context as _;
use identity::Origin;
use identity::plc::log::{AuditedLog, Entry};
use identity::plc::{Operation, is_plc};
use identity::resolve::PlcClient;
use migrate::bundle::PlcLog;
use store::{PlcEntry, Reading};
use syntax::{Cid, Datetime, Did};
use tokio::runtime::Runtime;

use crate::client;

/// How long a directory may take to answer.
const TIME_MAX: Duration = Duration::from_secs(15);

/// Returns the log of an identity, or why it cannot be had: from the directory that is named, or the
/// one that is embedded here, or the public one.
pub(crate) fn log(
    reading: &Reading,
    did: &Did,
    config: &server::Config,
) -> anyhow::Result<(PlcLog, Option<anyhow::Error>)> {
    if !is_plc(did) {
        return Ok((PlcLog::NotPlc, None));
    }
    let own: Result<Vec<PlcEntry>, store::Error> = reading.read(|tx| tx.plc_log(did));
    let own = own?;
    let log = match &config.plc_url {
        Some(url) => asked(url.clone(), did),
        None if !own.is_empty() => read(did, own),
        None => Origin::https("plc.directory").map_err(Into::into).and_then(|url| asked(url, did)),
    };
    Ok(match log {
        Ok(log) => (PlcLog::Audited(log), None),
        Err(trouble) => (PlcLog::NoAnswer, Some(trouble)),
    })
}

/// Asks a directory.
fn asked(directory: Origin, did: &Did) -> anyhow::Result<AuditedLog> {
    Runtime::new().context("no threads to run on")?.block_on(async {
        let http = client::http(vec![directory.clone()]);
        let client = PlcClient::new(http, directory.clone(), TIME_MAX);
        client.audited_log(did).await.with_context(|| directory.to_string())
    })
}

/// Reads what the embedded directory has.
fn read(did: &Did, own: Vec<PlcEntry>) -> anyhow::Result<AuditedLog> {
    let entry = |entry: PlcEntry| {
        Ok(Entry {
            operation: Operation::parse(entry.operation.as_bytes())?,
            cid: Cid::parse(&entry.cid)?,
            did: entry.did,
            nullified: entry.nullified,
            created_at: Datetime::from_unix_ms(entry.created_at),
        })
    };
    let entries = own.into_iter().map(entry).collect::<anyhow::Result<_>>()?;
    Ok(AuditedLog::check(did, entries)?)
}
