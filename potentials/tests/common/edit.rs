//! Makes faulty weights files out of good ones.
#![allow(dead_code, missing_docs)]

use serde_json::{Map, Value};
use std::io::{Cursor, Read, Write};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// A safetensors file with another header.
pub fn with_header(file: &[u8], change: impl FnOnce(&mut Map<String, Value>)) -> Vec<u8> {
    let length = u64::from_le_bytes(file[..8].try_into().unwrap()) as usize;
    let mut header = serde_json::from_slice(&file[8..8 + length]).unwrap();
    change(&mut header);
    let header = serde_json::to_vec(&header).unwrap();
    let mut edited = (header.len() as u64).to_le_bytes().to_vec();
    edited.extend(header);
    edited.extend(&file[8 + length..]);
    edited
}

/// A safetensors file with other metadata.
pub fn with_metadata(file: &[u8], change: impl FnOnce(&mut Map<String, Value>)) -> Vec<u8> {
    with_header(file, |header| {
        change(header["__metadata__"].as_object_mut().unwrap())
    })
}

/// A safetensors file with other hyper-parameters.
pub fn with_options(file: &[u8], change: impl FnOnce(&mut Map<String, Value>)) -> Vec<u8> {
    with_metadata(file, |metadata| {
        let text = metadata["hyper_parameters"].as_str().unwrap();
        let mut options = serde_json::from_str(text).unwrap();
        change(&mut options);
        let text = serde_json::to_string(&options).unwrap();
        metadata.insert("hyper_parameters".into(), text.into());
    })
}

/// A safetensors file in which one tensor's first number has other bytes.
pub fn with_first_number(file: &[u8], tensor: &str, number: &[u8]) -> Vec<u8> {
    let length = u64::from_le_bytes(file[..8].try_into().unwrap()) as usize;
    let header: Value = serde_json::from_slice(&file[8..8 + length]).unwrap();
    let start = header[tensor]["data_offsets"][0].as_u64().unwrap() as usize;
    let mut edited = file.to_vec();
    edited[8 + length + start..][..number.len()].copy_from_slice(number);
    edited
}

/// Every entry of a checkpoint: (name, bytes).
pub fn entries(checkpoint: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut zip = ZipArchive::new(Cursor::new(checkpoint)).unwrap();
    let count = zip.len();
    let read = |index| {
        let mut entry = zip.by_index(index).unwrap();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        (entry.name().unwrap().to_string(), bytes)
    };
    (0..count).map(read).collect()
}

/// A checkpoint of such entries, with right CRCs.
pub fn checkpoint(entries: &[(String, Vec<u8>)], method: CompressionMethod) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(method);
    for (name, bytes) in entries {
        zip.start_file(name.as_str(), options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A checkpoint with another entry; `name` without the folder.
pub fn with_entry(file: &[u8], name: &str, change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut entries = entries(file);
    let suffix = format!("/{name}");
    let entry = entries.iter_mut().find(|(full, _)| full.ends_with(&suffix));
    change(&mut entry.expect("the checkpoint has this entry").1);
    checkpoint(&entries, CompressionMethod::Stored)
}

/// Replaces the first occurrence.
pub fn replace(bytes: &mut Vec<u8>, old: &[u8], new: &[u8]) {
    let at = bytes.windows(old.len()).position(|window| window == old);
    let at = at.expect("the old bytes are there");
    bytes.splice(at..at + old.len(), new.iter().copied());
}
