//! An app that wants to be let in by OAuth, and can be told to do it wrong.
//!
//! It speaks HTTP and nothing else: what libraries for clients do is in the tests of those.
//!
//! ```ignore
//! let app = App::local("atproto transition:generic");
//! let tokens = app.let_in(&pds, &alice).await;
//! let session = app.get(&pds, "com.atproto.server.getSession", &tokens.access).await;
//! assert_eq!(session.send().await.ok()["handle"], "alice.test");
//! ```

use std::sync::Mutex;
use std::time::Duration;

use crypto::{Curve, PrivateKey};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{Answer, Ask, Browser, Fault, Page, Pds, Proxy, TestAccount};

/// Where answers go that are for an app on somebody's device.
pub(crate) const LOOPBACK: &str = "http://127.0.0.1/cb";
/// The path of the documents of apps.
pub(crate) const DOCUMENT: &str = "/client.json";
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A key of an app's.
#[derive(Clone)]
pub(crate) struct Key(PrivateKey);

/// An app. What is public of it can be changed, to do something wrong.
pub(crate) struct App {
    /// Who it says it is.
    pub(crate) id: String,
    /// Its key for proofs of possession.
    pub(crate) key: Key,
    /// Its key to prove who it is, and what it is called.
    pub(crate) auth: Option<(Key, &'static str)>,
    /// Where answers go.
    pub(crate) redirect_uri: String,
    /// What it asks for.
    pub(crate) scope: String,
    /// What the newest code challenge is made of.
    verifier: Mutex<String>,
    /// What was handed out last, and when.
    nonce: Mutex<Option<(String, u64)>>,
}

/// The parameters of a request, which can be changed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Params(Vec<(String, String)>);

/// What an app has got.
#[derive(Debug, Clone)]
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: String,
    /// All that was answered.
    pub(crate) answer: Value,
}

/// What came back through the browser.
#[derive(Debug, Clone)]
pub(crate) struct Callback {
    /// Where to, without what was added.
    pub(crate) to: String,
    /// Whether it came behind `#`.
    pub(crate) is_fragment: bool,
    params: Vec<(String, String)>,
}

impl Key {
    /// Makes a key.
    pub(crate) fn generate() -> Self {
        Self(PrivateKey::generate(Curve::P256))
    }

    /// Makes a key on the other curve.
    pub(crate) fn generate_k256() -> Self {
        Self(PrivateKey::generate(Curve::Secp256k1))
    }

    /// Returns the public half.
    pub(crate) fn jwk(&self) -> Value {
        let point = self.0.public_key().to_sec1();
        let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(&point).expect("it is a point");
        let point = key.to_sec1_point(false);
        let [x, y] = [1..33, 33..65].map(|at| BASE64URL_NOPAD.encode(&point.as_bytes()[at]));
        json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y })
    }

    /// Returns both halves, which nobody must show.
    pub(crate) fn private_jwk(&self) -> Value {
        let mut jwk = self.jwk();
        jwk["d"] = json!(BASE64URL_NOPAD.encode(&*self.0.to_bytes()));
        jwk
    }

    /// Returns the thumbprint.
    pub(crate) fn thumbprint(&self) -> String {
        // The fields in the order of their names, without spaces: RFC 7638.
        let jwk = self.jwk();
        let text = format!(r#"{{"crv":"P-256","kty":"EC","x":{},"y":{}}}"#, jwk["x"], jwk["y"]);
        hash(&text)
    }

    /// Signs claims.
    pub(crate) fn sign(&self, mut header: Value, claims: &Value) -> String {
        if header.get("alg").is_none() {
            header["alg"] = json!(self.0.curve().jws_algorithm());
        }
        let signed = unsigned(&header, claims);
        let signature = self.0.sign(signed.as_bytes());
        format!("{signed}.{}", BASE64URL_NOPAD.encode(signature.as_bytes()))
    }
}

