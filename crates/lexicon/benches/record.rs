//! What it costs to check a record and to encode it: `cargo bench -p pagurus-lexicon`.

use std::hint::black_box;

use divan::Bencher;
use pagurus_lexicon::Catalog;
use pagurus_lexicon::schema::Document;
use repo::data::{self, Ipld, Limits, cbor, json};
use syntax::{Cid, Nsid, RecordKey};

/// A post with a link, an image and a parent, as clients send it.
const POST: &str = include_str!("post.json");

fn main() {
    divan::main();
}

struct Post {
    collection: Nsid,
    rkey: RecordKey,
    value: Ipld,
}

fn post() -> Post {
    Post {
        collection: Nsid::parse("app.bsky.feed.post").expect("it is an NSID"),
        rkey: RecordKey::parse("3jzfcijpj2z2a").expect("it is a record key"),
        value: decode(),
    }
}

fn decode() -> Ipld {
    json::decode(black_box(POST).as_bytes(), &Limits::RECORD).expect("it is JSON")
}

fn encode(value: &Ipld) -> Vec<u8> {
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
    bencher.bench(|| {
        catalog.validate_record(&post.collection, &post.rkey, black_box(&post.value))
    });
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

/// What a server pays once: reading all embedded documents.
#[divan::bench]
fn fill_catalog(bencher: Bencher<'_, '_>) {
    bencher.bench(Catalog::load_embedded);
}

#[divan::bench(args = ["at-uri=at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/app.bsky.feed.post/3jzfcijpj2z2a", "cid=bafyreiclp443lavogvhj3d2ob2cxbfuscni2k5jk7bebjzg7khl3esabwq", "datetime=2024-05-06T17:23:45.678Z", "language=en", "uri=https://example.com/crabs/moving-house"])]
fn format(bencher: Bencher<'_, '_>, arg: &str) {
    let (name, text) = arg.split_once('=').unwrap();
    let format = pagurus_lexicon::Format::named(name).unwrap();
    bencher.bench(|| format.check(black_box(text)));
}
