//! Events as frames, the slices in them, and undoing what they say.

#![no_main]

use libfuzzer_sys::fuzz_target;
use repo::event::{Message, decode};
use repo::slice::Slice;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(Message::Commit(event)) = decode(bytes) {
        assert_eq!(
            decode(&event.encode().into_bytes()).expect("it was encoded"),
            Message::Commit(event.clone())
        );
        check(&event.blocks, &event.ops);
    }
    // A slice alone, with the operations that its first bytes make up.
    check(bytes, &[]);
});

fn check(bytes: &[u8], ops: &[repo::event::Op]) {
    let Ok(slice) = Slice::decode(bytes) else { return };
    let _ = slice.invert(ops);
    for op in ops {
        let _ = slice.record(&op.path);
    }
}
