//! What the owner of an account can ask of a host.

use std::pin::Pin;
use std::sync::Arc;

use http::header::{ACCEPT_ENCODING, RANGE};
use http::{HeaderValue, Method, Request};
use identity::plc::{DidKey, Operation, ParseError, State};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use syntax::{Cid, Datetime, Did, Tid};
use tokio::sync::Mutex;

use super::{Download, Host, HostError, JSON, Kept, Pass, STREAM, Session, Tokens, with_json};

/// Keeps a session that was renewed, before it is used.
pub type Keeper = Arc<dyn Fn(Kept) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// The owner of an account at a host. The session is renewed when it has to be.
pub struct Owner {
    pub(super) host: Host,
    did: Did,
    /// Held while it is renewed, so that it is renewed once.
    session: Arc<Mutex<Session>>,
    keeper: Option<Keeper>,
}

/// A page of the blobs that records refer to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct BlobPage {
    /// Their CIDs.
    pub cids: Vec<Cid>,
    /// What to ask for the next page with, if there is one.
    pub cursor: Option<String>,
}

/// The commit that a repository is at.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct LatestCommit {
    /// Its CID.
    pub cid: Cid,
    /// Its revision.
    pub rev: Tid,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Renewed {
    access_jwt: String,
    refresh_jwt: String,
}

impl Owner {
    /// Goes on with a session.
    pub fn new(host: Host, did: Did, session: impl Into<Session>) -> Self {
        Self { host, did, session: Arc::new(Mutex::new(session.into())), keeper: None }
    }

    /// Has the session kept by somebody each time that it is renewed: a host may take the tokens of before
    /// for stolen ones.
    #[must_use]
    pub fn keeping(self, keeper: Keeper) -> Self {
        Self { keeper: Some(keeper), ..self }
    }

    /// Returns the host.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// Returns whose account it is.
    pub fn did(&self) -> &Did {
        &self.did
    }

    /// Returns the session as it is now.
    pub async fn session(&self) -> Session {
        self.session.lock().await.clone()
    }

    /// Tells whether the owner has let this server in on the pages of the host.
    pub async fn is_let_in(&self) -> bool {
        self.session.lock().await.bound().is_some()
    }

    /// Has the host speak for the account at another service, for one method.
    ///
    /// # Errors
    ///
    /// [`HostError`] if it does not.
    pub async fn service_token(&self, audience: &Did, method: &str) -> Result<String, HostError> {
        #[derive(Deserialize)]
        struct Output {
            token: String,
        }
        let params = [("aud", audience.as_str()), ("lxm", method)];
        let output: Output = self.query("com.atproto.server.getServiceAuth", &params).await?;
        Ok(output.token)
    }

    /// Returns the commit that the repository is at.
    ///
    /// # Errors
    ///
    /// [`HostError`] if the host does not say.
    pub async fn latest_commit(&self) -> Result<LatestCommit, HostError> {
        self.query("com.atproto.sync.getLatestCommit", &[("did", self.did.as_str())]).await
    }

    /// Downloads the repository, or what is newer than a revision.
    ///
    /// # Errors
    ///
    /// [`HostError`] if the download does not begin.
    pub async fn repo(&self, since: Option<Tid>) -> Result<Download, HostError> {
        let since = since.map(|since| since.to_string());
        let mut params = vec![("did", self.did.as_str())];
        params.extend(since.as_deref().map(|since| ("since", since)));
        self.download("com.atproto.sync.getRepo", &params, 0).await
    }

    /// Lists the blobs that records refer to.
    ///
    /// # Errors
    ///
    /// [`HostError`] if the host does not say.
    pub async fn blobs(&self, cursor: Option<&str>) -> Result<BlobPage, HostError> {
        let mut params = vec![("did", self.did.as_str()), ("limit", "1000")];
        params.extend(cursor.map(|cursor| ("cursor", cursor)));
        self.query("com.atproto.sync.listBlobs", &params).await
    }

