//! Records and repositories for tests.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use crypto::PublicKey;
use repo::car::Decoder;
use repo::commit::Commit;
use repo::mst::{BlockMap, Tree, iter};
use serde_json::{Value, json};
use store::{AccountState, Error, Store, Tx};
use syntax::{Cid, Did};
use tokio::time::{sleep, timeout};

use super::{Answer, Pds, TestAccount, run};

/// The collection of the records of tests. Nobody has a schema of it.
pub(crate) const NOTES: &str = "com.example.note";

/// How long something may take that happens behind the scenes.
const PATIENCE: Duration = Duration::from_secs(20);

/// A whole repository that was downloaded and taken apart.
pub(crate) struct Copy {
    pub(crate) root: Cid,
    pub(crate) commit: Commit,
    /// All blocks in the order in which they came.
    pub(crate) order: Vec<Cid>,
    pub(crate) blocks: BlockMap,
}

/// Waits until something is so.
pub(crate) async fn eventually<T>(mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let looking = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, looking).await.expect("it is so in the end")
}

impl Pds {
    /// Puts a record where there may be one.
    pub(crate) async fn put(
        &self,
        owner: &TestAccount,
        collection: &str,
        rkey: &str,
        record: Value,
    ) -> Value {
        let input =
            json!({ "repo": owner.did, "collection": collection, "rkey": rkey, "record": record });
        self.post("com.atproto.repo.putRecord").by(owner).json(&input).send().await.ok()
    }

    /// Puts a note that says something.
    pub(crate) async fn note(&self, owner: &TestAccount, rkey: &str, text: &str) -> Value {
        self.put(owner, NOTES, rkey, json!({ "$type": NOTES, "text": text })).await
    }

    /// Puts many notes, of some bytes each, with one request.
    pub(crate) async fn notes(&self, owner: &TestAccount, rkeys: &[String], bytes: usize) {
        let text = "x".repeat(bytes);
        let write = |rkey: &String| {
            json!({
                "$type": "com.atproto.repo.applyWrites#create",
                "collection": NOTES,
                "rkey": rkey,
                "value": { "$type": NOTES, "text": text, "rkey": rkey },
            })
        };
        let writes: Vec<Value> = rkeys.iter().map(write).collect();
        let input = json!({ "repo": owner.did, "writes": writes });
        self.post("com.atproto.repo.applyWrites").by(owner).json(&input).send().await.ok();
    }

    /// Deletes a note.
    pub(crate) async fn delete_note(&self, owner: &TestAccount, rkey: &str) {
        let input = json!({ "repo": owner.did, "collection": NOTES, "rkey": rkey });
        self.post("com.atproto.repo.deleteRecord").by(owner).json(&input).send().await.ok();
    }

    /// Uploads a blob and returns the reference to it.
    pub(crate) async fn upload(
        &self,
        owner: &TestAccount,
        mime_type: &str,
        bytes: impl Into<Bytes>,
    ) -> Value {
        let ask = self.post("com.atproto.repo.uploadBlob").by(owner).body(mime_type, bytes);
        ask.send().await.ok()["blob"].clone()
    }

    /// Downloads a repository; what came since a revision, if one is given.
    pub(crate) async fn download(&self, owner: &TestAccount, since: Option<&str>) -> Copy {
        let ask = self.get("com.atproto.sync.getRepo").param("did", &owner.did);
        let ask = match since {
            Some(since) => ask.param("since", since),
            None => ask,
        };
        Copy::of(&ask.send().await)
    }

    /// Returns the revision of a repository.
    pub(crate) async fn rev(&self, owner: &TestAccount) -> String {
        let ask = self.get("com.atproto.sync.getLatestCommit").param("did", &owner.did);
        ask.send().await.ok()["rev"].as_str().unwrap().to_owned()
    }

    /// Changes what the server keeps, behind its back: for what there is no method. It is stopped
    /// meanwhile.
    pub(crate) async fn change_store(
        &mut self,
        change: impl FnOnce(&mut Tx<'_>) -> Result<(), Error> + Send + 'static,
    ) {
        self.server.take().expect("it runs").shutdown().await;
        // What the server began may still hold the store for a moment.
        let store = eventually(async || Store::open(self.store_options()).ok()).await;
        store.write(change).await.unwrap();
        store.close().await;
        drop(store);
        let server = run(&self.config, &self.clock, &self.pace, &self.dns).await;
        self.address = server.address();
        self.server = Some(server);
    }

    /// Puts an account into a state.
    pub(crate) async fn set_state(&mut self, account: &TestAccount, state: AccountState) {
        let did: Did = account.did.parse().unwrap();
        self.change_store(move |tx| {
            let id = tx.account(&did)?.unwrap().id;
            tx.set_state(id, &state)
        })
        .await;
    }
}

impl Copy {
    /// Takes a CAR file apart that begins with its commit.
    #[track_caller]
    pub(crate) fn of(answer: &Answer) -> Self {
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.header("content-type"), Some("application/vnd.ipld.car"));
        let mut decoder = Decoder::new();
        decoder.push(&answer.body);
        let (mut order, mut blocks) = (Vec::new(), BlockMap::default());
        while let Some(block) = decoder.next_block().unwrap() {
            order.push(block.cid);
            blocks.0.insert(block.cid, Bytes::copy_from_slice(block.bytes));
        }
        decoder.finish().unwrap();
        let roots = decoder.roots().unwrap();
        assert_eq!(roots.len(), 1);
        let root = roots[0].cid().unwrap();
        assert_eq!(order.first(), Some(&root), "the commit comes first");
        let commit = Commit::decode(blocks.get(&root).unwrap()).unwrap();
        Self { root, commit, order, blocks }
    }

    /// Returns all records by their paths. All of them, and all nodes, have to be there.
    pub(crate) fn records(&self) -> BTreeMap<String, Bytes> {
        let tree = Tree::load(self.commit.data, &self.blocks).unwrap();
        let entries = iter(&tree, None, &self.blocks).unwrap();
        entries
            .map(|entry| {
                let (path, cid) = entry.unwrap();
                let record = self.blocks.get(&cid).unwrap_or_else(|| panic!("no record {path}"));
                (path.to_string(), record.clone())
            })
            .collect()
    }

    /// Checks that the account's present key has signed the commit.
    pub(crate) async fn assert_signed(&self, pds: &Pds, owner: &TestAccount) {
        let described = pds.get("com.atproto.repo.describeRepo").param("repo", &owner.did);
        let described = described.send().await.ok();
        let key = described["didDoc"]["verificationMethod"][0]["publicKeyMultibase"].clone();
        let key = PublicKey::from_multikey(key.as_str().unwrap()).unwrap();
        self.commit.verify(&key).unwrap();
        assert_eq!(self.commit.did.as_str(), owner.did);
    }
}
