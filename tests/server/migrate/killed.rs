//! A move whose server is killed whenever it writes to the journal: before it has, and after.
//!
//! The server at the new host is a process of its own, this program again, which ends itself at the
//! chosen moment as a power cut would: nothing is closed, nothing is told. It is started again on the
//! same directory, and whoever moves does what anybody would do: look, and try again.

use std::env;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::{BodyExt as _, Full};
use identity::dns::DnsTable;
use migrate::report::{SignedReport, Verdict};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use server::{Config, Server, Surroundings};
use store::{Clock, FaultPoint, Faults};

use super::moves::{is_active, settled};
use crate::harness::ask::{self, Client};
use crate::harness::{Pds, TestAccount};
use crate::identity::directory;

/// How the process is told that it is the server.
const ROLE: &str = "PAGURUS_TEST_MOVE_SERVER";
/// How long a run may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// A number that no journal reaches.
const NEVER: u64 = u64::MAX;

/// What the server's process is told.
#[derive(Serialize, Deserialize)]
struct Role {
    data: String,
    listen: SocketAddr,
    plc_url: String,
    from: String,
    /// How far its clock is behind the real one, in microseconds.
    behind_us: u64,
    /// At which write to the journal it ends; even numbers are before, odd ones after.
    moment: u64,
}

/// The server in another process.
struct Remote {
    role: Role,
    child: Child,
    client: Client,
    kills: u64,
}

fn real_us() -> u64 {
    #[expect(clippy::disallowed_methods, reason = "two processes share no other clock")]
    let now = SystemTime::now();
    u64::try_from(now.duration_since(UNIX_EPOCH).unwrap().as_micros()).unwrap()
}

/// Ends the process at a moment.
fn deadly(moment: u64) -> Faults {
    let (writes, is_due) = (AtomicU64::new(0), AtomicBool::new(false));
    Faults::new(move |at| {
        if at == FaultPoint::Journal {
            let write = writes.fetch_add(1, Ordering::SeqCst);
            if moment == 2 * write {
                std::process::abort();
            }
            is_due.store(moment == 2 * write + 1, Ordering::SeqCst);
        }
        if at == FaultPoint::AfterCommit && is_due.load(Ordering::SeqCst) {
            std::process::abort();
        }
        Ok(())
    })
}

#[tokio::test]
async fn the_server_of_the_test_below() {
    #[expect(clippy::disallowed_methods, reason = "that is how it is told what it is")]
    let Ok(role) = env::var(ROLE) else { return };
    let role: Role = serde_json::from_str(&role).unwrap();
    let mut config = Config {
        data: role.data.into(),
        listen: role.listen,
        plc_url: Some(role.plc_url.parse().unwrap()),
        service_did: Some("did:web:new.test".parse().unwrap()),
        handle_domains: Some(vec![".test".to_owned()]),
        invite_required: false,
        admin_password: Some("admin".into()),
        dev: true,
        private_origins: vec![role.from.parse().unwrap()],
        ..Config::default()
    };
    config.limits.rates = false;
    let behind_us = role.behind_us;
    let mut surroundings = Surroundings::new(Clock::new(move || real_us() - behind_us));
    surroundings.dns = Some(Arc::new(DnsTable::new()));
    surroundings.faults = deadly(role.moment);
    let server = Server::start(config, surroundings).await.unwrap();
    std::future::pending::<()>().await;
    server.shutdown().await;
}

