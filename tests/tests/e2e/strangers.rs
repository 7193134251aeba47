//! What no phone sends, over real TLS: each gets a clear answer, and nobody else notices.

use sync_core::device::transport::TransportError;
use sync_core::ids::{Actor, CaseId, ClusterId};
use sync_core::limits::{REQUEST_BYTES, REQUEST_INFLATED_BYTES};
use sync_core::protocol::frame::PushedRecord;
use sync_core::protocol::message::{ClusterCursor, Outcome, SyncRequest};
use sync_core::record::change::{Change, Edit};
use sync_core::record::kind::Kind;
use sync_core::record::kinds::Draft as _;
use sync_core::record::kinds::visit::VisitDraft;
use sync_core::time::Timestamp;
use system_tests::live::raw::{Raw, nothing};
use system_tests::live::{Failed, Staff};

use super::database::on_each;

const IONA: Staff = Staff { name: "iona", agency: "health", role: "practitioner" };
const LENA: Staff = Staff { name: "lena", agency: "education", role: "cluster_lead" };
const AT: Timestamp = Timestamp(1_790_000_000_000);

fn refused(detail: &str) -> Result<Vec<u8>, TransportError> {
    Err(TransportError::Refused(detail.to_owned()))
}

/// A visit that is well-formed but for what a test makes of it.
fn visit(raw: &Raw, case: CaseId) -> Result<PushedRecord, Failed> {
    let draft = serde_json::json!({ "at": AT, "narrative": "Nobody was in." });
    let entries = serde_json::from_value::<VisitDraft>(draft)?.entries();
    let edits = entries.into_iter().map(Edit::Add).collect();
    let (actor, by) = (raw.enrolled.actor, raw.enrolled.user);
    let change = Change { actor, by, at: AT, clock_ahead_ms: 0, edits };
    Ok(raw.first(&raw.envelope(case, Kind::Visit, 900), change))
}

#[test]
fn bodies_too_large_or_of_no_form_are_refused_in_words() -> Result<(), Failed> {
    on_each(|server| {
        let phones = server.staff(&[IONA, LENA])?;
        let mut raw = Raw::of(&phones[0])?;
        let large = "The request is too large.";
        assert_eq!(raw.body(&vec![7; REQUEST_BYTES + 1]), refused(large));
        let bomb = sync_core::protocol::stream::encode_request(&SyncRequest {
            cursors: vec![ClusterCursor {
                cluster: raw.cluster()?,
                cursor: vec![0; REQUEST_INFLATED_BYTES + 1],
                held: Vec::new(),
            }],
            ..nothing()
        })?;
        assert!(bomb.len() < REQUEST_BYTES, "it is small on the way");
        assert_eq!(raw.body(&bomb), refused(large));
        let form = "The request is not of the form this address expects.";
        assert_eq!(raw.body(b"no stream"), refused(form));
        phones[0].run(&["case", "begin", "--given-name", "Eilidh", "--family-name", "Ross"])?;
        phones.iter().try_for_each(|phone| phone.run(&["sync"]).map(drop))?;
        assert_eq!(phones[1].run(&["list"])?.as_array().map(Vec::len), Some(1));
        server.check()
    })
}

#[test]
fn unknown_ids_are_refused_one_by_one() -> Result<(), Failed> {
    on_each(|server| {
        let phones = server.staff(&[IONA, LENA])?;
        let begun =
            phones[0].run(&["case", "begin", "--given-name", "Eilidh", "--family-name", "Ross"])?;
        let case: CaseId = begun["case"].as_str().ok_or("no case")?.parse()?;
        phones[0].run(&["sync"])?;
        let mut raw = Raw::of(&phones[0])?;
        let nowhere = ClusterId::from_bytes([0xcc; 16]);
        let of_nobody = visit(&raw, CaseId::from_bytes([0xca; 16]))?;
        let own = visit(&raw, case)?;
        let of_other = PushedRecord { actor: Actor::from_bytes([0xac; 16]), ..own.clone() };
        let here = raw.cluster()?;
        for (cluster, record, code) in [
            (here, &of_nobody, "unknown_case"),
            (nowhere, &own, "unknown_case"),
            (here, &of_other, "not_yours"),
        ] {
            let pages = raw.exchange(&raw.push(cluster, std::slice::from_ref(record)))?;
            let answers: Vec<_> = pages.iter().flat_map(|page| &page.answers).collect();
            assert_eq!(answers.len(), 1, "{code}");
            assert_eq!(answers[0].outcome, Outcome::Refused(code.into()));
        }
        let cursors =
            vec![ClusterCursor { cluster: nowhere, cursor: vec![1; 40], held: Vec::new() }];
        assert_eq!(raw.exchange(&SyncRequest { cursors, ..nothing() })?, []);
        phones.iter().try_for_each(|phone| phone.run(&["sync"]).map(drop))?;
        assert!(!phones[1].text(&["show", &case.to_string()])?.contains("Nobody was in."));
        server.check()
    })
}
