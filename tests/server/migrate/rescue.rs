//! Accounts whose host is gone, brought back from what their owners have kept

mod did_web;
mod interrupted;
mod refusals;
mod whole;

use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crypto::{Curve, PrivateKey, SealingKey, SealingKeys};
use identity::Origin;
use identity::dns::{Dns, DnsTable};
use identity::outbound::{Client, Settings, Strangers};
use identity::plc::{Content, DidKey, Operation};
use identity::resolve::{Memory, PlcClient, Resolver, Sources};
use migrate::age::Identity as AgeKey;
use migrate::bundle::{Backed, Backup, Faults, PlcLog};
use migrate::host::Host;
use migrate::rescue::{
    Account, Agreed, Failure, Journal, Others, OwnerKey, Place, Rescue, Rescued, Step,
};
use serde_json::{Value, json};
use store::{Clock, Reading};
use syntax::{Cid, Did, Handle};
use tempfile::TempDir;

use crate::harness::{NOTES, Pds, TestAccount};
use crate::identity::directory;

/// An account at a host that is about to be lost, a host to go to, and what the owner keeps.
struct Loss {
    new: Pds,
    old: Pds,
    alice: TestAccount,
    /// The owner's rotation keys, the highest first.
    own: [PrivateKey; 2],
    /// The rotation key of the old host.
    old_host: DidKey,
    plc: PlcClient,
    folder: TempDir,
}

/// What an owner gives to a rescue.
struct Desk {
    host: Host,
    did: Did,
    handle: Handle,
    email: String,
    password: String,
    key: OwnerKey,
    own: Vec<DidKey>,
    foreign: Vec<DidKey>,
    opens: Vec<AgeKey>,
    consent: Agreed,
    place: Place,
    journal: PathBuf,
    plc: PlcClient,
    resolver: Resolver,
    now_s: u64,
}

fn key(key: &PrivateKey) -> DidKey {
    DidKey::from(&key.public_key())
}

impl Loss {
    /// Makes an account with some records, a blob of its own kind, and two keys of its owner's.
    async fn new() -> Self {
        let new = Pds::start().await;
        let old = Pds::start_beside(&new, "old").await;
        let alice = old.account("alice").await;
        let plc = directory(&new);
        let did: Did = alice.did.parse().unwrap();
        let own = [Curve::Secp256k1, Curve::P256].map(PrivateKey::generate);
        let last = plc.last_operation(&did).await.unwrap();
        let mut state = last.state().unwrap();
        let old_host = state.rotation_keys[0].clone();
        state.rotation_keys.splice(0..0, own.iter().map(key));
        let input = old.sign_as_host(&alice, &json!({ "rotationKeys": state.rotation_keys })).await;
        old.post("com.atproto.identity.submitPlcOperation")
            .by(&alice)
            .json(&input)
            .send()
            .await
            .ok();
        let folder = tempfile::tempdir().unwrap();
        let loss = Self { new, old, alice, own, old_host, plc, folder };
        for rkey in ["a", "b", "c"] {
            loss.old.note(&loss.alice, rkey, "something to keep").await;
        }
        loss.note_with("d", "text/vtt", b"WEBVTT first").await;
        loss.note_with("e", "text/plain", b"a second one").await;
        loss
    }

