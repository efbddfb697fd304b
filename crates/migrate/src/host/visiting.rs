//! What anybody may ask of a host about an account there.

use http::header::ACCEPT_ENCODING;
use http::{HeaderValue, Method};
use syntax::{Cid, Did};

use super::owner::LatestCommit;
use super::{Download, Host, HostError, STREAM};

impl Host {
    /// Downloads an account's repository.
    ///
    /// # Errors
    ///
    /// [`HostError`] if the download does not begin.
    pub async fn repo_of(&self, did: &Did) -> Result<Download, HostError> {
        self.visit("com.atproto.sync.getRepo", &[("did", did.as_str())]).await
    }

    /// Downloads a blob of an account's.
    ///
    /// # Errors
    ///
    /// [`HostError`] if the download does not begin.
    pub async fn blob_of(&self, did: &Did, cid: &Cid) -> Result<Download, HostError> {
        let cid = cid.to_string();
        self.visit("com.atproto.sync.getBlob", &[("did", did.as_str()), ("cid", &cid)]).await
    }

    /// Returns the commit that an account's repository is at.
    ///
    /// # Errors
    ///
    /// [`HostError`] if the host does not say.
    pub async fn latest_commit_of(&self, did: &Did) -> Result<LatestCommit, HostError> {
        let params = [("did", did.as_str())];
        let nsid = "com.atproto.sync.getLatestCommit";
        self.json(self.request(Method::GET, nsid, &params)?, None).await
    }

    async fn visit(&self, nsid: &str, params: &[(&str, &str)]) -> Result<Download, HostError> {
        let mut request = self.request(Method::GET, nsid, params)?;
        // What is packed would not have the size that it says.
        request.headers_mut().insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        Ok(Download::new(self.send(request, None, &STREAM).await?))
    }
}
