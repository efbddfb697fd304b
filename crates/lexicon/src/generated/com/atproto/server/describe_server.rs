//! `com.atproto.server.describeServer`: tells what one needs to open an account here.
//!
//! Made from `lexicons/com/atproto/server/describeServer.json` by `just codegen`.

use serde::{Deserialize, Serialize};
use syntax::{Did, Uri};

use crate::schema::MethodKind;
use crate::{Method, NoError, wire};

/// The method's name.
pub const NSID: &str = "com.atproto.server.describeServer";

/// Tells what one needs to open an account here.
#[derive(Debug, Clone, Copy)]
pub struct DescribeServer;

impl Method for DescribeServer {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Query;
    const INPUT_ENCODING: Option<&'static str> = None;
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/json");
    type Params = ();
    type Input = ();
    type Output = Output;
    type Error = NoError;
}

/// What [`DescribeServer`] answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    /// Endings of the handles given out here, leading dot included.
    pub available_user_domains: Vec<String>,
    /// Greatest size of one upload, in bytes.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub blob_upload_limit: Option<i64>,
    /// The field `contact`.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub contact: Option<Contact>,
    /// The field `did`: a DID.
    pub did: Did,
    /// The field `inviteCodeRequired`: true or false.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub invite_code_required: Option<bool>,
    /// The field `links`.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub links: Option<Links>,
    /// The field `phoneVerificationRequired`: true or false.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub phone_verification_required: Option<bool>,
}

/// How to reach the server's operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// The field `email`: a text.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

/// Where to read the server's policies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Links {
    /// The field `privacyPolicy`: a URI.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub privacy_policy: Option<Uri>,
    /// The field `termsOfService`: a URI.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub terms_of_service: Option<Uri>,
}