/// Returns the part of a token that is signed.
pub(crate) fn unsigned(header: &Value, claims: &Value) -> String {
    let part = |json: &Value| BASE64URL_NOPAD.encode(json.to_string().as_bytes());
    format!("{}.{}", part(header), part(claims))
}

/// Returns the claims of a token, unchecked.
pub(crate) fn claims_of(token: &str) -> Value {
    let payload = token.split('.').nth(1).expect("it is a token");
    let json = BASE64URL_NOPAD.decode(payload.as_bytes()).expect("it is base64url");
    serde_json::from_slice(&json).expect("it is JSON")
}

/// Returns the hash of a text as tokens have it.
pub(crate) fn hash(text: &str) -> String {
    BASE64URL_NOPAD.encode(&Sha256::digest(text))
}

/// Draws 64 characters.
pub(crate) fn random() -> String {
    PrivateKey::generate(Curve::P256).to_hex().to_string()
}

impl Params {
    /// Sets a parameter.
    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.0.retain(|(found, _)| found != name);
        self.0.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Leaves a parameter out.
    #[must_use]
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.0.retain(|(found, _)| found != name);
        self
    }

    /// Adds others.
    #[must_use]
    pub(crate) fn and(self, others: &[(&str, &str)]) -> Self {
        others.iter().fold(self, |all, (name, value)| all.with(name, value))
    }

    /// Writes them as a form.
    pub(crate) fn form(&self) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.0).finish()
    }

    /// Writes them as JSON.
    pub(crate) fn json(&self) -> Value {
        self.0.iter().map(|(name, value)| (name.clone(), json!(value))).collect()
    }
}

impl App {
    /// Makes an app that is being developed, on the device of whoever uses it.
    pub(crate) fn local(scope: &str) -> Self {
        let query = Params::default().with("scope", scope).with("redirect_uri", LOOPBACK).form();
        Self::new(format!("http://localhost?{query}"), LOOPBACK.to_owned(), scope)
    }

    /// Makes an app with a document at a place, which cannot prove who it is.
    pub(crate) fn public(site: &Proxy, scope: &str) -> Self {
        let app = Self::at(&site.origin(), scope);
        app.publish(site, &app.document());
        app
    }

    /// Makes an app with a document at a place, which has a key to prove who it is.
    pub(crate) fn confidential(site: &Proxy, scope: &str) -> Self {
        let mut app = Self::at(&site.origin(), scope);
        app.auth = Some((Key::generate(), "one"));
        app.publish(site, &app.document());
        app
    }

    /// Makes an app whose document is at an origin, if somebody puts it there.
    pub(crate) fn at(origin: &str, scope: &str) -> Self {
        Self::new(format!("{origin}{DOCUMENT}"), format!("{origin}/cb"), scope)
    }

    fn new(id: String, redirect_uri: String, scope: &str) -> Self {
        Self {
            id,
            key: Key::generate(),
            auth: None,
            redirect_uri,
            scope: scope.to_owned(),
            verifier: Mutex::default(),
            nonce: Mutex::default(),
        }
    }

    /// Returns the app's document.
    pub(crate) fn document(&self) -> Value {
        let mut document = json!({
            "client_id": self.id,
            "client_name": "Test App",
            "scope": self.scope,
            "redirect_uris": [self.redirect_uri],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
            "dpop_bound_access_tokens": true,
        });
        if let Some((key, kid)) = &self.auth {
            document["token_endpoint_auth_method"] = json!("private_key_jwt");
            document["token_endpoint_auth_signing_alg"] = json!("ES256");
            document["jwks"] = json!({ "keys": [named(key, kid)] });
        }
        document
    }

    /// Puts a document where the app says that it is, in place of the one there.
    pub(crate) fn publish(&self, site: &Proxy, document: &Value) {
        self.answer_with(site, 200, "application/json", &document.to_string());
    }

    /// Answers whoever asks for the document with something.
    pub(crate) fn answer_with(&self, site: &Proxy, status: u16, kind: &str, body: &str) {
        site.let_through();
        let header = ("content-type", kind.to_owned());
        site.always(DOCUMENT, Fault::Answer(status, header, body.to_owned().into()));
    }

