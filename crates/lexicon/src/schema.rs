//! Schema documents as types: what the lexicon language can say, and nothing that it cannot.
//!
//! [`Document::parse`] is the way in. Documents come from strangers, too, so that it is strict and
//! has bounds; fields that the language does not have are left alone, as the language grows.
//!
//! Spec: <https://atproto.com/specs/lexicon>

mod document;
mod mentions;
mod permission;
mod reader;
mod reference;
mod value;

use std::collections::BTreeMap;

use repo::data::Value;
use repo::data::json::JsonError;
use syntax::{Nsid, NsidError, RecordKey};
use thiserror::Error;

use crate::format::Format;
pub use crate::rule::Bounds;
pub use crate::schema::permission::{Permission, PermissionSet};
pub use crate::schema::reference::Reference;

/// The longest JSON text that is read as a document: what a record may have at most.
const DOCUMENT_BYTES_MAX: usize = 1 << 20;

/// A schema document: the definitions under one NSID.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The document's NSID.
    pub id: Nsid,
    /// What the document is about.
    pub description: Option<String>,
    /// The definitions by name. There is at least one.
    pub defs: BTreeMap<String, Definition>,
}

/// What a document says under one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// What the definition is about.
    pub description: Option<String>,
    /// What is defined.
    pub kind: DefinitionKind,
}

/// The things that can be defined. Records, methods and permission sets are always named `main`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DefinitionKind {
    /// The records of a collection.
    Record(Record),
    /// A method of the HTTP API or an event stream.
    Method(Box<Method>),
    /// Permissions that applications may ask for as one.
    PermissionSet(PermissionSet),
    /// A name that stands for itself.
    Token,
    /// Values of a type that is neither a reference, a union nor unknown.
    Value(Type),
}

/// A schema of records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// What record keys have to be.
    pub key: KeyType,
    /// The fields.
    pub object: Object,
}

/// What the keys of a collection's records have to be.
///
/// Spec: <https://atproto.com/specs/record-key#record-key-types>
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyType {
    /// Any record key.
    Any,
    /// A TID.
    Tid,
    /// An NSID.
    Nsid,
    /// This one.
    Literal(RecordKey),
}

/// A schema of a method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Method {
    /// Which kind of method it is.
    pub kind: MethodKind,
    /// The parameters: booleans, integers, strings, and arrays of them.
    pub params: Object,
    /// What a request carries; only procedures have it.
    pub input: Option<Body>,
    /// What a response carries; subscriptions do not have it.
    pub output: Option<Body>,
    /// What the messages of the stream are; exactly subscriptions have it.
    pub message: Option<Union>,
    /// The errors that callers should know, beyond those of all methods.
    pub errors: Vec<DeclaredError>,
}

/// How a method is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MethodKind {
    /// By GET, without side effects.
    Query,
    /// By POST.
    Procedure,
    /// By WebSocket: a stream of events.
    Subscription,
}

/// What a request or a response carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// What the body is about.
    pub description: Option<String>,
    /// The MIME type, or a pattern such as `*/*`.
    pub encoding: String,
    /// The schema of a body in JSON: an object, a reference or a union.
    pub schema: Option<Schema>,
}

/// An error that a method declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredError {
    /// The name, as responses carry it.
    pub name: String,
    /// When the error occurs.
    pub description: Option<String>,
}

/// A schema of a value within another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    /// What the value is about.
    pub description: Option<String>,
    /// What the value may be.
    pub ty: Type,
}

/// What a value may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    /// True or false.
    Boolean(Boolean),
    /// A whole number.
    Integer(Integer),
    /// A text.
    String(Text),
    /// A byte string of such a length.
    Bytes(Bounds<usize>),
    /// A link.
    CidLink,
    /// A reference to a blob.
    Blob(Blob),
    /// A list.
    Array(Array),
    /// An object with these fields.
    Object(Object),
    /// What the definition of this name is.
    Ref(Reference),
    /// An object that names its type.
    Union(Union),
    /// Any object.
    Unknown,
}

/// A schema of booleans.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Boolean {
    /// The value that an absent one stands for.
    pub default: Option<bool>,
    /// The only value.
    pub constant: Option<bool>,
}

/// A schema of integers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Integer {
    /// The range.
    pub range: Bounds<i64>,
    /// The only values, unless it is empty.
    pub allowed: Vec<i64>,
    /// The value that an absent one stands for.
    pub default: Option<i64>,
    /// The only value.
    pub constant: Option<i64>,
}

/// A schema of strings.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Text {
    /// The format.
    pub format: Option<Format>,
    /// The length in bytes of UTF-8.
    pub bytes: Bounds<usize>,
    /// The length in grapheme clusters.
    pub graphemes: Bounds<usize>,
    /// Values that are common; others are as good.
    pub known: Vec<String>,
    /// The only values, unless it is empty.
    pub allowed: Vec<String>,
    /// The value that an absent one stands for.
    pub default: Option<String>,
    /// The only value.
    pub constant: Option<String>,
}

