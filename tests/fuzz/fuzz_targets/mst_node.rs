//! Nodes of a tree: whatever decodes has that one encoding.

#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use repo::mst::{Edit, Key, NoSource, RawNode, Tree};
use syntax::Cid;

fuzz_target!(|bytes: &[u8]| {
    let Ok(node) = RawNode::decode(bytes) else { return };
    assert_eq!(node.encode(), bytes);
    let block = Bytes::copy_from_slice(bytes);
    let Ok(tree) = Tree::open(Cid::of_cbor(bytes), block) else { return };
    // Every entry can be taken out and put back, as far as the tree is there.
    for entry in &node.entries {
        let mut edit = Edit::new(&tree, NoSource);
        if edit.delete(&entry.key).is_ok() && edit.put(&entry.key, entry.value).is_ok() {
            assert_eq!(edit.finish().tree.root(), tree.root());
        }
    }
    let key = Key::parse("app.bsky.feed.post/3jzfcijpj2z2a").expect("it is a key");
    let _ = tree.get(&key, &NoSource);
});
