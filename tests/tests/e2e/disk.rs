//! A phone whose disk is full: what was saved stays, what was not is given back, and with space again
//! everything goes on.

use std::path::{Path, PathBuf};
use std::process::Command;

use sync_core::record::kind::{Compartment, Kind};
use sync_core::record::kinds::Draft as _;
use sync_core::record::kinds::visit::VisitDraft;
use sync_core::time::Timestamp;
use system_tests::live::{Failed, Phone, Server, Staff};

use super::database::on_each;

const IONA: Staff = Staff { name: "iona", agency: "health", role: "practitioner" };
const LENA: Staff = Staff { name: "lena", agency: "education", role: "cluster_lead" };
/// Visits of 8 KB that come to a phone without room for them.
const VISITS: usize = 60;
/// No file of a full phone grows past this, KB: its data has begun by then.
const ROOM_KB: u32 = 160;

/// A case on both phones, with a visit that exists only on the lead's.
fn scene(server: &Server) -> Result<(Phone, Phone, String), Failed> {
    let [iona, lena] = <[Phone; 2]>::try_from(server.staff(&[IONA, LENA])?).map_err(|_| "two")?;
    let begin = ["case", "begin", "--given-name", "Eilidh", "--family-name", "Ross"];
    let begun = iona.run(&begin)?;
    let case = begun["case"].as_str().ok_or("no case")?.to_owned();
    iona.run(&["sync"])?;
    lena.run(&["sync"])?;
    lena.run(&["visit", &case, "--at", "2026-11-20", "--text", "Saved before."])?;
    Ok((iona, lena, case))
}

/// Many long visits on the server.
fn fill(iona: &Phone, case: &str) -> Result<(), Failed> {
    let mut device = iona.device()?;
    for n in 0..VISITS {
        let at = Timestamp(1_790_000_000_000 + n as i64);
        let words = format!("{n} {}", "saw the child at home ".repeat(370));
        let draft = serde_json::json!({ "at": at, "narrative": words });
        let entries = serde_json::from_value::<VisitDraft>(draft)?.entries();
        device.make(case.parse()?, Kind::Visit, Compartment::Team, "", entries, at)?;
    }
    drop(device);
    iona.run(&["sync"]).map(drop)
}

/// How often the lead's own words and how many visits a phone shows.
fn visits(phone: &Phone, case: &str) -> Result<(usize, usize), Failed> {
    let shown = phone.run(&["show", case, "--shared"])?;
    let records = shown["records"].as_array().ok_or("no records")?;
    let own = shown["records"].to_string().matches("Saved before.").count();
    Ok((own, records.iter().filter(|it| it["kind"] == "visit").count()))
}

/// What holds while `full` has no room, and that the same phone goes on once it has.
fn try_to_work(full: &Phone, case: &str) -> Result<(), Failed> {
    let words = "w".repeat(60_000);
    let mut refused = None;
    for _ in 0..8 {
        let writing = ["visit", case, "--at", "2026-11-21", "--text", &words];
        if let Err(said) = full.run(&writing) {
            refused = Some(said.to_string());
            break;
        }
    }
    let said = refused.ok_or("nothing was refused for want of room")?;
    assert!(said.contains("storage is full"), "{}", said.chars().take(300).collect::<String>());
    assert!(said.contains(&format!("Not saved:\n{words}")), "the words are given back");
    let (code, said) = full.refuse(&["sync"])?;
    assert!(code == 2 && said.contains("storage is full"), "{code}: {said}");
    let text = full.text(&["show", case])?;
    assert!(text.contains("Saved before."), "what was saved can be read without room");
    Ok(())
}

/// With room again, everything comes and everything goes, once.
fn go_on(server: &Server, lena: &Phone, iona: &Phone, case: &str) -> Result<(), Failed> {
    lena.run(&["sync"])?;
    iona.run(&["sync"])?;
    let (own, all) = visits(iona, case)?;
    assert_eq!(own, 1, "what was saved arrived once");
    assert_eq!(visits(lena, case)?, (own, all));
    assert!(all > VISITS, "{all}");
    assert_eq!(lena.run(&["unsent"])?["changes"], 0);
    server.check()
}

#[test]
fn a_phone_whose_files_may_not_grow_loses_nothing_and_goes_on() -> Result<(), Failed> {
    on_each(|server| {
        let (iona, lena, case) = scene(&server)?;
        fill(&iona, &case)?;
        try_to_work(&lena.limited_to(ROOM_KB), &case)?;
        go_on(&server, &lena, &iona, &case)
    })
}

/// Where this process may mount a disk of its own, the real thing.
#[test]
fn a_full_disk_loses_nothing_and_goes_on() -> Result<(), Failed> {
    on_each(|server| {
        let homes = server.folder().join("phones");
        std::fs::create_dir_all(homes.join("lena"))?;
        let Some(disk) = SmallDisk::mount(&homes.join("lena"))? else {
            // The limit on a file's size stands for it: the test above.
            return Ok(());
        };
        let (iona, lena, case) = scene(&server)?;
        fill(&iona, &case)?;
        let ballast = disk.fill()?;
        try_to_work(&lena, &case)?;
        std::fs::remove_file(ballast)?;
        go_on(&server, &lena, &iona, &case)
    })
}

/// A disk in memory, gone with its value.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(at: &Path) -> Result<Option<Self>, Failed> {
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=4m", "tmpfs"]).arg(at);
        let done = mount.stderr(std::process::Stdio::null()).status();
        Ok(done.is_ok_and(|done| done.success()).then(|| Self(at.to_owned())))
    }

    /// Leaves no byte free.
    fn fill(&self) -> Result<PathBuf, Failed> {
        let ballast = self.0.join("ballast");
        // Ends with an error: that is the point.
        let _full = std::fs::write(&ballast, vec![0; 8 << 20]);
        Ok(ballast)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}
