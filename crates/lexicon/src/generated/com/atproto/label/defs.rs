//! Objects of `com.atproto.label.defs`.
//!
//! Made from `lexicons/com/atproto/label/defs.json` by `just codegen`.

use serde::{Deserialize, Serialize};
use syntax::{Cid, Datetime, Did, Uri};

use crate::wire;
use crate::wire::Bytes;

/// A signed claim by a labeller about an account or record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// Limits the claim to one version of the record.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub cid: Option<Cid>,
    /// The field `cts`: a point in time.
    pub cts: Datetime,
    /// From then on the label counts for nothing.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub exp: Option<Datetime>,
    /// Withdraws the earlier label with equal source, subject and value.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub neg: Option<bool>,
    /// By the labeller's key, over the DAG-CBOR encoding without this field.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub sig: Option<Bytes>,
    /// Who makes the claim.
    pub src: Did,
    /// What is labelled: a record's address, or a DID for an account.
    pub uri: Uri,
    /// The field `val`: a text.
    pub val: String,
    /// Version of the label format.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub ver: Option<i64>,
}