    /// Returns what shows who the app is.
    pub(crate) fn credentials(&self, pds: &Pds) -> Params {
        let params = Params::default().with("client_id", &self.id);
        if self.auth.is_none() {
            return params;
        }
        let assertion = self.assertion(&self.assertion_claims(pds));
        params.with("client_assertion_type", ASSERTION_TYPE).with("client_assertion", &assertion)
    }

    /// Returns what the app says to show who it is.
    pub(crate) fn assertion_claims(&self, pds: &Pds) -> Value {
        json!({
            "iss": self.id, "sub": self.id, "aud": pds.public_url(), "jti": random(),
            "iat": pds.now_s(), "exp": pds.now_s() + 60,
        })
    }

    /// Signs what the app says to show who it is.
    pub(crate) fn assertion(&self, claims: &Value) -> String {
        let (key, kid) = self.auth.as_ref().expect("it has a key");
        key.sign(json!({ "kid": kid }), claims)
    }

    /// Returns what the app asks for, with a challenge of its own.
    pub(crate) fn asking(&self, pds: &Pds) -> Params {
        let verifier = random();
        let challenge = hash(&verifier);
        self.know(verifier);
        self.credentials(pds).and(&[
            ("response_type", "code"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("redirect_uri", &self.redirect_uri),
            ("scope", &self.scope),
            ("state", "the state"),
        ])
    }

    /// Returns what the newest code challenge is made of.
    pub(crate) fn verifier(&self) -> String {
        self.verifier.lock().expect("nobody has panicked").clone()
    }

    /// Goes on with what another app's code challenge is made of.
    pub(crate) fn know(&self, verifier: String) {
        *self.verifier.lock().expect("nobody has panicked") = verifier;
    }

    /// Returns what the app sends to get tokens for a code.
    pub(crate) fn exchanging(&self, pds: &Pds, code: &str) -> Params {
        self.credentials(pds).and(&[
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.redirect_uri),
            ("code_verifier", &self.verifier()),
        ])
    }

    /// Returns what the app sends to refresh tokens.
    pub(crate) fn refreshing(&self, pds: &Pds, token: &str) -> Params {
        self.credentials(pds).and(&[("grant_type", "refresh_token"), ("refresh_token", token)])
    }

    /// Returns a nonce that is good now.
    pub(crate) async fn nonce(&self, pds: &Pds) -> String {
        let now_s = pds.now_s();
        let kept = self.nonce.lock().expect("nobody has panicked").clone();
        if let Some((nonce, _)) = kept.filter(|(_, at_s)| now_s < at_s + 60) {
            return nonce;
        }
        let answer = pds.post("/oauth/par").send().await;
        let nonce = answer.header("dpop-nonce").expect("there is always one").to_owned();
        *self.nonce.lock().expect("nobody has panicked") = Some((nonce.clone(), now_s));
        nonce
    }

    /// Returns what a proof of possession says.
    pub(crate) async fn claims(
        &self,
        pds: &Pds,
        method: &str,
        path: &str,
        token: Option<&str>,
    ) -> Value {
        let mut claims = json!({
            "jti": random(),
            "htm": method,
            "htu": format!("{}{path}", pds.public_url()),
            "iat": pds.now_s(),
            "nonce": self.nonce(pds).await,
        });
        if let Some(token) = token {
            claims["ath"] = json!(hash(token));
        }
        claims
    }

    /// Signs a proof of possession.
    pub(crate) fn proof(&self, claims: &Value) -> String {
        self.key.sign(json!({ "typ": "dpop+jwt", "jwk": self.key.jwk() }), claims)
    }

    /// Sends a form to this server directly, with a proof.
    pub(crate) async fn send(&self, pds: &Pds, path: &str, params: &Params) -> Answer {
        let proof = self.proof(&self.claims(pds, "POST", path, None).await);
        self.send_with(pds, path, params, &proof).await
    }

