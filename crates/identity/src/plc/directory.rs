//! What a directory answers, from the entries that it keeps.
//!
//! Keeping them and speaking HTTP is for others: read the entries of a DID in their order, those
//! taken back included, and hand them to these functions. To add one is [`log::append`].
//!
//! Spec: <https://web.plc.directory/api/redoc>

use serde::Serialize;
use syntax::Did;
use thiserror::Error;

use crate::document;
use crate::plc::log::{self, AppendError, Entry, LogError};
use crate::plc::{Operation, ParseError, State};

/// The media type of documents.
pub const DOCUMENT_TYPE: &str = "application/did+ld+json";
/// The media type of exports: one JSON object a line.
pub const EXPORT_TYPE: &str = "application/jsonlines";
/// The most lines of one page of an export.
pub const EXPORT_LINES_MAX: usize = 1_000;

/// Says why a directory does not do what it is asked for. `Display` is the message for the client.
#[derive(Debug, Error)]
pub enum Refusal {
    /// There is no such DID, or it is none.
    #[error("DID not registered: {0}")]
    NotRegistered(String),
    /// The DID has ended.
    #[error("DID not available: {0}")]
    NotAvailable(Did),
    /// What was sent is not an operation.
    #[error("not a valid operation: {}", cause(.0))]
    Malformed(#[from] ParseError),
    /// The operation cannot be added.
    #[error(transparent)]
    Append(#[from] AppendError),
}

impl Refusal {
    /// Returns the HTTP status that says so.
    pub fn status(&self) -> u16 {
        match self {
            Self::NotRegistered(_) | Self::NotAvailable(_) => 404,
            Self::Append(AppendError::Log(LogError::Conflict)) => 409,
            Self::Malformed(_) | Self::Append(_) => 400,
        }
    }

    /// Returns the JSON body that says why.
    pub fn to_json(&self) -> String {
        #[derive(Serialize)]
        struct Body {
            message: String,
        }
        serde_json::to_string(&Body { message: self.to_string() }).expect("a text is JSON")
    }
}

/// Says what is wrong with an operation's text: the message is all that a client gets.
fn cause(error: &ParseError) -> String {
    match error {
        ParseError::Json(source) => source.to_string(),
        ParseError::Signature(Some(source)) => source.to_string(),
        ParseError::Signature(None) | ParseError::TooLarge | ParseError::Fields => {
            error.to_string()
        }
    }
}

/// Answers `GET /:did`: the document.
///
/// # Errors
///
/// [`Refusal`] if there is no such DID, or no longer.
pub fn document(did: &Did, entries: &[Entry]) -> Result<String, Refusal> {
    state(did, entries).map(|state| document::write(did, &state))
}

/// Answers `GET /:did/data`: the state.
///
/// # Errors
///
/// [`Refusal`] if there is no such DID, or no longer.
pub fn data(did: &Did, entries: &[Entry]) -> Result<String, Refusal> {
    state(did, entries).map(|state| state.to_json(did))
}

/// Answers `GET /:did/log`: the operations that are in force.
///
/// # Errors
///
/// [`Refusal`] if there is no such DID.
pub fn operations(did: &Did, entries: &[Entry]) -> Result<String, Refusal> {
    last(did, entries)?;
    let live = entries.iter().filter(|entry| !entry.nullified);
    let operations: Vec<&Operation> = live.map(|entry| &entry.operation).collect();
    Ok(json(&operations))
}

/// Answers `GET /:did/log/last`: the operation that is in force.
///
/// # Errors
///
/// [`Refusal`] if there is no such DID.
pub fn last_operation(did: &Did, entries: &[Entry]) -> Result<String, Refusal> {
    last(did, entries).map(|entry| entry.operation.to_json())
}

/// Answers `GET /:did/log/audit`: all entries.
///
/// # Errors
///
/// [`Refusal`] if there is no such DID.
pub fn audit(did: &Did, entries: &[Entry]) -> Result<String, Refusal> {
    last(did, entries)?;
    Ok(json(entries))
}

/// Returns a line of `GET /export` with a time as its cursor, or none; without a line break.
pub fn export_line(entry: &Entry) -> String {
    json(entry)
}

/// Returns a line of `GET /export` with a number as its cursor; without a line break.
pub fn sequenced_export_line(entry: &Entry, seq: u64) -> String {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Line<'a> {
        #[serde(rename = "type")]
        kind: &'static str,
        seq: u64,
        did: &'a Did,
        operation: &'a Operation,
        cid: &'a syntax::Cid,
        created_at: &'a syntax::Datetime,
    }
    let Entry { did, operation, cid, nullified: _, created_at } = entry;
    json(&Line { kind: "sequenced_op", seq, did, operation, cid, created_at })
}

fn last<'a>(did: &Did, entries: &'a [Entry]) -> Result<&'a Entry, Refusal> {
    log::last(entries).ok_or_else(|| Refusal::NotRegistered(did.to_string()))
}

