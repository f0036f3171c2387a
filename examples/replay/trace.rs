//! Reading traces. The format follows from the name, after `.gz`, `.zst` or `.xz`:
//!
//! - `*.oracleGeneral.bin`: records of 24 bytes, little-endian: u32 time, u64 id, u32 size, i64 next;
//! - `*.csv`: lines of `time, id, size, next`;
//! - `*.lis`: lines of `start count 0 sequence`, which stand for `count` ids from `start` on;
//! - `*.trace` packed with xz: big-endian i32 ids; `*.trace` otherwise: an id a line.
//!
//! Objects without a size have size 1. Lines that start with `*` or `#` are comments.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

/// One request.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    pub key: u64,
    pub size: u32,
}

/// The requests of a file, in order.
pub fn read(path: &Path) -> io::Result<Vec<Request>> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let bytes = unpack(path)?;
    Ok(if name.contains(".oracleGeneral") {
        bytes.chunks_exact(24).map(oracle_general).collect()
    } else if name.ends_with(".trace.xz") {
        let ids = bytes.as_chunks::<4>().0.iter().map(|&id| i32::from_be_bytes(id));
        ids.map(|id| Request { key: id as u64, size: 1 }).collect()
    } else {
        let text = String::from_utf8_lossy(&bytes);
        let lines = text.lines().filter(|line| !line.starts_with(['*', '#']));
        lines.flat_map(if name.contains(".lis") { range } else { line }).collect()
    })
}

fn unpack(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = BufReader::new(File::open(path)?);
    let mut bytes = Vec::new();
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("gz") => {
            flate2::bufread::MultiGzDecoder::new(file).read_to_end(&mut bytes)?;
        }
        Some("zst") => {
            let decoder = ruzstd::decoding::StreamingDecoder::new(file);
            decoder.map_err(io::Error::other)?.read_to_end(&mut bytes)?;
        }
        Some("xz") => {
            lzma_rs::xz_decompress(&mut file, &mut bytes)
                .map_err(|e| io::Error::other(format!("{e:?}")))?;
        }
        _ => {
            file.read_to_end(&mut bytes)?;
        }
    }
    Ok(bytes)
}

fn oracle_general(record: &[u8]) -> Request {
    let number = |from: usize, to: usize| {
        record[from..to].iter().rev().fold(0, |sum, &byte| sum << 8 | u64::from(byte))
    };
    Request { key: number(4, 12), size: number(12, 16) as u32 }
}

/// `id`, or `time, id, size, next`. A line without a number is no request.
fn line(line: &str) -> Box<dyn Iterator<Item = Request>> {
    let mut fields = line.split(',').map(|field| field.trim().parse::<u64>());
    let request = match (fields.next(), fields.next(), fields.next()) {
        (Some(Ok(key)), None, _) => Some(Request { key, size: 1 }),
        (_, Some(Ok(key)), Some(Ok(size))) => Some(Request { key, size: size as u32 }),
        _ => None,
    };
    Box::new(request.into_iter())
}

fn range(line: &str) -> Box<dyn Iterator<Item = Request>> {
    let mut fields = line.split_whitespace().map_while(|field| field.parse::<u64>().ok());
    let (start, count) = (fields.next().unwrap_or(0), fields.next().unwrap_or(0));
    Box::new((start..start + count).map(|key| Request { key, size: 1 }))
}