/// A schema of references to blobs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Blob {
    /// The MIME types that are accepted, some as `image/*`; an empty list accepts all.
    pub accept: Vec<String>,
    /// The most bytes that the blob may have.
    pub size_max: Option<u64>,
}

/// A schema of arrays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Array {
    /// The schema of each item.
    pub items: Box<Schema>,
    /// How many items there may be.
    pub length: Bounds<usize>,
}

/// A schema of objects.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Object {
    /// The fields that the schema knows; objects may have others.
    pub properties: BTreeMap<String, Property>,
}

/// A field of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Property {
    /// What the field's value may be.
    pub schema: Schema,
    /// Whether the field must be there.
    pub required: bool,
    /// Whether the value may be null.
    pub nullable: bool,
}

/// A schema of objects that say by `$type` what they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Union {
    /// The definitions that the object may follow: objects and records.
    pub refs: Vec<Reference>,
    /// Whether no other types are allowed.
    pub closed: bool,
}

/// Says what makes a document malformed, and where.
#[derive(Debug, Error)]
#[error("{} {fault}", if path.is_empty() { "document" } else { path })]
pub struct SchemaError {
    /// Where: a JSON pointer such as `/defs/main/record/properties/text`.
    pub path: String,
    /// What is wrong there, worded as the predicate of a sentence.
    pub fault: SchemaFault,
}

/// What makes a document malformed.
#[derive(Debug, Error)]
pub enum SchemaFault {
    /// The text is not JSON, or not of the data model.
    #[error("is not a value of the data model: {0}")]
    Json(JsonError),
    /// The text is longer than 1 MiB.
    #[error("is longer than {DOCUMENT_BYTES_MAX} bytes")]
    TooLong,
    /// A list, a map, or the schemas within each other are beyond what any real document has.
    #[error("has too many items, or too many schemas within each other")]
    TooComplex,
    /// A field that has to be there is not.
    #[error("is missing")]
    Missing,
    /// A field is of another type than the language's.
    #[error("is not {0}")]
    Type(crate::fault::ValueType),
    /// The language's version is not 1.
    #[error("is not 1, the version of the language that is known")]
    Version,
    /// The name of the document, or one that it refers to, is not an NSID.
    #[error("is not an NSID: {0}")]
    Nsid(NsidError),
    /// A name of a definition or a field is empty, too long, or has characters that it may not.
    #[error("has a name that is empty, too long or not well formed")]
    Name,
    /// There has to be something in a list or a map.
    #[error("is empty")]
    Empty,
    /// A type that the language does not have, or not in this place.
    #[error("has a type that is unknown or not allowed here")]
    UnknownType,
    /// A format that the language does not have.
    #[error("is not a format")]
    UnknownFormat,
    /// Record keys of a kind that the language does not have.
    #[error("is not a type of record keys")]
    KeyType,
    /// A pattern of MIME types that is neither a type nor of the form `image/*`.
    #[error("is not a MIME type or a pattern of them")]
    MimePattern,
    /// An integer beyond what the place can hold, or a length below zero.
    #[error("is an integer out of range")]
    Range,
    /// A least value above the greatest.
    #[error("has a minimum above its maximum")]
    EmptyRange,
    /// Both `const` and `default`.
    #[error("has both const and default")]
    ConstAndDefault,
    /// A field that is required and not described.
    #[error("is required, but not among the properties")]
    Undescribed,
}

impl Document {
    /// Parses a document's JSON text.
    ///
    /// # Errors
    ///
    /// [`SchemaError`] if the text is not a document of version 1 of the language.
    pub fn parse(json: &str) -> Result<Self, SchemaError> {
        document::parse(json)
    }

    /// Reads a document from a value, such as a record of `com.atproto.lexicon.schema`.
    ///
    /// # Errors
    ///
    /// [`SchemaError`] if the value is not a document of version 1 of the language.
    pub fn from_value(value: &Value) -> Result<Self, SchemaError> {
        document::read(value)
    }

    /// Returns the definition that the document is named for, if it has one.
    pub fn main(&self) -> Option<&Definition> {
        self.defs.get("main")
    }

    /// Returns the permission set, if the document defines one.
    pub fn permission_set(&self) -> Option<&PermissionSet> {
        match &self.main()?.kind {
            DefinitionKind::PermissionSet(set) => Some(set),
            _ => None,
        }
    }
}

impl Type {
    /// Tells whether a value that is absent stands for one that the schema names.
    pub fn has_default(&self) -> bool {
        match self {
            Self::Boolean(boolean) => boolean.default.is_some(),
            Self::Integer(integer) => integer.default.is_some(),
            Self::String(text) => text.default.is_some(),
            _ => false,
        }
    }
}
