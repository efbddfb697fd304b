//! Writes a made-up repository as a CAR file, to try importers and checkers with:
//! `cargo run --release -p pagurus-repo --example generate_car -- RECORDS [shuffled] > FILE.car`

#![expect(clippy::print_stderr, reason = "standard output is the file")]

use std::collections::HashMap;
use std::error::Error;
use std::io::{self, BufWriter, Write as _};

use bytes::Bytes;
use crypto::{Curve, PrivateKey};
use pagurus_repo::car;
use pagurus_repo::commit::Commit;
use pagurus_repo::data::{Value, cbor};
use pagurus_repo::draft::Record;
use pagurus_repo::mst::{Builder, Key, Position, Walk, WalkStep};
use syntax::{Cid, Datetime, Did, Tid};

const START_MS: u64 = 1_700_000_000_000;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let count: u64 = arguments.first().ok_or("how many records?")?.parse()?;
    let shuffled = arguments.get(1).is_some_and(|word| word == "shuffled");

    let mut records =
        (0..count).map(record).collect::<Result<Vec<(Key, Record)>, Box<dyn Error>>>()?;
    records.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut nodes: HashMap<Cid, Bytes> = HashMap::new();
    let mut builder = Builder::new(|_: Position<'_>, cid: &Cid, block: Vec<u8>| {
        nodes.insert(*cid, block.into());
    });
    for (key, record) in &records {
        builder.push(key, record.cid)?;
    }
    let root = builder.finish();

    let key = PrivateKey::generate(Curve::Secp256k1);
    let did = Did::parse("did:plc:ewvi7nxzyoun6zhxrhs64oiz")?;
    let commit = Commit::sign(did, root, Tid::new(START_MS * 1001, 0), &key).encode();
    let cid = Cid::of_cbor(&commit);
    let mut out = BufWriter::new(io::stdout().lock());
    out.write_all(&car::header(&[cid]))?;
    let mut put = |cid: &Cid, block: &[u8]| {
        let mut bytes = Vec::with_capacity(car::block_bytes(block));
        car::put_block(&mut bytes, cid, block);
        out.write_all(&bytes)
    };
    put(&cid, &commit)?;
    if shuffled {
        // By CID, which is as good as any order without order.
        let mut blocks: Vec<(&Cid, &Bytes)> = nodes.iter().collect();
        blocks.extend(records.iter().map(|(_, record)| (&record.cid, &record.bytes)));
        blocks.sort_unstable();
        blocks.into_iter().try_for_each(|(cid, block)| put(cid, block))?;
    } else {
        let mut records = records.iter();
        let mut walk = Walk::new(root);
        while let Some(step) = walk.next_step() {
            if let WalkStep::Node { cid, .. } = step {
                walk.enter(&nodes[&cid])?;
                put(&cid, &nodes[&cid])?;
            } else if let Some((_, record)) = records.next() {
                put(&record.cid, &record.bytes)?;
            }
        }
    }
    out.flush()?;
    eprintln!("{}", key.public_key());
    Ok(())
}

fn record(index: u64) -> Result<(Key, Record), Box<dyn Error>> {
    let collection = match index % 20 {
        0..=12 => "app.bsky.feed.like",
        13..=15 => "app.bsky.graph.follow",
        16..=18 => "app.bsky.feed.post",
        _ => "app.bsky.feed.repost",
    };
    let time = START_MS + index * 40_000;
    let key = Key::parse(&format!("{collection}/{}", Tid::new(time * 1000, 0)))?;
    let fields = [
        ("$type", collection.to_owned()),
        ("createdAt", Datetime::from_unix_ms(time).to_string()),
        ("text", format!("number {index}: {}", "all work and no play ".repeat(6))),
    ];
    let fields = fields.map(|(key, text)| (key, Value::String(text)));
    Ok((key, Record::new(cbor::encode(&Value::Map(fields.into_iter().collect()))?)))
}
