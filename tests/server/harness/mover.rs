//! Moves that a server carries out by itself.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Answer, Ask, Pds, Proxy, TestAccount};

/// How long a test waits for a move to come somewhere.
const PATIENCE: Duration = Duration::from_secs(30);

/// Somebody's move to a server.
pub(crate) struct Move<'a> {
    pub(crate) to: &'a Pds,
    /// The account at the new host.
    pub(crate) here: TestAccount,
}

/// Two hosts, and what is between them.
pub(crate) struct Road {
    pub(crate) old: Pds,
    pub(crate) new: Pds,
    /// Before the old host, for all but the test itself.
    pub(crate) source: Proxy,
    /// Between the new host and the directory of did:plc.
    pub(crate) plc: Proxy,
}

impl Road {
    /// Makes a road on which nothing happens yet.
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// Makes one to a new host with other settings.
    pub(crate) async fn with(set: impl FnOnce(&mut server::Config)) -> Self {
        let source = Proxy::listen().await;
        let origin = source.origin().parse().expect("it is an address");
        let old = Pds::start_with(|config| config.public_url = Some(origin)).await;
        source.forward_to(&old.url());
        let plc = Proxy::before(&old.plc_url()).await;
        let plc_url = plc.origin().parse().expect("it is an address");
        let new = Pds::start_for_moves_with(&old, "new", |config| {
            config.plc_url = Some(plc_url);
            set(config);
        })
        .await;
        Self { old, new, source, plc }
    }

    /// Lets time pass everywhere.
    pub(crate) fn advance(&self, time: Duration) {
        self.old.advance(time);
        self.new.advance(time);
    }
}

impl Pds {
    /// Starts a server that moves can come to from another.
    pub(crate) async fn start_for_moves(old: &Pds, name: &str) -> Self {
        Self::start_for_moves_with(old, name, |_| {}).await
    }

    /// Starts one with other settings.
    pub(crate) async fn start_for_moves_with(
        old: &Pds,
        name: &str,
        set: impl FnOnce(&mut server::Config),
    ) -> Self {
        let (plc_url, from) = (old.plc_url(), old.public_url());
        let did = format!("did:web:{name}.test");
        Self::start_with(|config| {
            config.plc_listen = None;
            config.plc_url = Some(plc_url.parse().expect("it is an address"));
            config.service_did = Some(did.parse().expect("it is a DID"));
            config.private_origins.push(from.parse().expect("it is an address"));
            set(config);
        })
        .await
    }

    /// Asks for a move.
    pub(crate) async fn ask_to_move(&self, owner: &TestAccount, change: &Value) -> Answer {
        let mut input = json!({
            "identifier": owner.did, "password": owner.password, "handle": owner.handle,
            "newPassword": format!("new {}", owner.password),
        });
        if let (Value::Object(input), Value::Object(change)) = (&mut input, change) {
            input.extend(change.clone());
        }
        self.post("social.pagurus.migration.startMove").json(&input).send().await
    }

    /// Begins a move.
    pub(crate) async fn begin_move(&self, owner: &TestAccount) -> Move<'_> {
        self.begin_move_with(owner, &json!({})).await
    }

    /// Begins a move with something else than usual.
    pub(crate) async fn begin_move_with(&self, owner: &TestAccount, change: &Value) -> Move<'_> {
        let begun = self.ask_to_move(owner, change).await.ok();
        let text = |name: &str| begun[name].as_str().expect("it is a text").to_owned();
        let here = TestAccount {
            access: text("accessJwt"),
            refresh: text("refreshJwt"),
            password: format!("new {}", owner.password),
            ..owner.clone()
        };
        Move { to: self, here }
    }
}

impl<'a> Move<'a> {
    /// Puts a request about the move together.
    fn ask(&self, method: &str) -> Ask<'a> {
        self.to.post(&format!("social.pagurus.migration.{method}")).token(&self.here.access)
    }

    /// Calls a procedure.
    pub(crate) async fn call(&self, method: &str, input: &Value) -> Answer {
        self.ask(method).json(input).send().await
    }

    /// Returns the move as its owner sees it.
    pub(crate) async fn job(&self) -> Value {
        let nsid = "social.pagurus.migration.getMove";
        self.to.get(nsid).token(&self.here.access).send().await.ok()["job"].clone()
    }

    /// Waits until something is so of the move.
    pub(crate) async fn until(&self, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        let until = std::time::Instant::now() + PATIENCE;
        loop {
            let job = self.job().await;
            if is_so(&job) {
                return job;
            }
            assert!(std::time::Instant::now() < until, "waited in vain for {what}: {job:#}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits until a person is needed for something.
    pub(crate) async fn until_needed(&self, what: &str) -> Value {
        self.until(what, |job| job["need"]["for"] == what).await
    }

    /// Waits until the move is in a state.
    pub(crate) async fn until_state(&self, state: &str) -> Value {
        self.until(state, |job| job["state"] == state).await
    }

    /// Agrees to what there is.
    pub(crate) async fn approve(&self) -> Value {
        let job = self.until_needed("review").await;
        let cids = job["missingBlobs"].as_array().expect("it is a list").iter();
        let cids: Vec<&Value> = cids.map(|blob| &blob["cid"]).collect();
        let mut input = json!({
            "missingBlobs": cids, "unreadableRecords": job["unreadableRecords"],
            "preferences": job.get("preferencesLost").is_some(),
        });
        if let Some(head) = job["change"].get("head") {
            input["head"] = head.clone();
        }
        self.call("approveMove", &input).await.ok()["job"].clone()
    }

    /// Agrees, and enters the code that the old host mails.
    pub(crate) async fn approve_and_confirm(&self, old: &Pds) {
        self.approve().await;
        self.until_needed("code").await;
        let code = old.mailed_code(&self.here.email).await;
        self.call("confirmMove", &json!({ "code": code })).await.ok();
    }

    /// Carries the move to its end, and returns it.
    pub(crate) async fn finish(&self, old: &Pds) -> Value {
        self.approve_and_confirm(old).await;
        self.until_state("done").await
    }

    /// Begins another session at the new host.
    pub(crate) async fn sign_in_again(&mut self) {
        let session = self.to.sign_in(&self.here.did, &self.here.password).await;
        let text = |name: &str| session[name].as_str().expect("it is a text").to_owned();
        (self.here.access, self.here.refresh) = (text("accessJwt"), text("refreshJwt"));
    }

    /// Returns the file of the report.
    pub(crate) async fn report(&self) -> String {
        let nsid = "social.pagurus.migration.getReport";
        let answer = self.to.get(nsid).token(&self.here.access).send().await.ok();
        answer["report"].as_str().expect("it is a text").to_owned()
    }
}
