//! What somebody does at their host: posts, pictures, a copy of everything.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, ensure};
use crypto::PublicKey;
use identity::Origin;
use migrate::host::{Host, Owner, Tokens};
use repo::archive::ArchiveReader;
use repo::car::Spool;
use repo::survey::survey;
use serde_json::{Value, json};
use syntax::{Cid, Did};

use crate::client::{self, Client};
use crate::demo::text;
use crate::output;

/// How many posts are written.
const POSTS: usize = 20;
/// How many pictures are uploaded.
const PICTURES: u8 = 3;
/// How many bytes of the exported repository are kept in memory.
const MEMORY_BYTES_MAX: usize = 32 << 20;
/// The collection of posts.
const POST: &str = "app.bsky.feed.post";

/// Somebody with an account.
pub(super) struct Person {
    pub(super) did: Did,
    pub(super) handle: String,
    pub(super) email: String,
    pub(super) password: String,
    pub(super) client: Client,
    owner: Owner,
}

/// Makes an account.
pub(super) async fn sign_up(host: &Origin) -> anyhow::Result<Person> {
    let client = Client::new(host.clone())?;
    let [handle, email, password] = ["alice.old.test", "alice@example.com", "a password of hers"];
    let input = json!({"handle": handle, "email": email, "password": password});
    let account = client.procedure("com.atproto.server.createAccount", &input).await?;
    let did: Did = text(&account, "did")?.parse()?;
    let (access, refresh) = (text(&account, "accessJwt")?, text(&account, "refreshJwt")?);
    let tokens = Tokens::new(access.to_owned(), refresh.to_owned());
    let there = Host::new(client::http(vec![host.clone()]), host.clone());
    Ok(Person {
        owner: Owner::new(there, did.clone(), tokens),
        did,
        handle: handle.to_owned(),
        email: email.to_owned(),
        password: password.to_owned(),
        client: client.with_token(access),
    })
}

/// Writes a post, and returns the commit.
pub(super) async fn post(client: &Client, did: &Did, words: &str) -> anyhow::Result<String> {
    let input = json!({"repo": did, "collection": POST, "record": record(words)});
    let answer = client.procedure("com.atproto.repo.createRecord", &input).await?;
    Ok(text(&answer["commit"], "cid")?.to_owned())
}

fn record(words: &str) -> Value {
    json!({"$type": POST, "text": words, "createdAt": "2026-01-01T00:00:00Z"})
}

impl Person {
    /// Writes posts, replaces one, deletes one, and returns the commits.
    pub(super) async fn write(&self) -> anyhow::Result<Vec<String>> {
        let mut commits = Vec::new();
        for index in 1..POSTS {
            let words = format!("post number {index}");
            commits.push(post(&self.client, &self.did, &words).await?);
        }
        for (method, record) in [
            ("putRecord", Some(record("a text"))),
            ("putRecord", Some(record("another text"))),
            ("deleteRecord", None),
        ] {
            let mut input = json!({"repo": self.did, "collection": POST, "rkey": "3jzfcijpj2z2a"});
            if let Some(record) = record {
                input["record"] = record;
            }
            let method = format!("com.atproto.repo.{method}");
            let answer = self.client.procedure(&method, &input).await?;
            commits.push(text(&answer["commit"], "cid")?.to_owned());
        }
        Ok(commits)
    }

    /// Exports the repository and verifies it. `data` is the tree that it should be of.
    pub(super) async fn export(&self, key: &PublicKey, data: Cid) -> anyhow::Result<()> {
        let path = format!("com.atproto.sync.getRepo?did={}", self.did);
        let car = self.client.bytes(&path).await?;
        let mut reader = ArchiveReader::new(Spool::new(MEMORY_BYTES_MAX, tempfile::tempfile));
        reader.push(&car)?;
        let mut archive = reader.finish()?;
        archive.commit().verify(key).context("the commit is not signed by the account's key")?;
        ensure!(
            archive.commit().data() == &data,
            "the export is of another tree than the firehose told"
        );
        let survey = survey(&mut archive)?;
        ensure!(survey.faults == 0, "the export has faults");
        let (records, bytes) = (survey.records.count, output::bytes(u64::try_from(car.len())?));
        output::line(&format!(
            "exported  {records} records, {bytes}, verified from the signature down"
        ));
        Ok(())
    }

    /// Sets a preference.
    pub(super) async fn prefer(&self) -> anyhow::Result<()> {
        let wanted = json!({"$type": "app.bsky.actor.defs#adultContentPref", "enabled": false});
        Ok(self.owner.put_preferences(&[wanted]).await?)
    }

    /// Uploads pictures, each with a record that refers to it, and returns how many.
    pub(super) async fn upload(&self, directory: &Path) -> anyhow::Result<u8> {
        let file = directory.join("picture");
        for number in 0..PICTURES {
            fs::write(&file, vec![number; 100_000])?;
            let blob = self.owner.upload_blob(&file, "image/png").await?;
            let record = json!({
                "$type": "com.example.picture",
                "picture": {
                    "$type": "blob",
                    "ref": {"$link": blob.cid},
                    "mimeType": blob.mime_type,
                    "size": blob.size,
                },
            });
            let input =
                json!({"repo": self.did, "collection": "com.example.picture", "record": record});
            self.client.procedure("com.atproto.repo.createRecord", &input).await?;
        }
        Ok(PICTURES)
    }
}