    /// Sends a form to this server directly, with a proof that is given.
    pub(crate) async fn send_with(
        &self,
        pds: &Pds,
        path: &str,
        params: &Params,
        proof: &str,
    ) -> Answer {
        self.plainly(pds, path, params).header("dpop", proof).send().await
    }

    /// Prepares to send a form to this server directly, without a proof.
    pub(crate) fn plainly<'a>(&self, pds: &'a Pds, path: &str, params: &Params) -> Ask<'a> {
        pds.post(path).body("application/x-www-form-urlencoded", params.form())
    }

    /// Pushes a request and returns its name.
    pub(crate) async fn push(&self, pds: &Pds, params: &Params) -> String {
        let answer = self.send(pds, "/oauth/par", params).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        answer.value()["request_uri"].as_str().expect("it is a text").to_owned()
    }

    /// Returns the link to which the app sends the browser.
    pub(crate) fn link(&self, request_uri: &str) -> String {
        let query = Params::default().with("client_id", &self.id).with("request_uri", request_uri);
        format!("/oauth/authorize?{}", query.form())
    }

    /// Asks for something else than usual, in a browser, and returns the first page.
    pub(crate) async fn ask(
        &self,
        pds: &Pds,
        browser: &mut Browser,
        others: &[(&str, &str)],
    ) -> Page {
        // Whoever has signed in in the same millisecond would have done so for this request.
        pds.advance(Duration::from_millis(2));
        let uri = self.push(pds, &self.asking(pds).and(others)).await;
        browser.get(&self.link(&uri)).await
    }

    /// Has the owner of an account sign in and agree, and returns the code.
    pub(crate) async fn code(&self, pds: &Pds, account: &TestAccount) -> String {
        let mut browser = Browser::new(&pds.public_url());
        let page = self.ask(pds, &mut browser, &[("login_hint", &account.handle)]).await;
        let page = sign_in(&mut browser, &page, account).await;
        agree(&mut browser, &page).await.code()
    }

    /// Gets tokens for a code.
    pub(crate) async fn exchange(&self, pds: &Pds, code: &str) -> Tokens {
        let answer = self.send(pds, "/oauth/token", &self.exchanging(pds, code)).await;
        Tokens::of(&answer.ok())
    }

    /// Is let in to an account.
    pub(crate) async fn let_in(&self, pds: &Pds, account: &TestAccount) -> Tokens {
        let code = self.code(pds, account).await;
        self.exchange(pds, &code).await
    }

    /// Refreshes tokens.
    pub(crate) async fn refresh(&self, pds: &Pds, token: &str) -> Answer {
        self.send(pds, "/oauth/token", &self.refreshing(pds, token)).await
    }

    /// Prepares to ask a query with an access token.
    pub(crate) async fn get<'a>(&self, pds: &'a Pds, nsid: &str, token: &str) -> Ask<'a> {
        self.with_token(pds, pds.get(nsid), "GET", nsid, token).await
    }

    /// Prepares to call a procedure with an access token.
    pub(crate) async fn post<'a>(&self, pds: &'a Pds, nsid: &str, token: &str) -> Ask<'a> {
        self.with_token(pds, pds.post(nsid), "POST", nsid, token).await
    }

    async fn with_token<'a>(
        &self,
        pds: &Pds,
        ask: Ask<'a>,
        method: &str,
        nsid: &str,
        token: &str,
    ) -> Ask<'a> {
        let claims = self.claims(pds, method, &format!("/xrpc/{nsid}"), Some(token)).await;
        let ask = ask.header("authorization", &format!("DPoP {token}"));
        ask.header("dpop", &self.proof(&claims))
    }

    /// Returns the status with which the session of an access token is answered for.
    pub(crate) async fn standing(&self, pds: &Pds, token: &str) -> u16 {
        let session = self.get(pds, "com.atproto.server.getSession", token).await;
        session.send().await.status.as_u16()
    }

    /// Creates a record with an access token.
    pub(crate) async fn create(
        &self,
        pds: &Pds,
        account: &TestAccount,
        token: &str,
        collection: &str,
    ) -> Answer {
        let record = json!({ "$type": collection, "text": "a" });
        let input = json!({ "repo": account.did, "collection": collection, "record": record });
        let create = self.post(pds, "com.atproto.repo.createRecord", token).await;
        create.json(&input).send().await
    }
}