impl Remote {
    fn start(data: &Path, old: &Pds, moment: u64) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let listen = listener.local_addr().unwrap();
        drop(listener);
        let role = Role {
            data: data.to_string_lossy().into_owned(),
            listen,
            plc_url: old.plc_url(),
            from: old.public_url(),
            behind_us: real_us() - old.now_s() * 1_000_000,
            moment,
        };
        Self { child: spawn(&role), role, client: ask::client(), kills: 0 }
    }

    /// Starts the server again if it has ended, and tells whether it had.
    fn revive(&mut self) -> bool {
        if self.child.try_wait().unwrap().is_none() {
            return false;
        }
        self.kills += 1;
        self.role.moment = NEVER;
        self.child = spawn(&self.role);
        true
    }

    /// Asks something; `None` if there was no answer.
    async fn try_ask(
        &mut self,
        method: Method,
        nsid: &str,
        token: Option<&str>,
        input: Option<&Value>,
    ) -> Option<(u16, Value)> {
        let body = input.map(Value::to_string).unwrap_or_default();
        let mut request = Request::new(Full::new(Bytes::from(body)));
        *request.method_mut() = method;
        *request.uri_mut() = format!("http://{}/xrpc/{nsid}", self.role.listen).parse().unwrap();
        let headers = request.headers_mut();
        if input.is_some() {
            headers.insert("content-type", "application/json".parse().unwrap());
        }
        if let Some(token) = token {
            headers.insert("authorization", format!("Bearer {token}").parse().unwrap());
        }
        let response = self.client.request(request).await.ok()?;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.ok()?.to_bytes();
        Some((status, serde_json::from_slice(&body).unwrap_or(Value::Null)))
    }

    async fn post(&mut self, nsid: &str, token: Option<&str>, input: &Value) -> Option<Value> {
        let nsid = format!("social.pagurus.migration.{nsid}");
        let (status, body) = self.try_ask(Method::POST, &nsid, token, Some(input)).await?;
        (status == 200).then_some(body)
    }

    async fn get(&mut self, nsid: &str, token: &str) -> Option<Value> {
        let (status, body) = self.try_ask(Method::GET, nsid, Some(token), None).await?;
        (status == 200).then_some(body)
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(role: &Role) -> Child {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", "migrate::killed::the_server_of_the_test_below", "--nocapture"]);
    command.env(ROLE, serde_json::to_string(role).unwrap());
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Moves an account as a person would whose server comes and goes. Returns the last look at the move
/// and a session.
async fn persist(remote: &mut Remote, old: &Pds, owner: &TestAccount) -> (Value, String) {
    let until = Instant::now() + PATIENCE;
    let start = json!({
        "identifier": owner.did, "password": owner.password, "handle": owner.handle,
        "newPassword": "a new password",
    });
    let (mut token, mut job) = (None::<String>, Value::Null);
    while job["state"] != "done" {
        assert!(Instant::now() < until, "not done: {job:#}");
        remote.revive();
        tokio::time::sleep(Duration::from_millis(15)).await;
        let Some(access) = &token else {
            let begun = remote.post("startMove", None, &start).await;
            token = begun.and_then(|begun| Some(begun["accessJwt"].as_str()?.to_owned()));
            continue;
        };
        let access = access.clone();
        let Some(seen) = remote.get("social.pagurus.migration.getMove", &access).await else {
            continue;
        };
        job = seen["job"].clone();
        match job["need"]["for"].as_str() {
            Some("review") => {
                let input = json!({ "head": job["change"]["head"] });
                remote.post("approveMove", Some(&access), &input).await;
            }
            Some("code") => {
                let input = json!({ "code": old.mailed_code(&owner.email).await });
                remote.post("confirmMove", Some(&access), &input).await;
            }
            Some("newCode" | "decide") => {
                remote.post("resumeMove", Some(&access), &json!({})).await;
            }
            Some(need) => panic!("nobody expects {need}: {job:#}"),
            None => {}
        }
    }
    (job, token.unwrap())
}

/// Runs a move that ends at a moment, and tells whether it came to that.
async fn run(old: &Pds, moment: u64) -> bool {
    let data = tempfile::tempdir().unwrap();
    let owner = settled(old, &format!("alice{}", moment.min(9999))).await;
    let records = old.download(&owner, None).await.records();
    let mut remote = Remote::start(data.path(), old, moment);
    let (_, token) = persist(&mut remote, old, &owner).await;

    let did = owner.did.parse().unwrap();
    let log = directory(old).audited_log(&did).await.unwrap();
    assert_eq!(log.entries().len(), 2, "at {moment}: one operation besides the first");
    assert!(!is_active(old, &owner).await, "at {moment}");
    let report = remote.get("social.pagurus.migration.getReport", &token).await.unwrap();
    let report = SignedReport::decode(report["report"].as_str().unwrap().as_bytes()).unwrap();
    let comparison = report.report().compare();
    assert_eq!(comparison.verdict(), Verdict::Same, "at {moment}: {comparison:#?}");
    assert_eq!(report.report().after.leaves.count, u64::try_from(records.len()).unwrap());
    let repos = remote.get("com.atproto.sync.listRepos", &token).await.unwrap();
    assert_eq!(repos["repos"].as_array().map(Vec::len), Some(1), "at {moment}: {repos}");
    assert_eq!(repos["repos"][0]["active"], json!(true), "at {moment}");
    let address = remote.role.listen;
    assert_eq!(announcements(address).await, ["account", "identity", "sync"], "at {moment}");
    remote.kills > 0
}

/// Returns the kinds of all events that a server has made.
async fn announcements(address: SocketAddr) -> Vec<&'static str> {
    let mut stream = crate::harness::subscribe_to(address, "cursor=0").await;
    let mut kinds = Vec::new();
    while let Some(event) = stream.next_within(Duration::from_millis(100)).await {
        kinds.push(match event {
            repo::event::Message::Account(_) => "account",
            repo::event::Message::Identity(_) => "identity",
            repo::event::Message::Sync(_) => "sync",
            repo::event::Message::Commit(_) => "commit",
            _ => "other",
        });
    }
    kinds
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_move_ends_well_whenever_its_server_is_killed() {
    let old = Pds::start().await;
    let mut moment = 0;
    while run(&old, moment).await {
        moment += 1;
        // The other process follows the real time.
        let behind = Duration::from_millis(200);
        old.advance(behind);
    }
    assert!(moment >= 30, "the journal was written to more often than {moment} half times");
}
