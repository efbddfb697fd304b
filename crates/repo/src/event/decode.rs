//! From frames to events. Fields that are not known are left alone, as the protocol asks.

use bytes::Bytes;
use syntax::{
    Cid, Codec, Datetime, DatetimeError, Did, DidError, Handle, HandleError, Tid, TidError,
};
use thiserror::Error;

use super::{AccountEvent, Action, CommitEvent, IdentityEvent, Op, SyncEvent};
use crate::data::cbor::{DecodeError, decode_first};
use crate::data::{Limits, Map, Value};
use crate::mst::{Key, KeyError};

/// The most bytes that a frame may have.
///
/// Spec: <https://atproto.com/specs/event-stream#security>
const FRAME_BYTES_MAX: usize = 5_000_000;

/// What a frame carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// `#commit`.
    Commit(CommitEvent),
    /// `#sync`.
    Sync(SyncEvent),
    /// `#identity`.
    Identity(IdentityEvent),
    /// `#account`.
    Account(AccountEvent),
    /// `#info`: a name such as `OutdatedCursor`, and a sentence.
    Info(String, Option<String>),
    /// The stream ends with an error: a name such as `FutureCursor`, and a sentence.
    Error(String, Option<String>),
    /// An event of a kind that is not known, which has to be passed over.
    Other(String),
}