/// Returns the public half of a key under a name.
pub(crate) fn named(key: &Key, kid: &str) -> Value {
    let mut jwk = key.jwk();
    jwk["kid"] = json!(kid);
    jwk
}

/// Signs in at the page for it, without being remembered.
pub(crate) async fn sign_in(browser: &mut Browser, page: &Page, account: &TestAccount) -> Page {
    sign_in_with(browser, page, account, &[]).await
}

/// Signs in at the page for it, to be remembered.
pub(crate) async fn sign_in_for_long(
    browser: &mut Browser,
    page: &Page,
    account: &TestAccount,
) -> Page {
    sign_in_with(browser, page, account, &[("remember", "on")]).await
}

async fn sign_in_with(
    browser: &mut Browser,
    page: &Page,
    account: &TestAccount,
    more: &[(&str, &str)],
) -> Page {
    let own = [("identifier", account.handle.as_str()), ("password", account.password.as_str())];
    let link = page.attributes("a", "href").into_iter().find(|to| to.contains("/sign-in?"));
    let page = match (page.has_form(SIGN_IN), link) {
        (false, Some(link)) => browser.get(&link).await,
        _ => page.clone(),
    };
    browser.submit(&page, SIGN_IN, &[&own, more].concat()).await
}

const SIGN_IN: &str = "/oauth/authorize/sign-in";
/// Where agreeing leads.
pub(crate) const CONSENT: &str = "/oauth/authorize/consent";
/// Where not agreeing leads.
pub(crate) const CANCEL: &str = "/oauth/authorize/cancel";

/// Agrees to all at the page that asks for it.
pub(crate) async fn agree(browser: &mut Browser, page: &Page) -> Callback {
    Callback::of(&browser.submit(page, CONSENT, &[]).await)
}

/// Does not agree.
pub(crate) async fn deny(browser: &mut Browser, page: &Page) -> Callback {
    Callback::of(&browser.submit(page, CANCEL, &[]).await)
}

impl Callback {
    /// Reads where a page leads.
    #[track_caller]
    pub(crate) fn of(page: &Page) -> Self {
        let Some(location) = &page.location else {
            panic!("{} at {} leads nowhere:\n{}", page.status, page.at, page.html);
        };
        Self::parse(location)
    }

    /// Reads an address.
    #[track_caller]
    pub(crate) fn parse(location: &str) -> Self {
        let at = location.find(['?', '#']).expect("something was added");
        let params = form_urlencoded::parse(&location.as_bytes()[at + 1..]).into_owned().collect();
        let is_fragment = location[at..].starts_with('#');
        Self { to: location[..at].to_owned(), is_fragment, params }
    }

    /// Returns what was added, once.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        let mut found = self.params.iter().filter(|(found, _)| found == name);
        let (first, more) = (found.next(), found.next());
        assert!(more.is_none(), "{name} is there twice");
        first.map(|(_, value)| value.as_str())
    }

    /// Returns the code.
    #[track_caller]
    pub(crate) fn code(&self) -> String {
        self.value("code").unwrap_or_else(|| panic!("no code: {:?}", self.params)).to_owned()
    }

    /// Returns why there is no code.
    #[track_caller]
    pub(crate) fn error(&self) -> String {
        assert_eq!(self.value("code"), None, "there is no code beside an error");
        self.value("error").unwrap_or_else(|| panic!("no error: {:?}", self.params)).to_owned()
    }
}

impl Tokens {
    /// Reads what was answered.
    #[track_caller]
    pub(crate) fn of(answer: &Value) -> Self {
        let text = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
        Self {
            access: text("access_token"),
            refresh: text("refresh_token"),
            answer: answer.clone(),
        }
    }
}
