//! CAR files and whole repositories, in pieces and through a spool.

#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use repo::archive::ArchiveReader;
use repo::car::Spool;
use repo::survey::survey;

fuzz_target!(|bytes: &[u8]| {
    // The first byte says how the file comes.
    let Some((first, bytes)) = bytes.split_first() else { return };
    let memory = usize::from(*first) * 64;
    let piece = usize::from(*first % 61) + 1;
    let mut reader = ArchiveReader::new(Spool::new(memory, || Ok(Cursor::new(Vec::new()))));
    for piece in bytes.chunks(piece) {
        if reader.push(piece).is_err() {
            return;
        }
    }
    if let Ok(mut archive) = reader.finish() {
        let _ = survey(&mut archive);
    }
});
