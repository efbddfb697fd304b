//! CAR files: what is read, what is refused and how, and what that takes.

#![expect(clippy::unwrap_used, reason = "a test that fails says where")]

use std::fs::File;
use std::io::Cursor;

use pagurus_repo::car::{
    BLOCK_BYTES_MAX, CarError, Decoder, Spool, block_bytes, header, put_block,
};
use proptest::prelude::*;
use syntax::Cid;

type Blocks = Vec<(Cid, Vec<u8>)>;

/// Reads a file that comes in pieces of a size.
fn read(bytes: &[u8], piece: usize) -> Result<(Vec<String>, Blocks), CarError> {
    let mut decoder = Decoder::new();
    let mut blocks = Vec::new();
    for piece in bytes.chunks(piece) {
        decoder.push(piece);
        while let Some(block) = decoder.next_block()? {
            blocks.push((block.cid, block.bytes.to_vec()));
        }
    }
    decoder.finish()?;
    let roots = decoder.roots().unwrap_or_default().iter().map(ToString::to_string).collect();
    Ok((roots, blocks))
}

fn write(roots: &[Cid], blocks: &Blocks) -> Vec<u8> {
    let mut out = header(roots);
    for (cid, bytes) in blocks {
        let before = out.len();
        put_block(&mut out, cid, bytes);
        assert_eq!(out.len() - before, block_bytes(bytes));
    }
    out
}

fn blocks(sizes: &[usize]) -> Blocks {
    let block = |(index, size): (usize, &usize)| {
        let bytes = vec![u8::try_from(index % 251).unwrap(); *size];
        (Cid::of_cbor(&bytes), bytes)
    };
    sizes.iter().enumerate().map(block).collect()
}

/// A file with one root, and what follows its header.
fn with_rest(rest: &[u8]) -> Vec<u8> {
    [header(&[Cid::of_cbor(b"root")]), rest.to_vec()].concat()
}

#[test]
fn each_malformed_file_has_its_error() {
    let good = write(&[Cid::of_cbor(b"root")], &blocks(&[5, 300]));
    let head = header(&[Cid::of_cbor(b"root")]).len();
    let head_u64 = u64::try_from(head).unwrap();
    let mut flipped = good.clone();
    *flipped.last_mut().unwrap() ^= 1;
    let truncated = |offset| CarError::Truncated { offset };
    for (bytes, error) in [
        (vec![], CarError::Empty),
        (vec![0x80], truncated(0)),
        (good[..head - 1].to_vec(), truncated(0)),
        (good[..good.len() - 1].to_vec(), truncated(head_u64 + 42)),
        ([&good[..], &[7]].concat(), truncated(u64::try_from(good.len()).unwrap())),
        // Lengths: ten bytes and more, not the shortest, zero, beyond any block, beyond the file.
        (with_rest(&[0xff; 11]), CarError::Length { offset: head_u64 }),
        (with_rest(&[0xa9, 0x80, 0x00]), CarError::Length { offset: head_u64 }),
        (with_rest(&[0]), CarError::BlockSize { offset: head_u64, bytes: 0 }),
        (
            with_rest(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]),
            CarError::BlockSize { offset: head_u64, bytes: (1 << 63) - 1 },
        ),
        (with_rest(&[0xa9, 0x80, 0x40]), truncated(head_u64)),
        (with_rest(&[3, 1, 2, 3]), CarError::Cid { offset: head_u64 }),
        (vec![0x0a, 0xa1, 0x67, 118, 101, 114, 115, 105, 111, 110, 2], CarError::Version(2)),
    ] {
        for piece in [1, 7, 1 << 20] {
            assert_eq!(read(&bytes, piece), Err(error), "{:x?}", &bytes[..bytes.len().min(80)]);
        }
    }
    assert!(matches!(read(&flipped, 99), Err(CarError::Mismatch { .. })));
    for head in [&[1, 0xa0][..], &[1, 0x80], &[2, 0x18, 0x00], &[1, 0xf6]] {
        assert!(matches!(read(head, 99), Err(CarError::Header(_))), "{head:x?}");
    }
}

#[test]
fn roots_may_be_none_or_many_where_a_file_is_no_repository() {
    for count in [0, 1, 5] {
        let roots: Vec<Cid> = (0..count).map(|index: u8| Cid::of_cbor(&[index])).collect();
        let (read, _) = read(&write(&roots, &vec![]), 10).unwrap();
        assert_eq!(read, roots.iter().map(ToString::to_string).collect::<Vec<_>>());
    }
}

