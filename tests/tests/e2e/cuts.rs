//! Lines that break, and what an exchange costs.

use serde_json::Value;
use sync_core::protocol::message::{ClusterCursor, SyncRequest};
use sync_core::protocol::stream::encode_request;
use sync_core::record::kind::{Compartment, Kind};
use sync_core::record::kinds::Draft as _;
use sync_core::record::kinds::visit::VisitDraft;
use sync_core::time::Timestamp;
use system_tests::live::raw::{Raw, nothing, pages};
use system_tests::live::{CuttingProxy, Failed, Phone, Server, Staff};

use super::database::on_each;

const IONA: Staff = Staff { name: "iona", agency: "health", role: "practitioner" };
const LENA: Staff = Staff { name: "lena", agency: "education", role: "cluster_lead" };
/// Visits of about 8 KB that do not compress well: a dozen pages.
const VISITS: usize = 300;
/// What an exchange with nothing new may take each way, headers and all, bytes above TLS.
const NOTHING_NEW: u64 = 600;

/// A case with many long visits, all on the server.
fn long_case(server: &Server) -> Result<(Phone, String), Failed> {
    let phone = server.staff(&[IONA])?.remove(0);
    let begun = phone.run(&["case", "begin", "--given-name", "Eilidh", "--family-name", "Ross"])?;
    let case = begun["case"].as_str().ok_or("no case")?.to_owned();
    let mut device = phone.device()?;
    for n in 0..VISITS {
        let at = Timestamp(1_790_000_000_000 + n as i64);
        let filled_in = serde_json::json!({ "at": at, "narrative": words(n as u64) });
        let draft: VisitDraft = serde_json::from_value(filled_in)?;
        let entries = draft.entries();
        device.make(case.parse()?, Kind::Visit, Compartment::Team, "", entries, at)?;
    }
    drop(device);
    phone.run(&["sync"])?;
    Ok((phone, case))
}

/// About 8 KB that look like nothing that came before.
fn words(seed: u64) -> String {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut text = String::new();
    while text.len() < 8_000 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        text += &format!("{state:x} ");
    }
    text
}

#[test]
fn a_first_sync_that_is_cut_goes_on_with_the_next_page() -> Result<(), Failed> {
    on_each(|server| {
        let (_, case) = long_case(&server)?;
        let proxy = CuttingProxy::start(server.address()?)?;
        let lena = server.staff(&[LENA])?.remove(0);
        redirect(&lena, &proxy)?;
        proxy.cut_after(700_000);
        let mut cuts = 0;
        let mut have = Vec::new();
        while lena.refuse(&["sync"]).is_ok() {
            cuts += 1;
            have.push(visits_on(&lena, &case)?);
            assert!(cuts < 20, "the sync comes no further: {have:?}");
        }
        assert!(cuts >= 1, "the line was cut at least once");
        assert!(have.windows(2).all(|pair| pair[0] < pair[1]), "each try goes on: {have:?}");
        assert_eq!(visits_on(&lena, &case)?, VISITS);
        server.check()
    })
}

/// What TLS and HTTP add to an answer's bytes up to its middle, bytes: the handshake with its
/// certificates, and a little a record. A page is thirty times as large.
const AROUND: usize = 4_096;

#[test]
fn a_cut_on_page_8_goes_on_with_page_8() -> Result<(), Failed> {
    on_each(|server| {
        let (_, case) = long_case(&server)?;
        let lena = server.staff(&[LENA])?.remove(0);
        let mut raw = Raw::of(&lena)?;
        let cursors =
            vec![ClusterCursor { cluster: raw.cluster()?, cursor: Vec::new(), held: Vec::new() }];
        let body = raw.body(&encode_request(&SyncRequest { cursors, ..nothing() })?)?;
        let uncut = pages(&body);
        let numbers: Vec<u32> = uncut.iter().map(|page| page.number).collect();
        assert_eq!(numbers, (1..=uncut.len() as u32).collect::<Vec<_>>());
        let cut = (end_of(&body, 7) + end_of(&body, 8)) / 2 + AROUND;
        let proxy = CuttingProxy::start(server.address()?)?;
        redirect(&lena, &proxy)?;
        proxy.cut_after(cut as u64);
        let (code, said) = lena.refuse(&["sync"])?;
        assert_eq!(code, 3, "{said}");
        // A cursor's bytes are never the same twice: what it brings says where it stands.
        let cursor = cursor_of(&lena)?;
        let mut raw = Raw::of(&lena)?;
        let cluster = raw.cluster()?;
        let cursors = vec![ClusterCursor { cluster, cursor, held: Vec::new() }];
        proxy.cut_after(u64::MAX);
        let next = raw.exchange(&SyncRequest { cursors, ..nothing() })?;
        assert_eq!((next[0].number, &next[0].frame), (8, &uncut[7].frame), "page 7 is stored");
        let stats = lena.run(&["sync", "--stats"])?;
        // The second asks for what came since the round began that was cut.
        assert_eq!(number(&stats, "exchanges")?, 2);
        assert_eq!(number(&stats, "first_page")?, 8, "{stats}");
        assert_eq!(number(&stats, "last_page")?, uncut.len() as u64, "{stats}");
        assert_eq!(visits_on(&lena, &case)?, VISITS);
        server.check()
    })
}

/// How many bytes of an answer its first `count` pages take.
fn end_of(body: &[u8], count: usize) -> usize {
    let lengths: Vec<usize> = (0..=body.len()).collect();
    lengths.partition_point(|length| pages(&body[..*length]).len() < count)
}

fn cursor_of(phone: &Phone) -> Result<Vec<u8>, Failed> {
    use sync_core::store::{Shelf, Store as _};
    let store = phone.device()?.into_store();
    let (_, cursor) = store.items(Shelf::Cursor)?.pop().ok_or("no cursor")?;
    Ok(cursor)
}

/// Points an enrolled phone at another address.
pub(super) fn redirect(phone: &Phone, proxy: &CuttingProxy) -> Result<(), Failed> {
    use sync_core::device::{Enrolled, Session};
    let mut store = phone.device()?.into_store();
    let mut enrolled = Enrolled::load(&store)?.ok_or("not enrolled")?;
    let session = Session::load(&store)?.ok_or("no session")?;
    enrolled.server = format!("https://{}", proxy.address());
    enrolled.save(&session, &mut store)?;
    Ok(())
}

fn visits_on(phone: &Phone, case: &str) -> Result<usize, Failed> {
    let Ok(shown) = phone.run(&["show", case]) else { return Ok(0) };
    let records = shown["records"].as_array().ok_or("no records")?;
    Ok(records.iter().filter(|record| record["kind"] == "visit").count())
}

#[test]
fn an_exchange_with_nothing_new_is_small_and_one() -> Result<(), Failed> {
    on_each(|server| {
        let phones = server.staff(&[IONA, LENA])?;
        for phone in phones.iter().chain(&phones) {
            phone.run(&["sync"])?;
        }
        let stats = phones[0].run(&["sync", "--stats"])?;
        assert_eq!(number(&stats, "exchanges")?, 1);
        assert!(number(&stats, "wire_up")? <= NOTHING_NEW, "{stats}");
        assert!(number(&stats, "wire_down")? <= NOTHING_NEW, "{stats}");
        assert!(number(&stats, "bytes_up")? < number(&stats, "wire_up")?, "{stats}");
        server.check()
    })
}

fn number(stats: &Value, key: &str) -> Result<u64, Failed> {
    Ok(stats[key].as_u64().ok_or(format!("no {key} in {stats}"))?)
}
