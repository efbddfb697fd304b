//! What it costs to check a record and to encode it: `cargo bench -p pagurus-lexicon`.

use std::hint::black_box;

use divan::Bencher;
use pagurus_lexicon::com::atproto::repo::apply_writes::ApplyWrites;
use pagurus_lexicon::com::atproto::repo::create_record::CreateRecord;
use pagurus_lexicon::schema::Document;
use pagurus_lexicon::{Catalog, DOCUMENTS, decode_input};
use repo::data::{self, Limits, Value, cbor, json};
use syntax::{Cid, Nsid, RecordKey};

/// A post with a link, an image and a parent, as clients send it.
const POST: &str = include_str!("post.json");

fn main() {
    divan::main();
}

struct Post {
    collection: Nsid,
    rkey: RecordKey,
    value: Value,
}

fn post() -> Post {
    Post {
        collection: Nsid::parse("app.bsky.feed.post").expect("it is an NSID"),
        rkey: RecordKey::parse("3jzfcijpj2z2a").expect("it is a record key"),
        value: decode(),
    }
}

fn decode() -> Value {
    json::decode(black_box(POST).as_bytes(), &Limits::RECORD).expect("it is JSON")
}

fn encode(value: &Value) -> Vec<u8> {
    cbor::encode(value).expect("it is of the data model")
}

/// The whole way of a record from the request to its block.
#[divan::bench]
fn json_to_block(bencher: Bencher<'_, '_>) {
    let Post { collection, rkey, .. } = post();
    let catalog = Catalog::embedded();
    bencher.bench(|| {
        let value = decode();
        data::check(&value).expect("it keeps to the data model");
        catalog.validate_record(&collection, &rkey, &value).expect("it follows its schema");
        let block = encode(&value);
        (Cid::of_cbor(&block), block)
    });
}

#[divan::bench]
fn step_1_decode_json(bencher: Bencher<'_, '_>) {
    bencher.bench(decode);
}

#[divan::bench]
fn step_2_check_data_model(bencher: Bencher<'_, '_>) {
    let post = post();
    bencher.bench(|| data::check(black_box(&post.value)));
}

#[divan::bench]
fn step_3_validate(bencher: Bencher<'_, '_>) {
    let (post, catalog) = (post(), Catalog::embedded());
    bencher.bench(|| catalog.validate_record(&post.collection, &post.rkey, black_box(&post.value)));
}

#[divan::bench]
fn step_4_encode(bencher: Bencher<'_, '_>) {
    let post = post();
    bencher.bench(|| encode(black_box(&post.value)));
}

#[divan::bench]
fn step_5_hash(bencher: Bencher<'_, '_>) {
    let block = encode(&post().value);
    bencher.bench(|| Cid::of_cbor(black_box(&block)));
}

/// The body of `createRecord`, whose record stays a value.
#[divan::bench]
fn decode_create_record(bencher: Bencher<'_, '_>) {
    let body = format!(
        r#"{{"repo": "alice.test", "collection": "app.bsky.feed.post", "record": {POST}}}"#
    );
    bencher.bench(|| decode_input::<CreateRecord>(black_box(&body).as_bytes()));
}

/// The body of `applyWrites` with 200 records.
#[divan::bench]
fn decode_apply_writes(bencher: Bencher<'_, '_>) {
    let write = format!(
        r#"{{"$type": "com.atproto.repo.applyWrites#create", "collection": "app.bsky.feed.post",
            "value": {POST}}}"#
    );
    let body = format!(r#"{{"repo": "alice.test", "writes": [{}]}}"#, vec![write; 200].join(","));
    bencher.bench(|| decode_input::<ApplyWrites>(black_box(&body).as_bytes()));
}

/// What a server pays once: reading all embedded documents.
#[divan::bench]
fn fill_catalog(bencher: Bencher<'_, '_>) {
    bencher.bench(|| {
        let mut catalog = Catalog::new();
        for json in DOCUMENTS {
            catalog.insert(&Document::parse(json).expect("it is a document"));
        }
        catalog
    });
}