#[test]
fn blocks_of_other_kinds_of_cid_are_passed_over() {
    // An identity hash, version 0, and SHA-512.
    let identity = [&[1, 0x55, 0, 3][..], b"abc", b"abc"].concat();
    let v0 = [&[0x12, 0x20][..], &[7; 32], b"data"].concat();
    let sha512 = [&[1, 0x71, 0x13, 64][..], &[7; 64], b"data"].concat();
    let known = blocks(&[50]);
    let mut bytes = header(&[]);
    for section in [identity, v0, sha512] {
        bytes.push(u8::try_from(section.len()).unwrap());
        bytes.extend(section);
    }
    put_block(&mut bytes, &known[0].0, &known[0].1);
    let mut decoder = Decoder::new();
    decoder.push(&bytes);
    let block = decoder.next_block().unwrap().unwrap();
    assert_eq!((block.cid, block.bytes), (known[0].0, &*known[0].1));
    assert_eq!(decoder.next_block(), Ok(None));
    assert_eq!(decoder.strangers(), 3);
}

#[test]
fn a_block_may_be_as_large_as_any_and_no_larger() {
    let largest = blocks(&[BLOCK_BYTES_MAX]);
    assert_eq!(read(&write(&[], &largest), 1 << 16).unwrap().1, largest);
    let larger = write(&[], &blocks(&[BLOCK_BYTES_MAX + 1000]));
    // Refused when the length is there, long before the bytes are.
    assert!(matches!(read(&larger[..100], 100), Err(CarError::BlockSize { .. })));
}

#[test]
fn a_spool_gives_back_what_it_got_from_memory_and_from_a_file() {
    let mut blocks: Blocks = (0u32..3000)
        .map(|n| {
            let bytes = n.to_be_bytes().repeat(1 + usize::try_from(n % 50).unwrap());
            (Cid::of_cbor(&bytes), bytes)
        })
        .collect();
    blocks.push((Cid::of_cbor(b"big"), vec![1; 300_000]));
    blocks.last_mut().unwrap().0 = Cid::of_cbor(&blocks.last().unwrap().1);
    for memory in [1 << 30, 100_000, 1] {
        let mut files = 0;
        let mut spool = Spool::new(memory, || {
            files += 1;
            Ok(Cursor::new(Vec::new()))
        });
        for (cid, bytes) in blocks.iter().chain(&blocks[..10]) {
            spool.push(cid, bytes).unwrap();
        }
        assert_eq!(spool.get(&Cid::of_cbor(b"missing")).unwrap(), None);
        for (cid, bytes) in blocks.iter().chain(blocks.iter().rev()).chain(blocks.iter().step_by(7))
        {
            assert_eq!(spool.get(cid).unwrap(), Some(&**bytes));
        }
        assert_eq!(spool.blocks(), 3011);
        assert_eq!(spool.spilled_bytes() > 0, memory < 1 << 30);
        drop(spool);
        assert_eq!(files, usize::from(memory < 1 << 30), "files with {memory} bytes of memory");
    }
}

#[test]
fn a_changed_temporary_file_is_noticed() {
    let path = std::env::temp_dir().join(format!("pagurus-spool-{}", std::process::id()));
    let open = || File::options().read(true).write(true).create(true).truncate(true).open(&path);
    let mut spool = Spool::new(1, open);
    let known = blocks(&[500, 500, 500]);
    for (cid, bytes) in &known {
        spool.push(cid, bytes).unwrap();
    }
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[300] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    assert!(spool.get(&known[0].0).is_err());
    assert_eq!(spool.get(&known[1].0).unwrap(), Some(&*known[1].1));
    std::fs::write(&path, b"").unwrap();
    assert!(spool.get(&known[0].0).is_err());
    std::fs::remove_file(&path).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn writing_and_reading_are_opposites(
        sizes in prop::collection::vec(0usize..400, 0..30),
        piece in 1usize..500,
        roots in 0usize..3,
    ) {
        let blocks = blocks(&sizes);
        let roots: Vec<Cid> = blocks.iter().take(roots).map(|(cid, _)| *cid).collect();
        let (read_roots, read_blocks) = read(&write(&roots, &blocks), piece).unwrap();
        prop_assert_eq!(read_blocks, blocks);
        prop_assert_eq!(read_roots, roots.iter().map(ToString::to_string).collect::<Vec<_>>());
    }

    #[test]
    fn noise_is_never_a_panic(
        sizes in prop::collection::vec(0usize..40, 0..5),
        at in any::<prop::sample::Index>(),
        noise in prop::collection::vec(any::<u8>(), 0..20),
    ) {
        let mut bytes = write(&[Cid::of_cbor(b"root")], &blocks(&sizes));
        let at = at.index(bytes.len());
        bytes.splice(at..at, noise);
        let _ = read(&bytes, 13);
    }
}