fn state(did: &Did, entries: &[Entry]) -> Result<State, Refusal> {
    last(did, entries)?.operation.state().ok_or_else(|| Refusal::NotAvailable(did.clone()))
}

fn json(value: &(impl Serialize + ?Sized)) -> String {
    serde_json::to_string(value).expect("operations and their entries are JSON")
}

#[cfg(test)]
mod tests {
    use crypto::{Curve, PrivateKey};
    use serde_json::{Value, json};

    use super::*;
    use crate::plc::Content;
    use crate::plc::log::{RateLimits, append};

    fn entries() -> (Did, Vec<Entry>) {
        let key = PrivateKey::generate(Curve::Secp256k1);
        let state = State { rotation_keys: vec![(&key.public_key()).into()], ..State::default() };
        let genesis = Content::genesis(state).sign(&key).unwrap();
        let did = genesis.did().unwrap();
        let mut entries = Vec::new();
        for operation in [genesis.clone(), Content::tombstone(&genesis).sign(&key).unwrap()] {
            let appended = append(&did, &entries, operation, 0, RateLimits::Public).unwrap();
            entries.push(appended.entry);
        }
        (did, entries)
    }

    fn read(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn answers_have_the_fields_of_the_public_directory() {
        let (did, entries) = entries();
        let operation = read(&entries[0].operation.to_json());
        let keys = &operation["rotationKeys"];
        let data = json!({
            "did": did, "rotationKeys": keys, "verificationMethods": {}, "alsoKnownAs": [],
            "services": {},
        });
        assert_eq!(read(&super::data(&did, &entries[..1]).unwrap()), data);
        let mut line = json!({
            "did": did, "operation": operation, "cid": entries[0].cid, "nullified": false,
            "createdAt": "1970-01-01T00:00:00.000Z",
        });
        assert_eq!(read(&export_line(&entries[0])), line);
        assert_eq!(read(&audit(&did, &entries[..1]).unwrap()), json!([line]));
        line.as_object_mut().unwrap().remove("nullified");
        line["type"] = json!("sequenced_op");
        line["seq"] = json!(7);
        assert_eq!(read(&sequenced_export_line(&entries[0], 7)), line);
        assert_eq!(read(&last_operation(&did, &entries[..1]).unwrap()), operation);
        assert_eq!(read(&operations(&did, &entries).unwrap())[0], operation);
        assert_eq!(read(&operations(&did, &entries).unwrap())[1]["type"], "plc_tombstone");
    }

    #[test]
    fn refusals_have_a_status_and_a_message() {
        let (did, entries) = entries();
        let unknown = document(&did, &[]).unwrap_err();
        let ended = document(&did, &entries).unwrap_err();
        let malformed = Refusal::from(Operation::parse(b"{\"sig\":\"A\"}").unwrap_err());
        let conflict = Refusal::from(AppendError::from(LogError::Conflict));
        let forged = Refusal::from(AppendError::from(LogError::Signature));
        for (refusal, status, message) in [
            (unknown, 404, format!("DID not registered: {did}")),
            (ended, 404, format!("DID not available: {did}")),
            (conflict, 409, LogError::Conflict.to_string()),
            (forged, 400, LogError::Signature.to_string()),
            (malformed, 400, "not a valid operation: signature is not canonical base64url".into()),
        ] {
            assert_eq!(refusal.status(), status, "{refusal}");
            assert_eq!(read(&refusal.to_json()), json!({ "message": message }));
        }
        assert!(audit(&did, &[]).is_err() && operations(&did, &[]).is_err());
        assert!(last_operation(&did, &entries).is_ok() && data(&did, &entries).is_err());
    }
}
