//! What the owner of an account asks of the host that it moves to.

use std::path::Path;
use std::time::Duration;

use crypto::PublicKey;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Request};
use identity::document::ATPROTO_KEY;
use identity::outbound::{Limits, RequestBody};
use identity::plc::{DidKey, Operation, Service, State};
use repo::car;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use syntax::{AtUri, Cid, Did, Handle, Tid};

use super::{Host, HostError, Owner, Pass, SignedIn, Tokens, sending, with_json};
use crate::switch::Destination;

/// What sending a file may take: as long as the host needs to receive and to check it.
const SENDING: Limits = Limits {
    head_time_max: Duration::from_secs(6 * 60 * 60),
    idle_time_max: Duration::from_secs(60),
    total_time_max: Duration::from_secs(6 * 60 * 60),
    body_bytes_max: 1 << 20,
    redirects_max: 0,
};

/// An account that is to be made for an identity that there is.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewAccount<'a> {
    /// Whose it is.
    pub did: &'a Did,
    /// The handle that it will have.
    pub handle: &'a Handle,
    /// The e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<&'a str>,
    /// The password.
    pub password: &'a str,
    /// The code that invites it, if the host wants one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invite_code: Option<&'a str>,
}

/// What a host has of an account, by its own count.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// Whether the account is active.
    pub activated: bool,
    /// Whether the host finds that the identity points to it.
    pub valid_did: bool,
    /// The commit of the repository.
    pub repo_commit: Cid,
    /// Its revision.
    pub repo_rev: Tid,
    /// How many records there are.
    pub indexed_records: u64,
    /// How many blobs they refer to.
    pub expected_blobs: u64,
    /// How many of those are there.
    pub imported_blobs: u64,
}

/// A page of the blobs that a host lacks.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct MissingPage {
    /// The blobs.
    pub blobs: Vec<MissingRef>,
    /// What to ask for the next page with, if there is one.
    pub cursor: Option<String>,
}

/// A blob that a host lacks.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MissingRef {
    /// The blob.
    pub cid: Cid,
    /// A record that refers to it.
    pub record_uri: AtUri,
}

/// What a host has made of a blob that it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uploaded {
    /// The CID that it found.
    pub cid: Cid,
    /// The type that it gives it.
    pub mime_type: String,
    /// How many bytes it found.
    pub size: u64,
}

impl Host {
    /// Makes an account for an identity that there is, which `proof` has to prove to be the owner's,
    /// or goes on with one that is deactivated.
    ///
    /// # Errors
    ///
    /// [`HostError`] if the host does not do it.
    pub async fn create_account(
        &self,
        proof: &str,
        new: &NewAccount<'_>,
    ) -> Result<SignedIn, HostError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Made {
            did: Did,
            handle: String,
            access_jwt: String,
            refresh_jwt: String,
        }
        let nsid = "com.atproto.server.createAccount";
        let request = with_json(self.request(Method::POST, nsid, &[])?, new)?;
        let made: Made = self.json(request, Some(&Pass::bearer(proof))).await?;
        if made.did != *new.did {
            return Err(HostError::Malformed("DID"));
        }
        Ok(SignedIn {
            did: made.did,
            handle: Handle::parse(&made.handle).ok(),
            email: None,
            active: None,
            session: Tokens::new(made.access_jwt, made.refresh_jwt).into(),
        })
    }
}

impl Owner {
    /// Sends a repository, or what is newer than a revision, as a CAR file. The host reads and
    /// checks all of it before it answers.
    ///
    /// # Errors
    ///
    /// [`HostError`] if it cannot be read, or the host does not take it.
    pub async fn import_repo(&self, file: &Path) -> Result<(), HostError> {
        self.send_file("com.atproto.repo.importRepo", file, car::MIME_TYPE).await.map(|_| ())
    }