    /// Downloads a blob from a byte on, which the host may not heed: see [`Download::begin`].
    ///
    /// # Errors
    ///
    /// [`HostError`] if the download does not begin.
    pub async fn blob(&self, cid: &Cid, begin: u64) -> Result<Download, HostError> {
        let cid = cid.to_string();
        let params = [("did", self.did.as_str()), ("cid", &*cid)];
        self.download("com.atproto.sync.getBlob", &params, begin).await
    }

    /// Returns the preferences, as they are.
    ///
    /// # Errors
    ///
    /// [`HostError`] if the host does not give them.
    pub async fn preferences(&self) -> Result<Vec<Value>, HostError> {
        #[derive(Deserialize)]
        struct Output {
            preferences: Vec<Value>,
        }
        let output: Output = self.query("app.bsky.actor.getPreferences", &[]).await?;
        Ok(output.preferences)
    }

    /// Returns the rotation keys that the host calls its own.
    ///
    /// # Errors
    ///
    /// [`HostError`] if it does not say.
    pub async fn host_keys(&self) -> Result<Vec<DidKey>, HostError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Output {
            #[serde(default)]
            rotation_keys: Vec<DidKey>,
        }
        let nsid = "com.atproto.identity.getRecommendedDidCredentials";
        let output: Output = self.query(nsid, &[]).await?;
        Ok(output.rotation_keys)
    }

    /// Has the host mail the code without which it signs no operation.
    ///
    /// # Errors
    ///
    /// [`HostError`] if it does not.
    pub async fn request_code(&self) -> Result<(), HostError> {
        self.call("com.atproto.identity.requestPlcOperationSignature", None).await
    }

    /// Has the host sign the change to a state, with the code that it has mailed. The code is spent
    /// by that, whatever comes of it.
    ///
    /// # Errors
    ///
    /// [`HostError`] if it does not.
    pub async fn sign(&self, code: &str, state: &State) -> Result<Operation, HostError> {
        #[derive(Deserialize)]
        struct Output {
            operation: Value,
        }
        let mut input = json!(state);
        if let Value::Object(fields) = &mut input {
            fields.insert("token".to_owned(), json!(code));
        }
        let nsid = "com.atproto.identity.signPlcOperation";
        let input = &input;
        let output: Output = self
            .answered(|pass| async move {
                let request = with_json(self.host.request(Method::POST, nsid, &[])?, input)?;
                self.host.json(request, Some(&pass)).await
            })
            .await?;
        let operation: Result<Operation, ParseError> =
            Operation::parse(output.operation.to_string().as_bytes());
        operation.map_err(|_| HostError::Malformed("operation"))
    }

    /// Closes the account there, to be deleted after a time if one is given.
    ///
    /// # Errors
    ///
    /// [`HostError`] if the host does not do it.
    pub async fn deactivate(&self, delete_after: Option<Datetime>) -> Result<(), HostError> {
        let input = match delete_after {
            Some(time) => json!({ "deleteAfter": time.to_string() }),
            None => json!({}),
        };
        self.call("com.atproto.server.deactivateAccount", Some(&input)).await
    }

    /// Ends the session.
    ///
    /// # Errors
    ///
    /// [`HostError`] if the host does not do it; then the session ends by itself some day.
    pub async fn sign_out(&self) -> Result<(), HostError> {
        let session = self.session().await;
        let (_, refresh) = match &session {
            Session::Password(tokens) => tokens.reveal(),
            Session::Bound(bound) => return bound.revoke(&self.host.client).await,
        };
        let request = self.host.request(Method::POST, "com.atproto.server.deleteSession", &[])?;
        self.host.send(request, Some(&Pass::bearer(refresh)), &JSON).await.map(|_| ())
    }

    /// Opens the account there again.
    ///
    /// # Errors
    ///
    /// [`HostError`] if the host does not do it.
    pub async fn activate(&self) -> Result<(), HostError> {
        self.call("com.atproto.server.activateAccount", None).await
    }

    pub(super) async fn query<T: DeserializeOwned>(
        &self,
        nsid: &str,
        params: &[(&str, &str)],
    ) -> Result<T, HostError> {
        self.answered(|pass| async move {
            self.host.json(self.host.request(Method::GET, nsid, params)?, Some(&pass)).await
        })
        .await
    }

    /// Calls a procedure that answers nothing. Some hosts refuse a body where they expect none.
    pub(super) async fn call(&self, nsid: &str, input: Option<&Value>) -> Result<(), HostError> {
        self.answered(|pass| async move {
            let mut request = self.host.request(Method::POST, nsid, &[])?;
            if let Some(input) = input {
                request = with_json(request, input)?;
            }
            self.host.send(request, Some(&pass), &JSON).await.map(|_| ())
        })
        .await
    }

    async fn download(
        &self,
        nsid: &str,
        params: &[(&str, &str)],
        begin: u64,
    ) -> Result<Download, HostError> {
        self.answered(|pass| async move {
            let mut request: Request<Vec<u8>> = self.host.request(Method::GET, nsid, params)?;
            let headers = request.headers_mut();
            // What is packed cannot be gone on with, and would not have the size that it says.
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
            if begin > 0 {
                let range = HeaderValue::from_str(&format!("bytes={begin}-"));
                headers.insert(RANGE, range.map_err(|_| HostError::Malformed("range"))?);
            }
            Ok(Download::new(self.host.send(request, Some(&pass), &STREAM).await?))
        })
        .await
    }

    /// Asks with the session, and once more with a renewed one if it has ended meanwhile.
    pub(super) async fn answered<T, F: Future<Output = Result<T, HostError>>>(
        &self,
        ask: impl Fn(Pass) -> F,
    ) -> Result<T, HostError> {
        let pass = self.session.lock().await.pass();
        match with_nonce(&pass, &ask).await {
            Err(error) if error.is_expired_token() => {
                with_nonce(&self.renew(&pass).await?, &ask).await
            }
            outcome => outcome,
        }
    }

    /// Renews the session, unless somebody else just has.
    ///
    /// That is done in a task of its own, which goes on when the caller does not: with tokens that were
    /// renewed and lost, the session has ended.
    async fn renew(&self, spent: &Pass) -> Result<Pass, HostError> {
        let (host, did, spent) = (self.host.clone(), self.did.clone(), spent.clone());
        let (session, keeper) = (Arc::clone(&self.session), self.keeper.clone());
        let task = tokio::spawn(async move {
            let mut session = session.lock().await;
            if session.reveal().0 != spent.token() {
                return Ok(session.pass());
            }
            let renewed = match &*session {
                Session::Password(tokens) => renewed(&host, tokens).await?.into(),
                Session::Bound(bound) => Session::Bound(bound.renewed(&host.client, &did).await?),
            };
            if let Some(keep) = &keeper {
                keep(renewed.keep()).await;
            }
            *session = renewed;
            Ok(session.pass())
        });
        task.await.expect("renewing does not panic, and nobody aborts the task")
    }
}

async fn renewed(host: &Host, tokens: &Tokens) -> Result<Tokens, HostError> {
    let request = host.request(Method::POST, "com.atproto.server.refreshSession", &[])?;
    let (_, refresh) = tokens.reveal();
    let renewed: Renewed = match host.json(request, Some(&Pass::bearer(refresh))).await {
        Err(HostError::Refused { .. }) => return Err(HostError::SessionEnded),
        outcome => outcome?,
    };
    Ok(Tokens::new(renewed.access_jwt, renewed.refresh_jwt))
}

/// Asks, and once more if the host wants another nonce.
async fn with_nonce<T, F: Future<Output = Result<T, HostError>>>(
    pass: &Pass,
    ask: &impl Fn(Pass) -> F,
) -> Result<T, HostError> {
    match ask(pass.clone()).await {
        Err(error) if error.is_nonce_needed() => ask(pass.clone()).await,
        outcome => outcome,
    }
}
