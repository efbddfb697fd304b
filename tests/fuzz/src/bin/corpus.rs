//! Makes the first inputs of all targets from `fixtures/` and `lexicons/`:
//! `cargo run --release` in this directory.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use identity::plc::directory;
use identity::plc::log::Entry;
use repo::car::Decoder;
use repo::data::{Limits, Value, cbor, json};
use repo::event::CommitEvent;
use repo::mst::RawNode;
use syntax::Cid;

type Outcome = Result<(), Box<dyn Error>>;

fn main() -> Outcome {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = here.join("../..");
    let corpus = Corpus(here.join("corpus"));
    requests(&corpus)?;

    for path in files(&root.join("fixtures"))?.into_iter().chain(files(&root.join("lexicons"))?) {
        let bytes = fs::read(&path)?;
        let text = String::from_utf8_lossy(&bytes);
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("txt") => {
                for line in text.lines().filter(|line| line.len() < 300) {
                    corpus.add("syntax", line.as_bytes())?;
                    corpus.add("handle_txt", format!("did={line}").as_bytes())?;
                }
                let dids: Vec<_> = text.lines().take(3).map(|did| format!("did={did}")).collect();
                corpus.add("handle_txt", dids.join("\n").as_bytes())?;
            }
            Some("car") => car(&corpus, &bytes)?,
            Some("json") => {
                value(&corpus, &bytes)?;
                identities(&corpus, &bytes)?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn car(corpus: &Corpus, bytes: &[u8]) -> Outcome {
    for first in [0, 200] {
        corpus.add("car", &[&[first], bytes].concat())?;
    }
    corpus.add("slice", bytes)?;
    let mut decoder = Decoder::new();
    decoder.push(bytes);
    while let Some(block) = decoder.next_block()? {
        let target = if RawNode::decode(block.bytes).is_ok() { "mst_node" } else { "cbor" };
        corpus.add(target, block.bytes)?;
    }
    Ok(())
}

/// A JSON file: whole, and each of its items; as JSON, as CBOR, and as what else it may be.
fn value(corpus: &Corpus, bytes: &[u8]) -> Outcome {
    if serde_json::from_slice::<serde_json::Value>(bytes)?.get("lexicon").is_some() {
        corpus.add("schema", bytes)?;
    }
    let Ok(value) = json::decode(bytes, &Limits::FOREIGN) else { return Ok(()) };
    let items = match &value {
        Value::List(items) => items.clone(),
        _ => vec![value.clone()],
    };
    for item in items {
        corpus.add("json", json::encode(&item).as_bytes())?;
        if let Ok(encoded) = cbor::encode(&item) {
            corpus.add("cbor", &encoded)?;
        }
        let Value::Map(map) = item else { continue };
        if let Ok(event) = CommitEvent::from_map(&map) {
            corpus.add("slice", &event.encode().into_bytes())?;
            corpus.add("slice", &event.blocks)?;
        }
    }
    Ok(())
}

/// A JSON file that is a DID document, or a log of operations: whole, each operation, and what a
/// directory says of them.
fn identities(corpus: &Corpus, bytes: &[u8]) -> Outcome {
    let value: serde_json::Value = serde_json::from_slice(bytes)?;
    if value.get("verificationMethod").is_some() {
        corpus.add("did_document", bytes)?;
    }
    let items = value.as_array().map_or(&[][..], Vec::as_slice);
    for operation in items.iter().filter_map(|item| item.get("operation")) {
        corpus.add("plc_operation", bytes)?;
        corpus.add("plc_operation", operation.to_string().as_bytes())?;
    }
    let entries: Vec<Entry> = serde_json::from_slice(bytes).unwrap_or_default();
    if let Some(entry) = entries.first()
        && let Ok(document) = directory::document(&entry.did, &entries)
    {
        corpus.add("did_document", document.as_bytes())?;
    }
    Ok(())
}

struct Corpus(PathBuf);

impl Corpus {
    /// Adds an input under a name that its content makes.
    fn add(&self, target: &str, bytes: &[u8]) -> Outcome {
        let folder = self.0.join(target);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(Cid::of_raw(bytes).to_string()), bytes)?;
        Ok(())
    }
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    Ok(found)
}

/// What requests carry in their heads.
fn requests(corpus: &Corpus) -> Outcome {
    for head in [
        "authorization: Bearer a.b.c\nrange: bytes=0-99\nif-range: \"tag\"",
        "authorization: Basic YWRtaW46YWRtaW4=\nrange: bytes=-5\nif-none-match: W/\"tag\", *",
        "authorization: DPoP x\naccept-encoding: gzip;q=0.5, zstd, *;q=0\nrange: bytes=5-",
        "x-forwarded-for: 192.0.2.1, [2001:db8::1]:80, unknown",
    ] {
        corpus.add("head", head.as_bytes())?;
    }
    let header = r#"{"typ":"at+jwt","alg":"HS256"}"#;
    let claims = r#"{"scope":"com.atproto.access","aud":"did:web:localhost","sub":"did:web:a.b","iat":1,"exp":9}"#;
    corpus.add("session_token", format!("{header}{claims}").as_bytes())?;
    let encode = |part: &str| data_encoding::BASE64URL_NOPAD.encode(part.as_bytes());
    let service = r#"{"iss":"did:web:a.b","aud":"did:web:c.d","exp":9,"lxm":"a.b.c","jti":"1"}"#;
    for (header, claims) in [(header, claims), (r#"{"typ":"JWT","alg":"ES256K"}"#, service)] {
        let token = format!("{}.{}.AAAA", encode(header), encode(claims));
        corpus.add("token", token.as_bytes())?;
    }
    Ok(())
}