/// Says why a frame is malformed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum EventError {
    /// The frame is longer than five million bytes.
    #[error("frame is longer than {FRAME_BYTES_MAX} bytes")]
    TooLarge,
    /// The frame is not two values in canonical CBOR.
    #[error("frame is not well encoded: {0}")]
    Encoding(#[from] DecodeError),
    /// The header is not that of a frame.
    #[error("frame has no header")]
    Header,
    /// A field is missing or of another kind.
    #[error("event field {0} is missing or of another kind")]
    Field(&'static str),
    /// A DID is malformed.
    #[error(transparent)]
    Did(#[from] DidError),
    /// A handle is malformed.
    #[error(transparent)]
    Handle(#[from] HandleError),
    /// A revision is malformed.
    #[error(transparent)]
    Rev(#[from] TidError),
    /// A time is malformed.
    #[error(transparent)]
    Time(#[from] DatetimeError),
    /// A path is malformed.
    #[error(transparent)]
    Path(#[from] KeyError),
}

/// Decodes a frame.
///
/// # Errors
///
/// [`EventError`] if it is malformed. Slices in it are not looked into.
pub fn decode(frame: &[u8]) -> Result<Message, EventError> {
    if frame.len() > FRAME_BYTES_MAX {
        return Err(EventError::TooLarge);
    }
    let (header, used) = decode_first(frame, &Limits::FOREIGN)?;
    let (body, rest) = decode_first(&frame[used..], &Limits::FOREIGN)?;
    let (Value::Map(header), Value::Map(body)) = (header, body) else {
        return Err(EventError::Header);
    };
    if used + rest != frame.len() {
        return Err(EventError::Header);
    }
    let fields = Fields(&body);
    let kind = match (header.get("op"), header.get("t")) {
        (Some(Value::Integer(1)), Some(Value::String(kind))) => kind,
        (Some(Value::Integer(-1)), _) => {
            let error = fields.text("error")?.to_owned();
            return Ok(Message::Error(error, fields.text_or_none("message")?));
        }
        _ => return Err(EventError::Header),
    };
    Ok(match kind.as_str() {
        "#commit" => Message::Commit(CommitEvent::from_map(&body)?),
        "#sync" => Message::Sync(SyncEvent {
            seq: fields.seq()?,
            did: Did::parse(fields.text("did")?)?,
            rev: Tid::parse(fields.text("rev")?)?,
            blocks: fields.bytes("blocks")?,
            time: Datetime::parse(fields.text("time")?)?,
        }),
        "#identity" => Message::Identity(IdentityEvent {
            seq: fields.seq()?,
            did: Did::parse(fields.text("did")?)?,
            handle: match fields.text_or_none("handle")? {
                Some(handle) => Some(Handle::parse(&handle)?),
                None => None,
            },
            time: Datetime::parse(fields.text("time")?)?,
        }),
        "#account" => Message::Account(AccountEvent {
            seq: fields.seq()?,
            did: Did::parse(fields.text("did")?)?,
            active: fields.bool("active")?,
            status: fields.text_or_none("status")?,
            time: Datetime::parse(fields.text("time")?)?,
        }),
        "#info" => Message::Info(fields.text("name")?.to_owned(), fields.text_or_none("message")?),
        _ => Message::Other(kind.clone()),
    })
}

impl CommitEvent {
    /// Reads the event from its value, as frames and the JSON form of events have it.
    ///
    /// # Errors
    ///
    /// [`EventError`] if a field is missing or malformed.
    pub fn from_map(body: &Map) -> Result<Self, EventError> {
        let fields = Fields(body);
        let Some(Value::List(ops)) = body.get("ops") else { return Err(EventError::Field("ops")) };
        Ok(Self {
            seq: fields.seq()?,
            repo: Did::parse(fields.text("repo")?)?,
            commit: fields.cid_or_none("commit")?.ok_or(EventError::Field("commit"))?,
            rev: Tid::parse(fields.text("rev")?)?,
            since: match fields.text_or_none("since")? {
                Some(since) => Some(Tid::parse(&since)?),
                None => None,
            },
            blocks: fields.bytes("blocks")?,
            ops: ops.iter().map(read_op).collect::<Result<_, _>>()?,
            prev_data: fields.cid_or_none("prevData")?,
            time: Datetime::parse(fields.text("time")?)?,
        })
    }
}

fn read_op(op: &Value) -> Result<Op, EventError> {
    let Value::Map(op) = op else { return Err(EventError::Field("ops")) };
    let fields = Fields(op);
    let action = match fields.text("action")? {
        "create" => Action::Create,
        "update" => Action::Update,
        "delete" => Action::Delete,
        _ => return Err(EventError::Field("action")),
    };
    let path = Key::parse(fields.text("path")?)?;
    Ok(Op { action, path, cid: fields.cid_or_none("cid")?, prev: fields.cid_or_none("prev")? })
}

struct Fields<'a>(&'a Map);

impl<'a> Fields<'a> {
    fn text(&self, name: &'static str) -> Result<&'a str, EventError> {
        match self.0.get(name) {
            Some(Value::String(text)) => Ok(text),
            _ => Err(EventError::Field(name)),
        }
    }

    fn text_or_none(&self, name: &'static str) -> Result<Option<String>, EventError> {
        match self.0.get(name) {
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(Value::Null) | None => Ok(None),
            Some(_) => Err(EventError::Field(name)),
        }
    }

    fn seq(&self) -> Result<u64, EventError> {
        match self.0.get("seq") {
            Some(Value::Integer(seq)) => u64::try_from(*seq).map_err(|_| EventError::Field("seq")),
            _ => Err(EventError::Field("seq")),
        }
    }

    fn bool(&self, name: &'static str) -> Result<bool, EventError> {
        match self.0.get(name) {
            Some(Value::Bool(value)) => Ok(*value),
            _ => Err(EventError::Field(name)),
        }
    }

    fn bytes(&self, name: &'static str) -> Result<Bytes, EventError> {
        match self.0.get(name) {
            Some(Value::Bytes(bytes)) => Ok(Bytes::copy_from_slice(bytes)),
            _ => Err(EventError::Field(name)),
        }
    }

    fn cid_or_none(&self, name: &'static str) -> Result<Option<Cid>, EventError> {
        match self.0.get(name) {
            Some(Value::Link(link)) => match link.cid() {
                Some(cid) if cid.codec() == Codec::DagCbor => Ok(Some(cid)),
                _ => Err(EventError::Field(name)),
            },
            Some(Value::Null) | None => Ok(None),
            Some(_) => Err(EventError::Field(name)),
        }
    }
}
