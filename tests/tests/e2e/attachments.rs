//! A photo from one phone to another over a line that breaks: where it was taken is nowhere.

use std::fs;
use std::path::Path;

use serde_json::Value;
use system_tests::live::{CuttingProxy, Failed, Phone, Server, Staff};

use super::cuts::redirect;
use super::database::on_each;

const IONA: Staff = Staff { name: "iona", agency: "health", role: "practitioner" };
const LENA: Staff = Staff { name: "lena", agency: "education", role: "cluster_lead" };
const NEIL: Staff = Staff { name: "neil", agency: "police", role: "practitioner" };
/// Where the photo was taken, as the camera wrote it.
const PLACE: &[u8] = b"57.4778N 4.2247W Inverness";
/// Bytes of the picture: a dozen pieces.
const PICTURE: usize = 3_000_000;

fn segment(marker: u8, inside: &[u8]) -> Vec<u8> {
    let length = (inside.len() as u16 + 2).to_be_bytes();
    [&[0xFF, marker], length.as_slice(), inside].concat()
}

/// A JPEG as a camera writes it, with its place before the picture and after.
fn photo() -> Vec<u8> {
    let exif = [b"Exif\0\0MM\0\x2A\0\0\0\x08\0\0".as_slice(), PLACE].concat();
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let picture = (0..PICTURE).map(|_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % 255) as u8
    });
    let picture: Vec<u8> = picture.collect();
    let segments = [segment(0xE1, &exif), segment(0xFE, PLACE), segment(0xDB, &[0; 65])];
    let scan = [segment(0xDA, &[1, 1, 0, 0, 63, 0]), picture].concat();
    [vec![0xFF, 0xD8], segments.concat(), scan, vec![0xFF, 0xD9], PLACE.to_vec()].concat()
}

fn text(value: &Value, key: &str) -> Result<String, Failed> {
    Ok(value[key].as_str().ok_or(format!("no {key} in {value}"))?.to_owned())
}

fn number(value: &Value, key: &str) -> Result<u64, Failed> {
    Ok(value[key].as_u64().ok_or(format!("no {key} in {value}"))?)
}

fn path(folder: &Path, name: &str) -> String {
    folder.join(name).display().to_string()
}

/// Whether a file of the folder, or of those in it, holds these bytes.
fn is_in_files(folder: &Path, bytes: &[u8]) -> Result<bool, Failed> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let found = match path.is_dir() {
            true => is_in_files(&path, bytes)?,
            false => fs::read(&path)?.windows(bytes.len()).any(|window| window == bytes),
        };
        if found {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A photo of a visit on Iona's phone, never sent.
fn attached(iona: &Phone, outside: &Path) -> Result<String, Failed> {
    let begun = iona.run(&["case", "begin", "--given-name", "Eilidh", "--family-name", "Ross"])?;
    let case = text(&begun, "case")?;
    let visit = ["event", &case, "--on", "2026-11-20", "--what", "A bruise on the left arm."];
    let visit = text(&iona.run(&visit)?, "record")?;
    let file = path(outside, "photo.jpg");
    fs::write(&file, photo())?;
    let saved = iona.run(&["attach", &visit, "--file", &file, "--sort", "photo"])?;
    text(&saved, "record")
}

#[test]
fn a_photo_goes_on_where_its_line_broke_and_tells_nobody_where_it_was_taken() -> Result<(), Failed>
{
    on_each(|server| {
        let outside = tempfile::tempdir()?;
        let phones = server.staff(&[IONA, LENA, NEIL])?;
        let [iona, lena, neil] = phones.as_slice() else { return Err("three phones".into()) };
        let record = attached(iona, outside.path())?;
        assert_eq!(number(&iona.run(&["unsent"])?, "attachments")?, 1);

        let last = sent_in_bits(&server, iona)?;
        assert!(last < PICTURE as u64, "{last} bytes were sent after the last cut");
        assert_eq!(number(&iona.run(&["unsent"])?, "attachments")?, 0);
        fetched_alike([iona, lena, neil], &record, outside.path())?;
        assert!(!is_in_files(server.folder(), PLACE)?, "the place is in a file of server or phone");
        server.check()
    })
}

/// Who may read the record gets what Iona's phone has; who may not gets nothing.
fn fetched_alike(
    [iona, lena, neil]: [&Phone; 3],
    record: &str,
    outside: &Path,
) -> Result<(), Failed> {
    let (own, others) = (path(outside, "own.jpg"), path(outside, "others.jpg"));
    iona.run(&["attachment", record, "--out", &own])?;
    lena.run(&["sync"])?;
    lena.run(&["attachment", record, "--out", &others])?;
    let (own, others) = (fs::read(own)?, fs::read(others)?);
    assert_eq!(own, others);
    assert!(own.len() > PICTURE && own.len() < photo().len());
    neil.run(&["sync"])?;
    neil.refuse(&["attachment", record, "--out", &path(outside, "none.jpg")])?;
    assert!(!outside.join("none.jpg").exists());
    Ok(())
}

/// Syncs on a line that lasts a little longer each time; how many bytes the last one still had to send.
fn sent_in_bits(server: &Server, phone: &Phone) -> Result<u64, Failed> {
    let proxy = CuttingProxy::start(server.address()?)?;
    redirect(phone, &proxy)?;
    for bytes in (2_500..20_000).step_by(400) {
        proxy.cut_after(bytes);
        if let Ok(synced) = phone.run(&["sync"]) {
            assert!(bytes > 2_500, "the line was cut at least once");
            return number(&synced["attachments"], "bytes");
        }
    }
    Err("the photo comes no further".into())
}