    /// Sends a blob. Whether the host has found the CID that was meant is the caller's to compare.
    ///
    /// # Errors
    ///
    /// [`HostError`] if it cannot be read, or the host does not take it.
    pub async fn upload_blob(&self, file: &Path, mime_type: &str) -> Result<Uploaded, HostError> {
        #[derive(Deserialize)]
        struct Output {
            blob: Blob,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Blob {
            r#ref: Link,
            mime_type: String,
            size: u64,
        }
        #[derive(Deserialize)]
        struct Link {
            #[serde(rename = "$link")]
            cid: Cid,
        }
        let body = self.send_file("com.atproto.repo.uploadBlob", file, mime_type).await?;
        let read: Result<Output, _> = serde_json::from_slice(&body);
        let Output { blob } = read.map_err(|_| HostError::Malformed("answer"))?;
        Ok(Uploaded { cid: blob.r#ref.cid, mime_type: blob.mime_type, size: blob.size })
    }

    /// Lists blobs that records refer to and that the host does not have.
    ///
    /// # Errors
    ///
    /// [`HostError`] if the host does not say.
    pub async fn missing_blobs(&self, cursor: Option<&str>) -> Result<MissingPage, HostError> {
        let mut params = vec![("limit", "500")];
        params.extend(cursor.map(|cursor| ("cursor", cursor)));
        self.query("com.atproto.repo.listMissingBlobs", &params).await
    }

    /// Returns what the host has of the account, by its own count.
    ///
    /// # Errors
    ///
    /// [`HostError`] if the host does not say.
    pub async fn status(&self) -> Result<Status, HostError> {
        self.query("com.atproto.server.checkAccountStatus", &[]).await
    }

    /// Returns what the identity should say for the account to be at the host.
    ///
    /// # Errors
    ///
    /// [`HostError`] if the host does not say.
    pub async fn recommended(&self) -> Result<Destination, HostError> {
        let nsid = "com.atproto.identity.getRecommendedDidCredentials";
        destination(self.query(nsid, &[]).await?)
    }

    /// Has the host send a signed operation to the directory of did:plc. One that the directory has
    /// already is not always an error: look at the log.
    ///
    /// # Errors
    ///
    /// [`HostError`] if the host, or the directory, does not take it.
    pub async fn submit(&self, operation: &Operation) -> Result<(), HostError> {
        let input = json!({ "operation": operation });
        self.call("com.atproto.identity.submitPlcOperation", Some(&input)).await
    }

    /// Replaces the preferences.
    ///
    /// # Errors
    ///
    /// [`HostError`] if the host does not take them.
    pub async fn put_preferences(&self, preferences: &[Value]) -> Result<(), HostError> {
        let input = json!({ "preferences": preferences });
        self.call("app.bsky.actor.putPreferences", Some(&input)).await
    }

    async fn send_file(
        &self,
        nsid: &str,
        file: &Path,
        mime_type: &str,
    ) -> Result<Vec<u8>, HostError> {
        self.answered(|pass| async move {
            // What was sent of it before the token was refused is sent again.
            let body = sending::file(file).await?;
            let mut request: Request<RequestBody> =
                self.host.request(Method::POST, nsid, &[])?.map(|_| body);
            let mime_type = HeaderValue::from_str(mime_type);
            let mime_type = mime_type.map_err(|_| HostError::Malformed("type"))?;
            request.headers_mut().insert(CONTENT_TYPE, mime_type);
            let response = self.host.send_body(request, Some(&pass), &SENDING).await?;
            Ok(response.into_body().bytes().await?.to_vec())
        })
        .await
    }
}

/// Reads what a host recommends. For a did:web it recommends no rotation keys.
fn destination(recommended: Value) -> Result<Destination, HostError> {
    #[derive(Deserialize, Default)]
    #[serde(rename_all = "camelCase", default)]
    struct Keys {
        rotation_keys: Vec<DidKey>,
    }
    let malformed = || HostError::Malformed("recommendation");
    let Keys { rotation_keys } = Keys::deserialize(&recommended).map_err(|_| malformed())?;
    let part = |name: &str| recommended.get(name).cloned().unwrap_or_default();
    let state = State::deserialize(json!({
        "rotationKeys": [],
        "verificationMethods": part("verificationMethods"),
        "alsoKnownAs": part("alsoKnownAs"),
        "services": part("services"),
    }));
    let state = state.map_err(|_| malformed())?;
    let alias = state.also_known_as.first().and_then(|alias| alias.strip_prefix("at://"));
    let handle = alias.and_then(|handle| Handle::parse(handle).ok());
    let key = state.verification_methods.get(ATPROTO_KEY).map(DidKey::public_key);
    let key: Option<PublicKey> = key.and_then(Result::ok);
    let host = state.pds().and_then(Service::origin);
    Ok(Destination {
        host: host.ok_or_else(malformed)?,
        handle: handle.ok_or_else(malformed)?,
        signing_key: key.ok_or_else(malformed)?,
        rotation_keys,
    })
}