    fn did(&self) -> Did {
        self.alice.did.parse().unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a record with a blob.
    async fn note_with(&self, rkey: &str, mime_type: &str, bytes: &'static [u8]) {
        let blob = self.old.upload(&self.alice, mime_type, bytes).await;
        let note = json!({ "$type": NOTES, "text": rkey, "blob": blob });
        self.old.put(&self.alice, NOTES, rkey, note).await;
    }

    /// Keeps what tools of others keep: a CAR file and a folder of blobs.
    async fn keep_car(&self) -> Place {
        let car = self.old.export(&self.alice, None).await.body;
        fs::write(self.path("repo.car"), &car).unwrap();
        let folder = self.path("blobs");
        fs::create_dir_all(&folder).unwrap();
        for cid in self.blobs().await {
            let ask = self.old.get("com.atproto.sync.getBlob").param("did", &self.alice.did);
            let blob = ask.param("cid", cid).send().await.body;
            fs::write(folder.join(cid.to_string()), blob).unwrap();
        }
        Place::Car { file: self.path("repo.car"), blobs: Some(folder) }
    }

    async fn blobs(&self) -> Vec<Cid> {
        let ask = self.old.get("com.atproto.sync.listBlobs").param("did", &self.alice.did);
        let listed = ask.send().await.ok();
        let cids = listed["cids"].as_array().unwrap().iter();
        cids.map(|cid| cid.as_str().unwrap().parse().unwrap()).collect()
    }

    /// Writes a bundle, or what is new to it.
    async fn keep_bundle(&self, reader: &AgeKey) -> Backed {
        let data = self.old.data();
        let sealing = fs::read_to_string(data.join("sealing.key")).unwrap();
        let clock = self.clock();
        let backup = Backup {
            reading: &Reading::open(data, clock.clone()).unwrap(),
            data,
            sealing: &SealingKeys::new(SealingKey::from_hex(sealing.trim()).unwrap(), Vec::new()),
            clock: &clock,
            host: self.old.public_url().parse().unwrap(),
            plc_log: PlcLog::Audited(self.plc.audited_log(&self.did()).await.unwrap()),
            recipients: vec![reader.recipient()],
            anew: false,
            faults: Faults::default(),
        };
        backup.run(&self.did(), &self.path("bundle")).unwrap()
    }

    fn clock(&self) -> Clock {
        let now_us = self.new.now_s() * 1_000_000;
        Clock::new(move || now_us)
    }

    /// Returns the root of the tree at the old host, and how many operations its identity has had.
    async fn was(&self) -> (Cid, usize) {
        let copy = self.old.download(&self.alice, None).await;
        (copy.commit.data, self.operations().await)
    }

    async fn operations(&self) -> usize {
        self.plc.audited_log(&self.did()).await.unwrap().entries().len()
    }

    /// Sits down with what was kept, and with the first key.
    fn desk(&self, place: Place) -> Desk {
        Desk {
            did: self.did(),
            place,
            key: OwnerKey::Rotation(self.own[0].clone()),
            own: vec![key(&self.own[1])],
            journal: self.path("journal.json"),
            ..Desk::at(&self.new, self.plc.clone(), &[])
        }
    }
}

impl Desk {
    fn at(new: &Pds, plc: PlcClient, sites: &[Origin]) -> Self {
        let origin = Origin::parse(&new.url()).unwrap();
        let exceptions = sites.iter().cloned().chain([origin.clone()]).collect();
        let strangers = Strangers { exceptions, ..Strangers::default() };
        let dns: Arc<dyn Dns> = Arc::new(DnsTable::new());
        let http = Client::for_strangers(Arc::clone(&dns), strangers, Settings::default());
        let sources = Sources {
            plc: plc.clone(),
            http: http.clone(),
            dns,
            backup_dns: None,
            time_max: Duration::from_secs(10),
        };
        Self {
            host: Host::new(http, origin),
            did: "did:plc:ewvi7nxzyoun6zhxrhs64oiz".parse().unwrap(),
            handle: "alice.test".parse().unwrap(),
            email: "alice@example.org".to_owned(),
            password: "a new password".to_owned(),
            key: OwnerKey::Rotation(PrivateKey::generate(Curve::P256)),
            own: Vec::new(),
            foreign: Vec::new(),
            opens: Vec::new(),
            consent: Agreed::default(),
            place: Place::Bundle(PathBuf::new()),
            journal: PathBuf::new(),
            plc,
            resolver: Resolver::new(sources, Memory::default()),
            now_s: new.now_s(),
        }
    }

    async fn run(&self) -> Result<Rescued, Failure> {
        self.run_until(|_| false).await
    }

    /// Stops where somebody says so: as if the machine had been switched off.
    async fn run_until(&self, stops: impl Fn(Step<'_>) -> bool + Sync) -> Result<Rescued, Failure> {
        let watch = |step: Step<'_>| match stops(step) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        };
        let (clock, journal) = (self.clock(), Journal::new(&self.journal));
        self.rescue(&clock, &journal, &watch).run().await
    }

    /// Stops after so many steps.
    async fn run_steps(&self, count: usize) -> Result<Rescued, Failure> {
        let steps = AtomicUsize::new(0);
        self.run_until(|_| steps.fetch_add(1, Ordering::SeqCst) + 1 == count).await
    }

    fn clock(&self) -> Clock {
        let now_us = self.now_s * 1_000_000;
        Clock::new(move || now_us)
    }

    fn rescue<'a>(
        &'a self,
        clock: &'a Clock,
        journal: &'a Journal,
        watch: &'a (dyn Fn(Step<'_>) -> ControlFlow<()> + Sync),
    ) -> Rescue<'a> {
        Rescue {
            did: &self.did,
            place: &self.place,
            opens: &self.opens,
            host: &self.host,
            account: Account {
                handle: Some(&self.handle),
                email: Some(&self.email),
                password: &self.password,
                invite_code: None,
            },
            key: &self.key,
            others: Others { own: &self.own, host: &self.foreign },
            consent: &self.consent,
            journal,
            plc: &self.plc,
            resolver: &self.resolver,
            clock,
            watch,
        }
    }

    /// Signs in where the account is now.
    async fn owner(&self, new: &Pds) -> TestAccount {
        let session = new.sign_in(self.did.as_str(), &self.password).await;
        let text = |name: &str| session[name].as_str().unwrap().to_owned();
        TestAccount {
            did: text("did"),
            handle: text("handle"),
            email: self.email.clone(),
            password: self.password.clone(),
            access: text("accessJwt"),
            refresh: text("refreshJwt"),
        }
    }
}

/// Returns all files of a directory, by their names.
fn all(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = fs::read_dir(directory).unwrap().map(|file| file.unwrap().path());
    let named = |path: PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
    files
        .filter(|path| path.is_file())
        .map(|path| (named(path.clone()), fs::read(path).unwrap()))
        .collect()
}

impl Pds {
    /// Has a host sign a change of an identity, with the code that it mails.
    async fn sign_as_host(&self, account: &TestAccount, change: &Value) -> Value {
        let request = self.post("com.atproto.identity.requestPlcOperationSignature").by(account);
        request.send().await.ok();
        let mut input = change.clone();
        input["token"] = json!(self.mailed_code(&account.email).await);
        let sign = self.post("com.atproto.identity.signPlcOperation").by(account).json(&input);
        sign.send().await.ok()
    }
}

/// Makes an operation that only adds a name, by whom it may be.
fn renaming(last: &Operation, by: &PrivateKey) -> Operation {
    let mut state = last.state().unwrap();
    state.also_known_as.push("at://second.example.org".to_owned());
    Content::update(last, state).sign(by).unwrap()
}
